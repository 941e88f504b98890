"""Sprig's functions with regular expressions, which run in linear time; a wrong pattern is an error in all of them.

https://masterminds.github.io/sprig/strings.html
"""

from typing import TYPE_CHECKING

from vaultenv.template.functions import Function
from vaultenv.template.regex.program import Program, charging
from vaultenv.template.regex.replace import expanded
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
    return Program(pattern, charging(work)).search(text, 0) is not None


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
    work: "Work", pattern: str, text: str, length: int, new: "Callable[[Match, Program], str]"
) -> str:
    """Return the text with its matches replaced by new texts that are made from `length` characters each."""
    program = Program(pattern, charging(work))
    out: list[str] = []
    size = last = at = 0
    while at <= len(text):
        match = program.search(text, at)
        if match is None:
            break
        start, end = match[:2]
        out.append(text[last:start])
        if end > last or not start:
            work.charge(_UNITS_PER_CHARACTER * length + 2 * ITEM)
            out.append(new(match, program))
            size += len(out[-1])
            work.bounded(size)
        last = end
        at = max(end, at + 1)
    return "".join(out) + text[last:]


def _replace_all(work: "Work", pattern: str, text: str, new: str) -> str:
    return _replaced(
        work, pattern, text, len(new), lambda match, program: expanded(new, match, text, program.names)
    )


def _replace_all_literal(work: "Work", pattern: str, text: str, new: str) -> str:
    return _replaced(work, pattern, text, len(new), lambda _match, _program: new)


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
