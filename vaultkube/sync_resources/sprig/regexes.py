"""Sprig's functions with regular expressions, which run in linear time; a wrong pattern is an error in all of them.

https://masterminds.github.io/sprig/strings.html
"""

from typing import TYPE_CHECKING

from vaultenv.template.functions import Function
from vaultenv.template.regex.program import Program, charging
from vaultenv.template.regex.replace import expanded, matches, with_matches_replaced
from vaultenv.template.types import NilStrings, Strings
from vaultenv.template.values import ITEM
from vaultkube.sync_resources.sprig.working import Working

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.template.regex.program import Match
    from vaultenv.template.work import Work

_UNITS_PER_CHARACTER = 64
_QUOTED = str.maketrans({char: f"\\{char}" for char in r"\.+*?()|[]{}^$"})


def _match(work: "Work", pattern: str, text: str) -> bool:
    return matches(pattern, text, charging(work))


def _find(work: "Work", pattern: str, text: str) -> str:
    found = Program(pattern, charging(work)).search(text, 0)
    return text[found[0] : found[1]] if found else ""


def _spans(work: "Work", pattern: str, text: str, most: int) -> list[tuple[int, int]]:
    """Return the first `most` matches, all if that is negative; none is empty just after another one."""
    program = Program(pattern, charging(work))
    spans: list[tuple[int, int]] = []
    at, last = 0, -1
    while at <= len(text) and len(spans) != most:
        found = program.search(text, at)
        if found is None:
            break
        start, end = found[:2]
        if end > at or start != last:
            spans.append((start, end))
            work.charge(work.bounded(ITEM * len(spans)) and ITEM)
        last = end
        at = end if end > at else at + 1
    return spans


def _find_all(work: "Work", pattern: str, text: str, most: int) -> Strings:
    spans = _spans(work, pattern, text, most)
    return Strings([text[start:end] for start, end in spans]) if spans else NilStrings()


def _split(work: "Work", pattern: str, text: str, most: int) -> Strings:
    if not most:
        Program(pattern, charging(work))
        return NilStrings()
    if pattern and not text:
        Program(pattern, charging(work))
        return Strings([""])
    parts: list[str] = []
    start = end = 0
    for match_start, match_end in _spans(work, pattern, text, most):
        if len(parts) >= most - 1 >= 0:
            break
        end = match_start
        if match_end:
            parts.append(text[start:end])
        start = match_end
    return Strings(parts if end == len(text) else [*parts, text[start:]])


def _replaced(
    work: "Work", pattern: str, text: str, replacement: str, new: "Callable[[Match, Program], str]"
) -> str:
    """Return the text with its matches replaced by new texts that are made from the characters of `replacement` each."""
    program = Program(pattern, charging(work))

    def charged(match: "Match") -> str:
        work.charge(_UNITS_PER_CHARACTER * len(replacement) + 2 * ITEM)
        return new(match, program)

    return with_matches_replaced(program, text, charged, work.bounded)


def _replace_all(work: "Work", pattern: str, text: str, new: str) -> str:
    return _replaced(
        work, pattern, text, new, lambda match, program: expanded(new, match, text, program.names)
    )


def _replace_all_literal(work: "Work", pattern: str, text: str, new: str) -> str:
    return _replaced(work, pattern, text, new, lambda _match, _program: new)


_PLAIN: dict[str, Function] = {
    "regexMatch": Working(_match, "ss"),
    "regexFind": Working(_find, "ss"),
    "regexFindAll": Working(_find_all, "ssi"),
    "regexSplit": Working(_split, "ssi"),
    "regexReplaceAll": Working(_replace_all, "sss"),
    "regexReplaceAllLiteral": Working(_replace_all_literal, "sss"),
}
REGEXES: dict[str, Function] = {
    **_PLAIN,
    **{f"mustR{name[1:]}": function for name, function in _PLAIN.items()},
    "regexQuoteMeta": Function(lambda text: text.translate(_QUOTED), "t"),
}
