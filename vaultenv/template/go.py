"""The built-in functions of Go's text/template for logic, comparison and indexing
(https://pkg.go.dev/text/template#hdr-Functions).
"""

from __future__ import annotations

from vaultenv.template.compare import equal, less
from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.types import AnyMap, StringMap, Uint8
from vaultenv.template.values import kind, of_raw, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _eq(first: object, *others: object) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(equal(first, other) for other in others)


def _le(first: object, second: object) -> bool:
    return less(first, second) or equal(first, second)


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
    }
)
