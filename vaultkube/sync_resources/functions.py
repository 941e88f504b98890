"""Template functions of custom objects: those of `${ … }`, their `must` names in Sprig, and its regular expressions."""

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
    """Return Sprig's regular expression functions: the text is before the replacement, and a wrong pattern is an error.

    https://masterminds.github.io/sprig/strings.html
    """
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


def _named_must(name: str) -> str:
    return f"must{name[0].upper()}{name[1:]}"


def _must() -> "Mapping[str, Function]":
    """Return the functions under Sprig's second, `must` names; here those with the first name raise errors too."""
    plain = Tables(TABLES)
    return {_named_must(name): plain[name] for name in _TWICE.split()}


_TWICE = (
    "append chunk compact deepCopy first fromJson has initial last merge mergeOverwrite prepend push rest reverse slice "
    "toJson toPrettyJson toRawJson uniq without"
)
_NAMES = "regexMatch regexFind regexReplaceAll mustRegexMatch mustRegexFind mustRegexReplaceAll"
FUNCTIONS = Tables(
    (*TABLES, (_regular_expressions, _NAMES), (_must, " ".join(map(_named_must, _TWICE.split()))))
)
