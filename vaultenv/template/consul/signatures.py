"""Go's types for consul-template's functions: a number is not a text, and a []string is not an []interface {}."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.template.functions import FORMAT, WHOLE, Function, Type
from vaultenv.template.pieces import Written
from vaultenv.template.types import AnyMap, Int64, NilMap, NilStrings, StringMap, Strings, Uint8, Uint64
from vaultenv.template.values import TooHeavy, weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from vaultenv.template.functions import Call, Types
    from vaultenv.template.work import Work


_HEAVIEST = 1 << 24


def _none() -> None:
    return None


STRICT: Types = {
    "s": Type("string", (str,), (Number,), of_null=False),
    "p": Type("string", (str,), (Number,), charge=FORMAT, of_null=False),
    "i": Type("int", (int,), (bool, Int64, Uint64, Uint8), of_null=False),
    "l": Type("[]string", (Strings,), charge=WHOLE, nil=NilStrings, of_null=False),
    "L": Type("[]interface {}", (list,), (Strings,), charge=WHOLE, nil=list, of_null=False),
    "d": Type("map[string]interface {}", (dict,), (StringMap, AnyMap), WHOLE, NilMap, of_null=False),
    "v": Type("interface {}", (object,), nil=_none),
    "a": Type("interface {}", (object,), charge=WHOLE, nil=_none),
}
"""The letters of `vaultenv.template.functions`; `l` is a []string, `L` an []interface {}."""


class StrictFunction(Function):
    """A function with Go's types. A result made only from the template's own text counts as the template's own too.

    `cost`, for a callable with more than a few steps for each character or item, is called with the arguments and returns
    the units for that.
    """

    __slots__ = ("_cost",)

    def __init__(
        self,
        call: Call,
        parameters: str,
        size: Callable[..., int] | None = None,
        cost: Callable[..., int] | None = None,
    ) -> None:
        super().__init__(call, parameters, size, STRICT)
        self._cost = cost

    def call(self, letters: str, arguments: Sequence[Any], work: Work) -> Any:
        """Return the function's value; raise TemplateError, also for more than `work` allows."""
        if self._cost:
            work.charge(self._cost(*arguments))
        value = super().call(letters, arguments, work)
        if type(value) is str and all(map(_is_written, arguments)):
            return Written(value)
        if type(value) is Strings and all(map(_is_written, arguments)):
            return Strings(map(Written, value))
        return value


def per_character(units: int) -> Callable[..., int]:
    """Return a cost function of so many units for each character of all arguments that are texts."""
    return lambda *values: units * sum(len(value) for value in values if isinstance(value, str))


def per_weight(units: int) -> Callable[..., int]:
    """Return a cost function of so many units for each unit of a value's weight."""

    def cost(value: object) -> int:
        try:
            return units * weight(value, _HEAVIEST)
        except TooHeavy:
            return units * _HEAVIEST

    return cost


def _is_written(argument: object) -> bool:
    if isinstance(argument, Strings):
        return all(isinstance(item, Written) for item in argument)
    return isinstance(argument, (Written, bool, float)) or (
        isinstance(argument, int) and not isinstance(argument, Uint8)
    )


def strict(rows: Mapping[str, tuple[Any, ...]]) -> dict[str, Function]:
    """Return functions by name, from rows of callable, parameters, and optionally the weight of the result and the cost."""
    return {name: StrictFunction(*row) for name, row in rows.items()}
