"""Functions of the template language: their parameters, and the check of arguments before a call."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.values import kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Table = Mapping[str, "Function"]

_TYPES: dict[str, tuple[type, ...]] = {
    "s": (str,),
    "i": (int,),
    "f": (float, int),
    "l": (list,),
    "m": (dict,),
}
_NAMES = {"s": "string", "i": "int", "f": "float64", "l": "list", "m": "map"}


class Function:
    """A callable with one letter for each parameter: s(tring), i(nt), f(loat), l(ist), m(ap), a(ny).

    A `*` at the end says that the last parameter takes any number of arguments.
    """

    __slots__ = ("_call", "_more", "_parameters")

    def __init__(self, call: Callable[..., Any], parameters: str) -> None:
        self._call = call
        self._more = parameters.endswith("*")
        self._parameters = parameters.rstrip("*")

    def __call__(self, name: str, arguments: Sequence[Any]) -> Any:
        """Return the function's value; raise TemplateError for wrong arguments."""
        letters = self._letters(name, len(arguments))
        converted = [
            {} if letter == "m" and value is None else value
            for letter, value in zip(letters, arguments, strict=True)
        ]
        for position, (letter, value) in enumerate(zip(letters, converted, strict=True), 1):
            if letter != "a":
                _check(name, position, letter, value)
        return self._call(*converted)

    def _letters(self, name: str, count: int) -> str:
        letters = self._parameters
        if self._more and count >= len(letters) - 1:
            return letters[:-1] + letters[-1] * (count - len(letters) + 1)
        if count == len(letters):
            return letters
        expected = f"at least {len(letters) - 1}" if self._more else str(len(letters))
        raise TemplateError(f"wrong number of args for {name}: want {expected} got {count}")


def _check(name: str, position: int, letter: str, value: object) -> None:
    if value is None:
        raise TemplateError(f"{name}: argument {position} has no value; expected {_NAMES[letter]}")
    if not isinstance(value, _TYPES[letter]) or (isinstance(value, bool) and letter in "if"):
        raise TemplateError(f"{name}: argument {position}: expected {_NAMES[letter]}; got {kind(value)}")


def table(rows: Mapping[str, tuple[Callable[..., Any], str]]) -> dict[str, Function]:
    """Return functions by name, from rows of callable and parameters."""
    return {name: Function(call, parameters) for name, (call, parameters) in rows.items()}
