"""Values of plain texts of YAML 1.1, as gopkg.in/yaml.v2 reads them."""

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
    if number is None or number >= 1 << 64:
        return None
    number = -number if sign == "-" else number
    return None if sign and number not in _INT64 else number


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
        or not all(is_within(part, 1, most) for part, most in zip(parts, (12, 31), strict=True))
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
    return all(is_within(part, 0, most) for part, most in zip(parts, (23, 59, 59), strict=True))


def _without_zone(time: str) -> str:
    zone = time[-6:]
    valid = zone[:1] in ("+", "-") and zone[3:4] == ":" and _all_digits(zone[1:3] + zone[4:])
    return time[:-6] if valid and int(zone[1:3]) <= 24 and int(zone[4:]) < 60 else ""


def is_within(part: str, least: int, most: int) -> bool:
    """Return whether the text is a number of one or two digits within these bounds."""
    return _all_digits(part) and len(part) <= 2 and least <= int(part) <= most


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
