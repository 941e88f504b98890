"""consul-template's scratch: values that a template stores by name."""

from __future__ import annotations

from vaultenv.template.consul.signatures import StrictFunction
from vaultenv.template.errors import TemplateError
from vaultenv.template.pieces import Written
from vaultenv.template.types import NilList, Struct
from vaultenv.template.values import ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def scratch() -> Struct:
    """Return an empty scratch."""
    values: dict[str, Any] = {}

    def put(key: str, value: Any) -> str:
        values[key] = value
        return Written()

    def put_first(key: str, value: Any) -> str:
        values.setdefault(key, value)
        return Written()

    def map_of(key: str) -> dict[str, Any]:
        inner = values.setdefault(key, {})
        if type(inner) is not dict:
            raise TemplateError("the value of that name is not a map")
        return inner

    def map_put(key: str, name: str, value: Any) -> str:
        map_of(key)[name] = value
        return Written()

    def map_put_first(key: str, name: str, value: Any) -> str:
        map_of(key).setdefault(name, value)
        return Written()

    def map_values(key: str) -> list[Any]:
        inner = values.get(key)
        return [inner[name] for name in ordered(inner)] if type(inner) is dict else NilList()

    methods: dict[str, tuple[Any, str]] = {
        "Get": (values.get, "s"),
        "Key": (lambda key: key in values, "s"),
        "MapSet": (map_put, "ssv"),
        "MapSetX": (map_put_first, "ssv"),
        "MapValues": (map_values, "s"),
        "Set": (put, "sv"),
        "SetX": (put_first, "sv"),
    }
    return Struct(
        "template.Scratch",
        {},
        {name: StrictFunction(call, letters) for name, (call, letters) in methods.items()},
    )
