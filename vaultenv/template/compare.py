"""Comparison of values: `eq` and `lt` of Go's text/template."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.types import ABSENT, NilList, NilMap, NilPointer, NilStrings, Struct
from vaultenv.template.values import kind, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BASIC = {
    "bool": "bool",
    "string": "string",
    "json.Number": "string",
    "int": "int",
    "int64": "int",
    "uint8": "int",
    "uint64": "int",
    "float64": "float",
}
"""Go compares integers of all types by their value."""


def equal(first: object, second: object) -> bool:
    """Return Go's `eq` of two values; raise TemplateError for types that it cannot compare."""
    one, other = _BASIC.get(kind(first)), _BASIC.get(kind(second))
    if one != other:
        if _is_none(first) or _is_none(second):
            return False
        raise TemplateError("incompatible types for comparison")
    return first == second if one else _same(first, second)


def _same(first: object, second: object) -> bool:
    """Return whether two values without an order are the same: both nil, or one struct."""
    if not (_is_none(first) or _is_none(second) or _shape(first) == _shape(second)):
        raise TemplateError("non-comparable types")
    if _is_nil(first) or _is_nil(second):
        return _is_nil(first) and _is_nil(second)
    if not isinstance(second, Struct):
        raise TemplateError("non-comparable type")
    return first is second


def _shape(value: object) -> object:
    return next(type_ for type_ in (dict, list, (Struct, NilPointer), object) if isinstance(value, type_))


def _is_none(value: object) -> bool:
    return value is None or value is ABSENT


def _is_nil(value: object) -> bool:
    return _is_none(value) or isinstance(value, (NilList, NilMap, NilPointer, NilStrings))


def less(first: Any, second: Any) -> bool:
    """Return Go's `lt` of two values; raise TemplateError for types without an order."""
    one, other = _BASIC.get(kind(first)), _BASIC.get(kind(second))
    if one is None or other is None:
        raise TemplateError("invalid type for comparison")
    if one != other:
        raise TemplateError("incompatible types for comparison")
    if one == "bool":
        raise TemplateError("invalid type for comparison")
    if one == "string":
        return bool(raw(first) < raw(second))
    return bool(first < second)
