"""JSON text to values and back (RFC 8259), only with the C scanner; the import of the standard `json` module takes 7 ms."""

from __future__ import annotations

from _json import encode_basestring_ascii, make_scanner

from vaultenv.basics.text import decoded, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


_WINDOW = 1 << 16
_LARGEST = (1 << 63) - 1


class Number(str):
    """A JSON number as its source text, so that `1.50` and integers of 20 digits stay unchanged."""

    __slots__ = ()


def whole(value: object) -> int:
    """Return the whole number that a JSON value is, as far as 64 bits hold it; 0 for anything else and for less."""
    return (whole_number(value, _LARGEST) or 0) if isinstance(value, Number) else 0


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


class _Rules:
    """The attributes that the C scanner `make_scanner` reads from its context."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float: Callable[[str], object] = Number
    parse_int: Callable[[str], object] = Number
    parse_constant = staticmethod(_refuse)
    memo: Mapping[str, str] = {}


_scan = make_scanner(_Rules)  # type: ignore[arg-type]


def loads(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8; numbers become `Number`.

    Raises ValueError, without a quotation, for a text that is not JSON or is nested too deeply. To report a fault, the C
    scanner imports json.decoder, which the static executable does not have.
    """
    try:
        text = decoded(data)
        value, end = _scan(text, len(text) - len(text.lstrip(" \t\r\n")))
    except (StopIteration, ValueError, RecursionError, SystemError, ImportError):
        raise ValueError("not JSON") from None
    if text[end:].strip(" \t\r\n"):
        raise ValueError("not JSON: text follows the value")
    return value


_STRUCTURE = b'",[{'
_OTHERS = bytes(code for code in range(256) if code not in _STRUCTURE)


def count_values(text: bytes) -> int:
    """Return the largest possible number of values in a JSON text: one for each comma and opening bracket outside strings.

    A value can need a hundred times as much memory as its text, so this number is checked before `loads`.
    """
    marks = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _OTHERS)
    count, in_string = 1, 0
    for start in range(0, len(marks), _WINDOW):
        pieces = marks[start : start + _WINDOW].split(b'"')
        count += sum(map(len, pieces[in_string::2]))
        in_string ^= (len(pieces) - 1) % 2
    return count


def dumps(value: object) -> str:
    """Return the compact JSON text of strings, numbers, booleans, None, lists, and objects with string keys
    in their order.
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring_ascii(str(k))}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(dumps, value)) + "]"
    return _literal(value)


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
