"""Sprig's functions on lists; all return new lists."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.sprig.numbers import to_int
from vaultenv.template.values import bounded, kind, truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def same(first: object, second: object) -> bool:
    """Compare as reflect.DeepEqual: values of different types are never equal."""
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    return kind(first) == kind(second) and first == second


def _has(needle: object, haystack: Any) -> bool:
    if haystack is None:
        return False
    return any(same(needle, item) for item in _list(haystack))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TemplateError(f"cannot use a value of type {kind(value)} as a list")
    return value


def _uniq(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    bounded(len(values) * len(values) // 4)
    for value in values:
        if not _has(value, found):
            found.append(value)
    return found


def _without(values: list[Any], *omitted: object) -> list[Any]:
    return [value for value in values if not any(same(value, other) for other in omitted)]


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
    return [item for values in lists for item in values]


LISTS: dict[str, Function] = table(
    {
        "list": (lambda *values: list(values), "a*"),
        "tuple": (lambda *values: list(values), "a*"),
        "first": (lambda values: values[0] if values else None, "l"),
        "last": (lambda values: values[-1] if values else None, "l"),
        "rest": (lambda values: values[1:], "l"),
        "initial": (lambda values: values[:-1], "l"),
        "append": (lambda values, value: [*values, value], "la"),
        "push": (lambda values, value: [*values, value], "la"),
        "prepend": (lambda values, value: [value, *values], "la"),
        "concat": (_concat, "l*"),
        "reverse": (lambda values: values[::-1], "l"),
        "uniq": (_uniq, "l"),
        "without": (_without, "la*"),
        "has": (_has, "aa"),
        "compact": (lambda values: [value for value in values if truth(value)], "l"),
        "slice": (_slice, "la*"),
        "chunk": (_chunk, "il"),
    }
)
