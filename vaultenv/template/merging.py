"""Merges of maps by the rules of mergo (https://pkg.go.dev/dario.cat/mergo), for Sprig and for consul-template."""

from __future__ import annotations

from vaultenv.template.values import truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def merge(values: dict[str, Any], others: Mapping[str, Any], overwrite: bool) -> None:
    """Add the other map's values to a map: all of them, or those that are missing or empty there.

    A map is merged into a map, which may be the other map itself or hold it. Null is added only with `overwrite`.
    """
    for key, value in list(others.items()):
        mine: Any = values.get(key)
        are_maps = isinstance(mine, dict) and isinstance(value, dict)
        if are_maps:
            merge(mine, value, overwrite)
        if (overwrite and not are_maps) or (value is not None and not truth(mine)):
            values[key] = value
