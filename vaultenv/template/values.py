"""Values by Go's rules: weight, bytes, truth, types and printing (`%v` of package fmt, https://pkg.go.dev/fmt)."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.template.errors import TemplateError
from vaultenv.template.types import (
    ABSENT,
    AnyMap,
    Int64,
    NilPointer,
    Opaque,
    StringMap,
    Strings,
    Struct,
    Uint8,
    Uint64,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

ITEM = 64
"""Additional weight of an item in a list or map: about the bytes of memory that it needs."""
_SCALAR = 32
_PIECE = 4000
_SURROGATE = b"\xed"
"""The first byte of all surrogates, and of few other characters."""
_REPLACED = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class TooHeavy(Exception):
    """A value is heavier than the limit."""


def weight(value: object, most: int, wide: int = 1) -> int:
    """Return the characters of the value plus ITEM for each item, nested ones included.

    A character of a text that is not ASCII weighs `wide`. Raise TooHeavy as soon as the weight is more than `most`, as a
    list may hold the same list more than once. The text of a value is never longer than its weight.
    """
    total = _own_weight(value, wide)
    if total > most:
        raise TooHeavy
    for item in _items(value):
        total += weight(item, most - total, wide)
    return total


def _own_weight(value: object, wide: int) -> int:
    if isinstance(value, str):
        return text_weight(value, wide)
    if isinstance(value, (list, dict)):
        return top_weight(value)
    return _SCALAR + (top_weight(value.fields) if isinstance(value, Struct) else 0)


def text_weight(text: str, wide: int) -> int:
    """Return one for each character, or `wide` for each if the text is not ASCII."""
    return len(text) if text.isascii() else wide * len(text)


def _items(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, Struct):
        return value.fields.values()
    return value if isinstance(value, list) else ()


def piecewise(value: str, change: Callable[[str], str]) -> str:
    """Return the changed pieces of a text as one text: the memory of `change` for each piece is freed in between."""
    if len(value) <= _PIECE:
        return change(value)
    return "".join([change(value[start : start + _PIECE]) for start in range(0, len(value), _PIECE)])


def top_weight(value: list[Any] | Mapping[Any, Any]) -> int:
    """Return the weight of a list or map without the weight of its items' content."""
    keys = 0 if isinstance(value, list) else sum(map(_key_weight, value))
    return ITEM * len(value) + keys


def _key_weight(key: object) -> int:
    return len(key) if isinstance(key, str) else _SCALAR


def raw(value: str) -> bytes:
    """Return the bytes of a text, including bytes that are not UTF-8 and are surrogates in it (`surrogateescape`)."""
    data = value.encode("utf-8", "surrogatepass")
    if _SURROGATE not in data:
        return data
    wrong = dict.fromkeys(filter(_is_no_byte, map(ord, set(value))), "\ufffd")
    return (value.translate(wrong) if wrong else value).encode("utf-8", "surrogateescape")


def _is_no_byte(code: int) -> bool:
    """Return whether the code is a surrogate that represents no byte."""
    return 0xD800 <= code < 0xE000 and not 0xDC80 <= code < 0xDD00


def of_raw(data: bytes) -> str:
    """Return bytes as a text, with surrogates for bytes that are not UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def readable(value: str) -> str:
    """Return the text with U+FFFD for each byte that is not UTF-8, as Go's conversions to runes have it."""
    if value.isascii() or _SURROGATE not in value.encode("utf-8", "surrogatepass"):
        return value
    return value.translate(_REPLACED)


def truth(value: object) -> bool:
    """Return Go's template.IsTrue: False for false, 0, nil and all empty values."""
    return bool(value)


_KINDS: dict[type, str] = {
    bool: "bool",
    Number: "json.Number",
    str: "string",
    Int64: "int64",
    Uint64: "uint64",
    Uint8: "uint8",
    int: "int",
    float: "float64",
    Strings: "[]string",
    list: "[]interface {}",
    StringMap: "map[string]string",
    AnyMap: "map[interface {}]interface {}",
    dict: "map[string]interface {}",
}


def kind(value: object) -> str:
    """Return the name of the value's type in Go's messages."""
    if value is None or value is ABSENT:
        return "<nil>"
    if isinstance(value, Struct):
        return "*" * value.is_pointer + value.name
    if isinstance(value, NilPointer):
        return "*" + value.name
    if isinstance(value, Opaque):
        return value.name
    return next((_KINDS[type_] for type_ in type(value).__mro__ if type_ in _KINDS), type(value).__name__)


def printed(value: object) -> str:
    """Return the text that an action prints: `%v`, with `<no value>` for nil."""
    if value is None or value is ABSENT:
        return "<no value>"
    if isinstance(value, Struct):
        return text(value).removeprefix("&")
    return text(value)


def text(value: object) -> str:
    """Return the value in the form of `%v`."""
    if isinstance(value, str):
        return str(value)
    if value is None or value is ABSENT or isinstance(value, NilPointer):
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dict):
        return "map[" + " ".join(f"{text(key)}:{text(value[key])}" for key in ordered(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(text, value)) + "]"
    if isinstance(value, Struct):
        return "&" * value.is_pointer + "{" + " ".join(map(text, value.fields.values())) + "}"
    if isinstance(value, int):
        return str(int(value))
    raise TemplateError(f"a value of type {kind(value)} has no text")


def ordered(value: Mapping[Any, Any]) -> list[Any]:
    """Return the keys in the order of their UTF-8 bytes, in which Go prints and ranges over maps; other keys by type, as consul-template does."""
    return sorted(value, key=_rank)


_KEY_TYPES = (type(None), str, Uint64, int, float)
"""The order of types, of which Go compares the addresses; bool is the last."""


def _rank(key: object) -> tuple[int, Any]:
    if isinstance(key, bool):
        return len(_KEY_TYPES), key
    place = next((place for place, type_ in enumerate(_KEY_TYPES) if isinstance(key, type_)), 0)
    return (place, raw(key)) if isinstance(key, str) else (place, key or 0)


def float_text(value: float, smallest: int = -4, largest: int = 6) -> str:
    """Return the shortest text of a float, with an exponent below `smallest` and from `largest` on (strconv,
    format g).
    """
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN" if value != value else ("+Inf" if value > 0 else "-Inf")
    sign, digits, exponent = decimal(value)
    if exponent < smallest or exponent >= largest:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return sign + whole + (f".{fraction}" if fraction else "")


def decimal(value: float) -> tuple[str, str, int]:
    """Return the sign, the shortest significant digits without trailing zeros, and the exponent of the first digit."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign, "0", 0
    leading = len(whole + fraction) - len(digits)
    return sign, digits.rstrip("0") or "0", int(exponent or 0) + len(whole) - leading - 1
