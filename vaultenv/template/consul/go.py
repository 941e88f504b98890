"""Go's own functions for logic, comparison and indexing, with Go's types."""

from __future__ import annotations

from vaultenv.template.consul.signatures import strict
from vaultenv.template.errors import TemplateError
from vaultenv.template.go import GO
from vaultenv.template.values import kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.template.functions import Function


def _call(function: Any, *_arguments: object) -> None:
    raise TemplateError(f"call takes a function, not a value of type {kind(function)}")


BUILTINS: dict[str, Function] = strict(
    {**{name: function.row for name, function in GO.items()}, "call": (_call, "vv*")}
)
