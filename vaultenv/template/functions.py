"""A function of the template language: what it takes, and how arguments are checked and charged before it is called."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.values import ITEM, kind, top_weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from vaultenv.template.work import Work

    Call = Callable[..., Any]
    Row = tuple[Call, str] | tuple[Call, str, Callable[..., int]]
    Table = Mapping[str, "Function"]

_TYPES: dict[str, tuple[type, ...]] = {
    "s": (str,),
    "p": (str,),
    "i": (int,),
    "f": (float, int),
    "l": (list,),
    "L": (list,),
    "m": (dict,),
    "M": (dict,),
    "d": (dict,),
    "D": (list,),
}
_NAMES = {
    "s": "string",
    "p": "string",
    "i": "int",
    "f": "float64",
    "l": "list",
    "L": "list",
    "m": "map",
    "M": "map",
    "d": "map",
    "D": "list",
}


class Function:
    """A callable with one letter for each parameter, which says what it takes and how much of it the callable reads.

    s(tring), p(rintf's format), i(nt), f(loat); l(ist) or m(ap) of which each item is taken, L or M of which one; a list (D) or map (d) with
    all that it holds; v(alue) that is passed on or compared, a(ny) value with all that it holds. A `*` at the end says
    that the last parameter takes any number of arguments. `size`, where the result can be much longer than the
    arguments, is called with them and returns its weight.
    """

    __slots__ = ("_call", "_more", "_parameters", "_size")

    def __init__(self, call: Call, parameters: str, size: Callable[..., int] | None = None) -> None:
        self._call = call
        self._more = parameters.endswith("*")
        self._parameters = parameters.rstrip("*")
        self._size = size

    def __call__(self, name: str, arguments: Sequence[Any], work: Work) -> Any:
        """The function's value; raises TemplateError for wrong arguments, and for more than `work` allows."""
        letters = self._letters(name, len(arguments))
        converted = [
            {} if letter in "mMd" and value is None else value
            for letter, value in zip(letters, arguments, strict=True)
        ]
        for position, (letter, value) in enumerate(zip(letters, converted, strict=True), 1):
            if letter not in "av":
                _check(name, position, letter, value)
            _charge(letter, value, work)
        if self._size:
            work.bounded(self._size(*converted))
        value = self._call(*converted)
        work.charge_result(value)
        return value

    def _letters(self, name: str, count: int) -> str:
        letters = self._parameters
        if self._more and count >= len(letters) - 1:
            return letters[:-1] + letters[-1] * (count - len(letters) + 1)
        if count == len(letters):
            return letters
        expected = f"at least {len(letters) - 1}" if self._more else str(len(letters))
        raise TemplateError(f"wrong number of args for {name}: want {expected} got {count}")


def _charge(letter: str, value: Any, work: Work) -> None:
    if isinstance(value, str):
        work.charge(len(value) + (ITEM * value.count("%") if letter == "p" else 0))
    elif letter in "adD":
        work.charge_value(value)
    elif letter in "lm":
        work.charge(top_weight(value))


def _check(name: str, position: int, letter: str, value: object) -> None:
    if value is None:
        raise TemplateError(f"{name}: argument {position} has no value; expected {_NAMES[letter]}")
    if not isinstance(value, _TYPES[letter]) or (isinstance(value, bool) and letter in "if"):
        raise TemplateError(f"{name}: argument {position}: expected {_NAMES[letter]}; got {kind(value)}")


def table(rows: Mapping[str, Row]) -> dict[str, Function]:
    """Functions by name, from rows of callable, parameters and, where it is needed, the weight of the result."""
    return {name: Function(*row) for name, row in rows.items()}
