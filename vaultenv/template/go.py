"""The built-in functions of Go's text/template (https://pkg.go.dev/text/template#hdr-Functions)."""

from __future__ import annotations

from vaultenv.template.compare import equal, less
from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.printf import formatted_size, sprintf
from vaultenv.template.types import AnyMap, StringMap, Struct, Uint8
from vaultenv.template.values import kind, of_raw, piecewise, raw, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def _eq(first: object, *others: object) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(equal(first, other) for other in others)


def _le(first: object, second: object) -> bool:
    return less(first, second) or equal(first, second)


def sprint(values: tuple[object, ...]) -> str:
    """fmt.Sprint: a blank between operands when neither is a string."""
    out: list[str] = []
    for position, value in enumerate(values):
        between = position and not isinstance(value, str) and not isinstance(values[position - 1], str)
        out += " " if between else "", text(value)
    return "".join(out)


def _index(value: Any, *keys: Any) -> Any:
    if value is None:
        raise TemplateError("index of untyped nil")
    for key in keys:
        if value is None:
            raise TemplateError("index of nil")
        value = _entry(value, key) if isinstance(value, dict) else _item(value, key)
    return value


def _entry(value: dict[Any, Any], key: Any) -> Any:
    if isinstance(value, AnyMap):
        return value.get(key) if _is_key(key) else _no_index(value, key)
    if kind(key) != "string":
        return _no_index(value, key)
    return value.get(key, "" if isinstance(value, StringMap) else None)


def _is_key(key: object) -> bool:
    return key is None or isinstance(key, (str, int, float))


def _no_index(value: object, key: object) -> Any:
    raise TemplateError(f"a {kind(value)} has no index of type {kind(key)}")


def _item(value: Any, key: object) -> Any:
    if not isinstance(value, (list, str)):
        raise TemplateError(f"can't index item of type {kind(value)}")
    sequence: Any = raw(value) if isinstance(value, str) else value
    item = sequence[_position(key, len(sequence) - 1)]
    return Uint8(item) if isinstance(value, str) else item


def _position(key: object, last: int) -> int:
    if not isinstance(key, int) or isinstance(key, bool):
        raise TemplateError(f"cannot index slice/array with type {kind(key)}")
    if not 0 <= key <= last:
        raise TemplateError("index out of range")
    return int(key)


def _slice(value: Any, *bounds: object) -> Any:
    if not isinstance(value, (list, str)):
        raise TemplateError(f"can't slice item of type {kind(value)}")
    if len(bounds) > 3 - isinstance(value, str):
        raise TemplateError(f"too many slice indexes: {len(bounds)}")
    sequence: Any = raw(value) if isinstance(value, str) else value
    places = [_position(bound, len(sequence)) for bound in bounds]
    start, end, *capacity = (*places, *(0, len(sequence))[len(places) :])
    if start > end or any(end > most for most in capacity):
        raise TemplateError("invalid slice index: the end is before the start")
    part = sequence[start:end]
    return of_raw(part) if isinstance(value, str) else type(value)(part)


def _len(value: Any) -> int:
    if isinstance(value, str):
        return len(raw(value))
    if isinstance(value, (list, dict)):
        return len(value)
    raise TemplateError(f"len of type {kind(value)}")


def _html(*values: object) -> str:
    return _joined(values).translate(_HTML)


def _urlquery(*values: object) -> str:
    return piecewise(_joined(values), query_escape)


def query_escape(value: str) -> str:
    """Go's url.QueryEscape."""
    return "".join("+" if b == 32 else chr(b) if b in _UNRESERVED else f"%{b:02X}" for b in raw(value))


def _joined(values: tuple[object, ...]) -> str:
    return sprint(tuple(map(printable, values)))


def printable(value: object) -> object:
    """Return what an action would print for the value: no pointer, and `<no value>` for nil."""
    if isinstance(value, Struct):
        return Struct(value.name, value.fields, is_pointer=False)
    return "<no value>" if value is None else value


def _println(*values: object) -> str:
    return " ".join(map(text, values)) + "\n"


GO: dict[str, Function] = table(
    {
        "and": (lambda *values: values[-1], "vv*"),
        "or": (lambda *values: values[-1], "vv*"),
        "not": (lambda value: not value, "v"),
        "eq": (_eq, "vv*"),
        "ne": (lambda first, second: not equal(first, second), "vv"),
        "lt": (less, "vv"),
        "le": (_le, "vv"),
        "gt": (lambda first, second: not _le(first, second), "vv"),
        "ge": (lambda first, second: not less(first, second), "vv"),
        "index": (_index, "vv*"),
        "slice": (_slice, "vv*"),
        "len": (_len, "v"),
        "print": (lambda *values: sprint(values), "a*"),
        "printf": (lambda format_, *values: sprintf(format_, values), "pa*", formatted_size),
        "println": (_println, "a*"),
        "html": (_html, "a*"),
        "urlquery": (_urlquery, "a*"),
    }
)
