"""A problem of an object as a value: admission joins the messages, `check` looks up the line of each path."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

FieldPath = tuple[str | int, ...]
"""The keys and positions that lead from an object, or from one of its parts, to a field."""
MOST_PROBLEMS = 500
"""Further problems of an object are left out: nobody reads them, and some cost a search for a similar name."""
_SHOWN = 8


class Problem(NamedTuple):
    """A field at `path` that breaks the `rule`, which is one of those that `vault-webhook check` documents."""

    rule: str
    path: FieldPath
    message: str

    def inside(self, path: FieldPath, prefix: str = "") -> "Problem":
        """Return the problem of a part at `path` as a problem of the whole object, with `prefix` before its message."""
        return self._replace(path=(*path, *self.path), message=prefix + self.message)


def messages(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Return the messages of the problems, in their order."""
    return tuple([problem.message for problem in problems])


def first_messages(problems: Sequence[Problem]) -> str:
    """Return the messages of the first problems as one text, with the number of the others."""
    more = len(problems) - _SHOWN
    return "; ".join(messages(problems[:_SHOWN])) + (f"; and {more} more problems" if more > 0 else "")
