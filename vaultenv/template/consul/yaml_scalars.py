"""Texts of YAML 1.1, as gopkg.in/yaml.v2 reads and writes them: the values of plain texts, and the quotes of texts."""

from __future__ import annotations

from vaultenv.template.consul.numbers import float_of
from vaultenv.template.errors import TemplateError
from vaultenv.template.types import Uint64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_BREAKS = "\n\r\x85\u2028\u2029"
_SHORT = {0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 34: '"', 92: "\\"}
_SHORT |= {0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P"}
_INDICATORS = "#,[]{}&*!|>'\"%@`"
_LONGEST_LINE = 80
ONE_LINE = -(1 << 30)
"""The column for a text that is written in one line of any length."""
_INT64 = range(-(1 << 63), 1 << 63)


class Timestamp(str):
    """A plain text that is a date in YAML; a template sees its text."""

    __slots__ = ()


def resolved(text: str) -> Any:
    """Return the value of a plain text: a bool, None, an int, a float, a Timestamp, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] == ".":
        return _float_or(text, text)
    if text[:1] not in ("+", "-", *"0123456789"):
        return text
    if _is_timestamp(text):
        return Timestamp(text)
    return _number_or(text)


def _number_or(text: str) -> Any:
    plain = text.replace("_", "")
    number = _integer(plain)
    if number is not None:
        return number if number in _INT64 else Uint64(number)
    return _float_or(plain, text) if _is_yaml_float(plain) else text


def _float_or(number: str, text: str) -> Any:
    try:
        return float_of(number)
    except TemplateError:
        return text


def _integer(plain: str) -> int | None:
    """Return strconv.ParseInt of base 0, of 64 bits."""
    sign, digits = (plain[0], plain[1:]) if plain[:1] in ("+", "-") else ("", plain)
    try:
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        number = (
            int(digits, 8) if octal else int(digits, 0) if digits.isalnum() and digits.isascii() else None
        )
    except ValueError:
        return None
    if number is None or number >= 1 << 64 or (sign and number not in _INT64):
        return None
    return -number if sign == "-" else number


def _is_yaml_float(plain: str) -> bool:
    """^[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?$"""
    body = plain[1:] if plain[:1] in ("+", "-") else plain
    mantissa, mark, exponent = body.lower().partition("e")
    whole, point, fraction = mantissa.partition(".")
    exponent = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    digits = whole + fraction
    is_mantissa = _all_digits(digits) and bool(whole or (point and fraction))
    return is_mantissa and (not mark or _all_digits(exponent))


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_timestamp(text: str) -> bool:
    """Return whether the text has one of yaml.v2's forms: 2006-1-2, with a time after T, t or a blank."""
    date, mark, time = _split_time(text)
    year, *parts = date.split("-")
    if (
        len(year) != 4
        or len(parts) != 2
        or not all(_in(part, 1, most) for part, most in zip(parts, (12, 31), strict=True))
    ):
        return False
    if not _all_digits(year) or int(parts[1]) > _days(int(year), int(parts[0])):
        return False
    return not mark or _is_time(time, zoned=mark in "Tt")


def _split_time(text: str) -> tuple[str, str, str]:
    for mark in ("T", "t", " "):
        date, found, time = text.partition(mark)
        if found:
            return date, found, time
    return text, "", ""


def _is_time(time: str, zoned: bool) -> bool:
    if zoned:
        time = time[:-1] if time.endswith("Z") else _without_zone(time)
    clock, point, fraction = time.partition(".")
    parts = clock.split(":")
    if len(parts) != 3 or (point and not _all_digits(fraction)):
        return False
    return all(_in(part, 0, most) for part, most in zip(parts, (23, 59, 59), strict=True))


def _without_zone(time: str) -> str:
    zone = time[-6:]
    valid = zone[:1] in ("+", "-") and zone[3:4] == ":" and _all_digits(zone[1:3] + zone[4:])
    return time[:-6] if valid and int(zone[1:3]) <= 24 and int(zone[4:]) < 60 else ""


def _in(part: str, least: int, most: int) -> bool:
    return _all_digits(part) and len(part) <= 2 and least <= int(part) <= most


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _is_base60(text: str) -> bool:
    """^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\\.[0-9_]*)?$"""
    body = text[1:] if text[:1] in ("+", "-") else text
    body, _, fraction = body.partition(".")
    first, *rest = body.split(":")
    if not rest or not first[:1].isdigit() or (first + fraction).strip("0123456789_"):
        return False
    return all(_in(part, 0, 59) for part in rest)


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
