"""Sprig's functions on maps; `set`, `unset` and the merges change their first map, as Sprig's do."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.merging import merge
from vaultenv.template.types import Strings
from vaultenv.template.values import kind, ordered, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]


def copied(value: Any) -> Any:
    """Return a deep copy of lists and maps in their own types."""
    if isinstance(value, dict):
        return type(value)({key: copied(item) for key, item in value.items()})
    return type(value)(map(copied, value)) if isinstance(value, list) else value


def _deep_copy(value: Any) -> Any:
    if value is None:
        raise TemplateError("deepCopy: there is no value")
    return copied(value)


def _dict(*pairs: object) -> Map:
    values = (*pairs, "") if len(pairs) % 2 else pairs
    return {text(values[i]): values[i + 1] for i in range(0, len(values), 2)}


def _set(values: Map, key: str, value: object) -> Map:
    values[key] = value
    return values


def _unset(values: Map, key: str) -> Map:
    values.pop(key, None)
    return values


def _merge(overwrite: bool, values: Map, *others: Map) -> Map:
    for other in others:
        merge(values, other, overwrite)
    return values


def _keys(*maps: Map) -> Strings:
    return Strings([key for values in maps for key in ordered(values)])


def _omit(values: Map, *keys: str) -> Map:
    omitted = frozenset(keys)
    return {key: value for key, value in values.items() if key not in omitted}


def _dig(*arguments: Any) -> Any:
    """Return the value at a path of keys; arguments are the keys, the default for a missing one, and the map."""
    *keys, instead, values = arguments
    if not keys:
        raise TemplateError("dig needs at least three arguments")
    for key in keys:
        if not isinstance(values, dict):
            raise TemplateError(f"dig: expected map; got {kind(values)}")
        if not isinstance(key, str):
            raise TemplateError(f"dig: expected string; got {kind(key)}")
        if key not in values:
            return instead
        values = values[key]
    return values


DICTS: dict[str, Function] = table(
    {
        "dict": (_dict, "a*"),
        "get": (lambda values, key: values.get(key, ""), "Ms"),
        "set": (_set, "Msv"),
        "unset": (_unset, "Ms"),
        "hasKey": (lambda values, key: key in values, "Ms"),
        "pluck": (lambda key, *maps: [values[key] for values in maps if key in values], "sM*"),
        "keys": (_keys, "m*"),
        "values": (lambda values: [values[key] for key in ordered(values)], "m"),
        "pick": (lambda values, *keys: {key: values[key] for key in keys if key in values}, "Ms*"),
        "omit": (_omit, "ms*"),
        "merge": (lambda values, *others: _merge(False, values, *others), "dd*"),
        "mergeOverwrite": (lambda values, *others: _merge(True, values, *others), "dd*"),
        "deepCopy": (_deep_copy, "a"),
        "dig": (_dig, "vvv*"),
    }
)
