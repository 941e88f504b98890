"""Uses of regular expressions in consul-template: find one, or replace all."""

from __future__ import annotations

from vaultenv.template.regex.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.template.regex.program import Charge, Match


def matches(pattern: str, text: str, charge: Charge) -> bool:
    """Return whether the pattern matches anywhere in the text; raise TemplateError for an invalid pattern."""
    return Program(pattern, charge).search(text, 0) is not None


def replaced(
    pattern: str, replacement: str, text: str, charge: Charge, bound: Callable[[int], object]
) -> str:
    """Return regexp.ReplaceAllString; raise TemplateError. `bound` is called with the length of the text so far."""
    program = Program(pattern, charge)

    def new(match: Match) -> str:
        charge(len(replacement))
        return expanded(replacement, match, text, program.names)

    return with_matches_replaced(program, text, new, bound)


def with_matches_replaced(
    program: Program, text: str, new: Callable[[Match], str], bound: Callable[[int], object]
) -> str:
    """Return the text with `new` in place of each match; `bound` is called with the length of the new texts so far."""
    out: list[str] = []
    length = last = at = 0
    while at <= len(text):
        match = program.search(text, at)
        if match is None:
            break
        start, end = match[:2]
        out.append(text[last:start])
        if end > last or not start:
            out.append(new(match))
            length += len(out[-1])
            bound(length)
        last = end
        at = max(end, at + 1)
    return "".join(out) + text[last:]


def expanded(template: str, match: Match, text: str, names: list[str]) -> str:
    """Return Regexp.Expand: `$1`, `${1}`, `$name`, `${name}`, and `$$` for a dollar."""
    head, *parts = template.split("$")
    out = [head]
    at = 0
    while at < len(parts):
        name, rest = _name(parts[at])
        if not parts[at] and at + 1 < len(parts):
            at += 1
            out += "$", parts[at]
        elif name:
            out += _group(name, match, text, names), rest
        else:
            out += "$", parts[at]
        at += 1
    return "".join(out)


def _name(text: str) -> tuple[str, str]:
    """Return the name after a dollar and the text after it; "" if there is none."""
    braced = text.startswith("{")
    start = end = int(braced)
    while end < len(text) and (text[end] == "_" or text[end].isalpha() or text[end].isdecimal()):
        end += 1
    if end == start or (braced and text[end : end + 1] != "}"):
        return "", text
    return text[start:end], text[end + braced :]


def _group(name: str, match: Match, text: str, names: list[str]) -> str:
    if name.isascii() and name.isdigit() and (name == "0" or not name.startswith("0")) and len(name) < 9:
        numbers = [int(name)] if int(name) < len(names) else []
    else:
        numbers = [number for number, known in enumerate(names) if known == name]
    for number in numbers:
        if match[2 * number] >= 0:
            return text[match[2 * number] : match[2 * number + 1]]
    return ""
