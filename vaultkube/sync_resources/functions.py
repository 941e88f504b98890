"""The functions of templates in custom objects: those of `${ … }`, and Sprig's regular expressions, whose cost is charged."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from vaultenv.template.functions import Tables
from vaultenv.template.sprig import TABLES

if TYPE_CHECKING:
    from vaultenv.template.functions import Function
    from vaultenv.template.work import Work

_UNITS_PER_STEP = 64


def _charge(work: "Work") -> Callable[[int], None]:
    return lambda steps: work.charge(_UNITS_PER_STEP * steps)


def _regular_expressions() -> "Mapping[str, Function]":
    """https://masterminds.github.io/sprig/strings.html: the text stands before the replacement. A pattern that is none is an error."""
    from vaultenv.template.consul.patterns import Matching
    from vaultenv.template.regex.program import Program
    from vaultenv.template.regex.replace import matches, replaced

    def _match(pattern: str, text: str, work: "Work") -> bool:
        return matches(pattern, text, _charge(work))

    def _find(pattern: str, text: str, work: "Work") -> str:
        found = Program(pattern).search(text, 0, _charge(work))
        return text[found[0] : found[1]] if found else ""

    def _replace(pattern: str, text: str, replacement: str, work: "Work") -> str:
        return replaced(pattern, replacement, text, _charge(work), work.bounded)

    functions = {
        "regexMatch": Matching(_match, "ss"),
        "regexFind": Matching(_find, "ss"),
        "regexReplaceAll": Matching(_replace, "sss"),
    }
    return {**functions, **{f"mustR{name[1:]}": each for name, each in functions.items()}}


_NAMES = "regexMatch regexFind regexReplaceAll mustRegexMatch mustRegexFind mustRegexReplaceAll"
FUNCTIONS = Tables((*TABLES, (_regular_expressions, _NAMES)))
