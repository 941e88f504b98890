"""Go's types of the values in templates: typeOf, kindOf and deepEqual."""

from typing import Any

from vaultenv.template.functions import Function, table
from vaultenv.template.types import NilList, NilMap, NilStrings
from vaultenv.template.values import kind


class Ints(list[Any]):
    """A []int."""


class Lists(list[Any]):
    """A [][]interface {}."""


_NIL = (NilList, NilMap, NilStrings)
_KINDS = {"<nil>": "invalid", "json.Number": "string"}


def type_of(value: object) -> str:
    """Return the name that Go's `%T` has for the value's type."""
    if isinstance(value, Ints):
        return "[]int"
    return "[][]interface {}" if isinstance(value, Lists) else kind(value)


def kind_of(value: object) -> str:
    """Return the name of the value's reflect.Kind."""
    name = type_of(value)
    if name.startswith("["):
        return "slice"
    return "map" if name.startswith("map[") else _KINDS.get(name, name)


def deep_equal(first: Any, second: Any) -> bool:
    """Return reflect.DeepEqual: values of different types are never equal, nor is NaN to itself outside of one list."""
    if type_of(first) != type_of(second) or isinstance(first, _NIL) != isinstance(second, _NIL):
        return False
    if isinstance(first, list):
        return first is second or (len(first) == len(second) and all(map(deep_equal, first, second)))
    if isinstance(first, dict):
        return first is second or (first.keys() == second.keys() and _same_values(first, second))
    return bool(first == second)


def _same_values(first: dict[Any, Any], second: dict[Any, Any]) -> bool:
    return all(deep_equal(value, second[key]) for key, value in first.items())


TYPES: dict[str, Function] = table(
    {
        "typeOf": (type_of, "v"),
        "typeIs": (lambda name, value: name == type_of(value), "sv"),
        "typeIsLike": (lambda name, value: type_of(value) in (name, "*" + name), "sv"),
        "kindOf": (kind_of, "v"),
        "kindIs": (lambda name, value: name == kind_of(value), "sv"),
        "deepEqual": (deep_equal, "aa"),
    }
)
