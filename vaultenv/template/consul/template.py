"""Templates of consul-template: parsed once, rendered again with each answer of Vault until none is missing."""

from __future__ import annotations

from vaultenv.template.consul.functions import ENV, NAMES
from vaultenv.template.errors import NamedTemplateError, TemplateError
from vaultenv.template.expressions import ZERO
from vaultenv.template.parser import parse_trees
from vaultenv.template.pieces import joined
from vaultenv.template.work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from vaultenv.template.consul.needs import Need
    from vaultenv.template.consul.rendering import Rendering
    from vaultenv.template.parser import Trees
    from vaultenv.template.pieces import Piece

    Answers = Mapping[Need, object]
    Rounds = Generator[tuple[Need, ...], Answers, "Rendered"]

LEFT, RIGHT = "{{", "}}"
_LONGEST_SOURCE = 65_536
_UNITS_PER_CHARACTER = 4
_MOST_ROUNDS = 32
UNITS = 16 << 20
"""Units of work for all rounds of a template: about a second."""


class Rendered:
    """The whole output, in pieces that distinguish the template's text from values. `repr` shows no output."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(pieces)

    @property
    def text(self) -> str:
        """The output as text, with surrogates for bytes that are not UTF-8 (`surrogateescape`)."""
        return joined(self.pieces)

    def __repr__(self) -> str:
        return f"Rendered({len(self.pieces)} pieces)"


class Missing:
    """The needs without which the template cannot continue, in its own order. Each need is certain: it does not depend on
    another answer.
    """

    __slots__ = ("needs",)

    def __init__(self, needs: Sequence[Need]) -> None:
        self.needs = tuple(needs)

    def __repr__(self) -> str:
        return f"Missing({self.needs!r})"


class Template:
    """A parsed template; `name` is for messages, `facts` are the variables of `env`, None without this function."""

    __slots__ = ("facts", "name", "source", "trees")

    def __init__(self, name: str, source: str, trees: Trees, facts: Mapping[str, str] | None = None) -> None:
        self.facts = facts
        self.name = name
        self.source = source
        self.trees = trees

    def render(
        self,
        answers: Answers,
        *,
        missing_key: str = ZERO,
        work: Work | None = None,
        now_s: float = 0.0,
    ) -> Rendered | Missing:
        """Return the output, or the needs that must be answered first.

        `answers` has the values that `consul.answers` returns, a `Strings` for a `List`. `missing_key` is one of
        INVALID, ZERO and ERROR (vaultenv.template.expressions); `now_s` is the time for `timestamp`, in seconds since
        1970. Raises NamedTemplateError, also when `work` is used up.
        """
        return self._result(self._rendering(missing_key, work, now_s), answers)

    def _rendering(self, missing_key: str, work: Work | None, now_s: float) -> Rendering:
        from vaultenv.template.consul.rendering import Rendering

        work = Work(UNITS) if work is None else work
        return Rendering(self.trees, self.source, work, missing_key, now_s, self.facts)

    def _result(self, rendering: Rendering, answers: Answers) -> Rendered | Missing:
        try:
            rendering.work.charge(_UNITS_PER_CHARACTER * len(self.source))
            pieces = rendering.pieces(answers)
        except TemplateError as error:
            raise NamedTemplateError(self.name, self.source, error) from None
        return Missing(tuple(rendering.missing)) if rendering.missing else Rendered(pieces)

    def rounds(self, *, missing_key: str = ZERO, work: Work | None = None, now_s: float = 0.0) -> Rounds:
        """Yield needs, receive their answers by `send`, and return the output; raise NamedTemplateError.

        All rounds share `work`.
        """
        rendering = self._rendering(missing_key, work, now_s)
        answers: dict[Need, object] = {}
        for _ in range(_MOST_ROUNDS):
            result = self._result(rendering, answers)
            if isinstance(result, Rendered):
                return result
            answers.update((yield result.needs))
        raise NamedTemplateError(
            self.name,
            self.source,
            TemplateError(f"{_MOST_ROUNDS} answers, each for the next question, are too many"),
        )


def parse(
    text: str, name: str, left: str = LEFT, right: str = RIGHT, facts: Mapping[str, str] | None = None
) -> Template:
    """Return the template; raise NamedTemplateError for a syntax error, and for functions that do not exist here.

    Empty delimiters mean the default ones. With `facts`, those of POD_FACTS by name, there is `env`.
    """
    names = NAMES if facts is None else NAMES | {ENV}
    try:
        if len(text) > _LONGEST_SOURCE:
            raise TemplateError(f"longer than {_LONGEST_SOURCE} characters", _LONGEST_SOURCE)
        trees = parse_trees(text, names, left or LEFT, right or RIGHT, _unknown)
    except TemplateError as error:
        raise NamedTemplateError(name, text, error) from None
    return Template(name, text, trees, facts)


def _unknown(name: str) -> str:
    from vaultenv.template.consul.refused import unknown

    return unknown(name, NAMES)
