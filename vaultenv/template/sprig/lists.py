"""Sprig's functions on lists; all return new lists."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.sprig.numbers import to_int
from vaultenv.template.types import NilList
from vaultenv.template.values import kind, truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_NANS = iter(range(1 << 62))
"""A number for each NaN, which is not equal to any value, not even to itself."""


def identity(value: object) -> str:
    """Return a text that two values share if they are equal in the sense of reflect.DeepEqual: in type and content."""
    pieces: list[str] = []
    _identify(value, pieces)
    return "".join(pieces)


def _identify(value: object, pieces: list[str]) -> None:
    if isinstance(value, str):
        pieces += f"s{len(value)}:", value
    elif isinstance(value, list):
        pieces.append(f"l{len(value)}:")
        for item in value:
            _identify(item, pieces)
    elif isinstance(value, dict):
        pieces.append(f"m{len(value)}:")
        for key in sorted(value):
            _identify(key, pieces)
            _identify(value[key], pieces)
    elif isinstance(value, float):
        pieces.append(f"f{value + 0.0!r};" if value == value else f"n{next(_NANS)};")
    else:
        pieces.append(f"{value!r};")


def _has(needle: object, haystack: Any) -> bool:
    if haystack is None:
        return False
    sought = identity(needle)
    return any(identity(item) == sought for item in _list(haystack))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TemplateError(f"cannot use a value of type {kind(value)} as a list")
    return value


def _uniq(values: list[Any]) -> list[Any]:
    first: dict[str, Any] = {}
    for value in values:
        first.setdefault(identity(value), value)
    return list(first.values())


def _without(values: list[Any], *omitted: object) -> list[Any]:
    identities = frozenset(map(identity, omitted))
    return [value for value in values if identity(value) not in identities]


def _slice(values: list[Any], *bounds: object) -> list[Any] | None:
    if not values:
        return None
    start = to_int(bounds[0]) if bounds else 0
    end = to_int(bounds[1]) if len(bounds) > 1 else len(values)
    if not 0 <= start <= end <= len(values):
        raise TemplateError("slice bounds out of range")
    return values[start:end]


def _chunk(size: int, values: list[Any]) -> list[list[Any]]:
    if size <= 0:
        raise TemplateError("chunk: the size must be positive")
    return [values[start : start + size] for start in range(0, len(values), size)]


def _concat(*lists: list[Any]) -> list[Any]:
    return [item for values in lists for item in values] or NilList()


def _rest(values: list[Any]) -> list[Any]:
    return values[1:] if values else NilList()


def _initial(values: list[Any]) -> list[Any]:
    return values[:-1] if values else NilList()


LISTS: dict[str, Function] = table(
    {
        "list": (lambda *values: list(values), "v*"),
        "tuple": (lambda *values: list(values), "v*"),
        "first": (lambda values: values[0] if values else None, "L"),
        "last": (lambda values: values[-1] if values else None, "L"),
        "rest": (_rest, "l"),
        "initial": (_initial, "l"),
        "append": (lambda values, value: [*values, value], "lv"),
        "push": (lambda values, value: [*values, value], "lv"),
        "prepend": (lambda values, value: [value, *values], "lv"),
        "concat": (_concat, "l*"),
        "reverse": (lambda values: values[::-1], "l"),
        "uniq": (_uniq, "D"),
        "without": (_without, "Da*"),
        "has": (_has, "aa"),
        "compact": (lambda values: [value for value in values if truth(value)], "l"),
        "slice": (_slice, "lv*"),
        "chunk": (_chunk, "il"),
    }
)
