"""The kubelet's expansion of `$(NAME)` and `$$` in env values, command and args.

https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

import re
from collections.abc import Callable, Iterator

_MARK = re.compile(rb"\$(?:\$|\(([^)]*)\))")
_DOUBLED = re.compile(rb"\$\$")


class TooLong(ValueError):
    """The text expands to more than the limit."""


def expand(text: bytes, value_of: Callable[[str], bytes | None], limit_bytes: int) -> tuple[bytes, bool]:
    """Return the kubelet's expansion of `text`, and whether it is certain; raise TooLong above `limit_bytes`.

    `value_of` returns the value of a variable defined before, or None for a variable that only the kubelet knows, and for
    any other name, which stays as text unless the kubelet knows it (the variables of Services).
    """
    parts: list[bytes] = []
    known, at, length = True, 0, 0
    for mark in _marks(text):
        value = b"$" if mark.lastindex is None else value_of(_name(mark))
        if value is None:
            known, value = False, mark[0]
        parts += text[at : mark.start()], value
        at = mark.end()
        length += len(value)
        if length > limit_bytes:
            raise TooLong
    parts.append(text[at:])
    return b"".join(parts), known


def names_in(text: str) -> list[str]:
    """Return the names of the variables that the kubelet looks up for `text`."""
    if "$(" not in text:
        return []
    marks = _marks(text.encode("utf-8", "surrogatepass"))
    return [_name(mark) for mark in marks if mark.lastindex is not None]


def double_dollars(text: str) -> str:
    """Return the escaped `text`, which the kubelet's expansion turns back into `text`."""
    return text.replace("$", "$$")


def _marks(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield each `$(NAME)` and `$$`, the latter without a group.

    After the last `)` no name can end: a search for its end at every `$(` there would need quadratic time.
    """
    last = text.rfind(b")") + 1
    yield from _MARK.finditer(text, 0, last)
    yield from _DOUBLED.finditer(text, last)


def _name(mark: re.Match[bytes]) -> str:
    return mark[1].decode("utf-8", "surrogatepass")
