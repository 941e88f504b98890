"""Sprig's functions that choose between values, and `fail`."""

from __future__ import annotations

from vaultenv.template.errors import FAILS, TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.values import kind, truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _default(instead: object, *values: object) -> object:
    return values[0] if values and truth(values[0]) else instead


def _coalesce(*values: object) -> object:
    return next((value for value in values if truth(value)), None)


def _ternary(yes: object, no: object, condition: Any) -> object:
    if not isinstance(condition, bool):
        raise TemplateError(f"ternary: expected bool; got {kind(condition)}")
    return yes if condition else no


def _fail(message: str) -> object:
    raise TemplateError(FAILS + message)


DEFAULTS: dict[str, Function] = table(
    {
        "default": (_default, "vv*"),
        "empty": (lambda value: not truth(value), "v"),
        "coalesce": (_coalesce, "v*"),
        "all": (lambda *values: all(map(truth, values)), "v*"),
        "any": (lambda *values: any(map(truth, values)), "v*"),
        "ternary": (_ternary, "vvv"),
        "fail": (_fail, "s"),
    }
)
