"""consul-template's functions with regular expressions."""

from __future__ import annotations

from vaultenv.template.consul.signatures import StrictFunction
from vaultenv.template.pieces import Written
from vaultenv.template.regex.program import charging
from vaultenv.template.regex.replace import matches, replaced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from vaultenv.template.functions import Function
    from vaultenv.template.work import Work


class Matching(StrictFunction):
    """A function that charges its work while it runs, as the cost of a pattern is known only from character to character."""

    __slots__ = ()

    def call(self, letters: str, arguments: Sequence[Any], work: Work) -> Any:
        """Return the function's value; raise TemplateError, also for more than `work` allows."""
        work.charge(sum(map(len, arguments)))
        value = self._call(*arguments, work)
        work.charge_result(value)
        is_written = isinstance(value, str) and all(isinstance(argument, Written) for argument in arguments)
        return Written(value) if is_written else value


def _matches(pattern: str, text: str, work: Work) -> bool:
    return matches(pattern, text, charging(work))


def _replaced(pattern: str, replacement: str, text: str, work: Work) -> str:
    return replaced(pattern, replacement, text, charging(work), work.bounded)


PATTERNS: dict[str, Function] = {
    "regexMatch": Matching(_matches, "ss"),
    "regexReplaceAll": Matching(_replaced, "sss"),
}
