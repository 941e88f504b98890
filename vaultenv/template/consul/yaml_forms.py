"""Forms of texts in YAML 1.1, as gopkg.in/yaml.v2 writes them: plain, quoted, or in lines of their own."""

from __future__ import annotations

from vaultenv.template.consul.yaml_scalars import is_within, resolved
from vaultenv.template.errors import TemplateError

_BREAKS = "\n\r\x85\u2028\u2029"
_SHORT = {0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 34: '"', 92: "\\"}
_SHORT |= {0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P"}
_INDICATORS = "#,[]{}&*!|>'\"%@`"
_LONGEST_LINE = 80
ONE_LINE = -(1 << 30)
"""The column for a text that is written in one line of any length."""


def has_break(text: str) -> bool:
    """Return whether the text has several lines."""
    return any(char in _BREAKS for char in text)


def scalar(text: str, indent: int, column: int) -> str:
    """Return a text in yaml.v2's form, from a column on; further lines begin at `indent`."""
    if any(0xD800 <= ord(char) < 0xE000 for char in text if not char.isascii()):
        raise TemplateError("text that is not UTF-8")
    form = _Form(text)
    if "\n" in text:
        return _literal(text, indent) if form.may_be_block else _double(text, indent, column)
    meaning: object = resolved(text)
    if meaning is not text or _is_base60(text):
        return _double(text, indent, column)
    if form.may_be_plain:
        return _folded(list(text), indent, column)
    if not form.may_be_single:
        return _double(text, indent, column)
    return "'" + _folded(["''" if char == "'" else char for char in text], indent, column + 1) + "'"


class _Form:
    """The ways in which a text may be written (yaml_emitter_analyze_scalar)."""

    __slots__ = ("may_be_block", "may_be_plain", "may_be_single")

    def __init__(self, text: str) -> None:
        special = not all(map(_is_printable, text))
        space_break = any(" " + char in text for char in _BREAKS)
        break_space = any(char + " " in text for char in _BREAKS)
        edges = (
            text[:1] == " " or text[-1:] == " " or text[:1] in tuple(_BREAKS) or text[-1:] in tuple(_BREAKS)
        )
        unquotable = special or space_break
        self.may_be_block = bool(text) and not unquotable and not text.endswith(" ")
        self.may_be_single = not unquotable and not break_space
        self.may_be_plain = (
            self.may_be_single and not edges and not has_break(text) and not _has_indicator(text)
        )


def _has_indicator(text: str) -> bool:
    if text.startswith(("---", "...")):
        return True
    first, after = text[:1], text[1:2] in ("", " ", "\t")
    if (first and first in _INDICATORS) or (first and first in "?:-" and after):
        return True
    for at, char in enumerate(text[1:], 1):
        if char == ":" and text[at + 1 : at + 2] in ("", " ", "\t"):
            return True
        if char == "#" and text[at - 1] in " \t":
            return True
    return False


def _is_printable(char: str) -> bool:
    code = ord(char)
    return code == 0x0A or 0x20 <= code <= 0x7E or (0xA0 <= code <= 0xFFFD and code != 0xFEFF)


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in (" ", *_BREAKS) else ""
    chomp = "" if text[-1] in _BREAKS else "-"
    chomp = "+" if not chomp and text[-2:-1] in ("", *_BREAKS) else chomp
    body = text.removesuffix("\n")
    pad = "" if body[:1] in tuple(_BREAKS) or not body else " " * max(indent, 2)
    return f"|{hint}{chomp}\n{pad}" + _indented(body, indent)


def _indented(text: str, indent: int) -> str:
    """Return a text with blanks after each end of a line that is not the end of an empty one."""
    pad = " " * max(indent, 2)
    out: list[str] = []
    after_break = False
    for char in text:
        is_break = char in _BREAKS
        out += (pad, char) if after_break and not is_break else (char,)
        after_break = is_break
    return "".join(out)


def _double(text: str, indent: int, column: int) -> str:
    """Return the text in quotation marks; after a byte order mark at its start, yaml.v2 escapes every character."""
    is_marked = text.startswith("\ufeff")
    shown = [_escaped(char) if is_marked or _is_special(char) else char for char in text]
    return '"' + _folded(shown, indent, column + 1, escape="\\") + '"'


def _folded(shown: list[str], indent: int, column: int, escape: str = "") -> str:
    """Return characters as text, folded at the first blank beyond the longest line: a single blank becomes a new line, and
    a following blank gets `escape`; further lines after unescaped breaks are indented.
    """
    pad = " " * max(indent, 2)
    out: list[str] = []
    at_break = at_blank = False
    for at, char in enumerate(shown):
        is_break, is_blank = char in _BREAKS, char == " "
        if at_break and not is_break:
            out.append(pad)
            column = len(pad)
        if is_blank and not at_blank and column > _LONGEST_LINE and _may_fold(shown, at, escape):
            out.append(f"\n{pad}" + escape * (shown[at + 1] == " "))
            column = len(out[-1]) - 1
        else:
            out.append(char)
            column = 0 if is_break else column + len(char)
        at_break, at_blank = is_break, is_blank or (is_break and at_blank)
    return "".join(out)


def _may_fold(shown: list[str], at: int, escape: str) -> bool:
    return 0 < at < len(shown) - 1 and bool(escape or shown[at + 1] != " ")


def _is_special(char: str) -> bool:
    return not _is_printable(char) or char in _BREAKS or char in '"\\'


def _escaped(char: str) -> str:
    code = ord(char)
    if code in _SHORT:
        return "\\" + _SHORT[code]
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _is_base60(text: str) -> bool:
    """^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\\.[0-9_]*)?$"""
    body = text[1:] if text[:1] in ("+", "-") else text
    body, _, fraction = body.partition(".")
    first, *rest = body.split(":")
    if not rest or not first[:1].isdigit() or (first + fraction).strip("0123456789_"):
        return False
    return all(is_within(part, 0, 59) for part in rest)
