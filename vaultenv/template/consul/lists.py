"""consul-template's functions on lists and maps. `mergeMap` changes its first map, as consul-template's does."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.template.consul.signatures import strict
from vaultenv.template.errors import TemplateError
from vaultenv.template.merging import merge
from vaultenv.template.types import Uint8, Uint64
from vaultenv.template.values import ITEM, kind, ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.template.functions import Function

    Map = dict[str, Any]


def _in(where: Any, sought: Any) -> bool:
    """Return whether a list has an equal item of the same type, or a text has the text."""
    if isinstance(where, list):
        return any(_is_same(item, sought) for item in where)
    if not isinstance(where, str):
        return False
    return _is_text_like(where, sought) and sought in where


def _is_same(item: Any, sought: Any) -> bool:
    if isinstance(item, str):
        return _is_text_like(item, sought) and item == sought
    group = _group(item)
    return bool(group and group == _group(sought) and item == sought)


def _is_text_like(value: str, sought: Any) -> bool:
    if sought is None:
        raise TemplateError("nil cannot be sought among texts")
    return isinstance(sought, str) and isinstance(sought, Number) == isinstance(value, Number)


def _group(value: object) -> str:
    if isinstance(value, (bool, Uint64, Uint8)):
        return ""
    return "float" if isinstance(value, float) else "int" if isinstance(value, int) else ""


def _contains_all(sought: list[Any], where: Any) -> bool:
    return all(_in(where, item) for item in sought)


def _contains_any(sought: list[Any], where: Any) -> bool:
    return any(_in(where, item) for item in sought)


def _per_pair(sought: list[Any], where: Any) -> int:
    """Return the cost of a search for each item of a list in another list, or in a text."""
    steps = ITEM * len(where) if isinstance(where, list) else len(where) if isinstance(where, str) else 1
    return len(sought) * (ITEM + steps)


def _explode_map(values: Map) -> Map:
    """Return nested maps for keys with slashes."""
    exploded: Map = {}
    for key in ordered(values):
        *parents, name = key.split("/")
        inner: Any = exploded
        for parent in parents:
            inner = inner.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise TemplateError(f"not a map: {kind(inner)}, where a key with a slash leads into it")
        if name:
            inner[name] = values[key]
    return exploded


def _merge(values: Map, others: Map, overwrite: bool) -> Map:
    merge(values, others, overwrite)
    return values


LISTS: dict[str, Function] = strict(
    {
        "contains": (lambda sought, where: _in(where, sought), "aa"),
        "containsAll": (_contains_all, "La", None, _per_pair),
        "containsAny": (_contains_any, "La", None, _per_pair),
        "containsNone": (lambda sought, where: not _contains_any(sought, where), "La", None, _per_pair),
        "containsNotAll": (lambda sought, where: not _contains_all(sought, where), "La", None, _per_pair),
        "explodeMap": (_explode_map, "d"),
        "in": (_in, "aa"),
        "mergeMap": (lambda values, others: _merge(values, others, False), "dd"),
        "mergeMapWithOverride": (lambda values, others: _merge(values, others, True), "dd"),
    }
)
