"""Functions of the template language: their parameters, and the checks and charges of arguments before a call."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.template.errors import TemplateError
from vaultenv.template.types import ABSENT
from vaultenv.template.values import ITEM, kind, text_weight, top_weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from vaultenv.template.work import Work

    Call = Callable[..., Any]
    Row = tuple[Call, str] | tuple[Call, str, Callable[..., int]]
    Loader = Callable[[], Mapping[str, "Function"]]
    Types = Mapping[str, "Type"]

TOP, WHOLE, FORMAT, EACH = "top", "whole", "format", "each"
"""The charged part of an argument: a list or map without the content of its items, with it, a text and its verbs, or a
text whose characters are handled one by one.
"""

_HALF = 1 << 63
UNITS_PER_CHARACTER = 16
"""Charge for a character that is handled one by one, as most functions do with text that is not ASCII."""


class Type:
    """The type of a parameter: Go's name, the accepted Python types, the value for nil, and the charged part.

    `nil` is called for an untyped nil; without `nil` that is an error. With `of_null` a null among the data has the same
    treatment.
    """

    __slots__ = ("charge", "excluded", "name", "nil", "of_null", "types")

    def __init__(
        self,
        name: str,
        types: tuple[type, ...],
        excluded: tuple[type, ...] = (),
        charge: str = "",
        nil: Callable[[], Any] | None = None,
        of_null: bool = True,
    ) -> None:
        self.name = name
        self.types = types
        self.excluded = excluded
        self.charge = charge
        self.nil = nil
        self.of_null = of_null

    def _remedy(self, value: object) -> str:
        is_number = self.name == "string" and isinstance(value, (Number, int, float))
        return "; print makes a text of it" if is_number else ""

    def convert(self, value: Any, literal: bool) -> Any:
        """Return the value in a type of the parameter; raise TemplateError, which names only types."""
        if value is ABSENT or (value is None and (self.of_null or literal)):
            if self.nil is None:
                raise TemplateError(f"no value; expected {self.name}")
            return self.nil()
        if literal and self.types == (int,) and isinstance(value, float) and _is_int64(value):
            return int(value)
        if not isinstance(value, self.types) or isinstance(value, self.excluded):
            raise TemplateError(
                f"wrong type for value; expected {self.name}; got {kind(value)}{self._remedy(value)}"
            )
        return value


def _is_int64(number: float) -> bool:
    """Return whether the number is an integer of 64 bits; no literal is infinite or NaN."""
    return number.is_integer() and -_HALF <= number < _HALF


def _none() -> None:
    return None


LENIENT: Types = {
    "s": Type("string", (str,)),
    "p": Type("string", (str,), charge=FORMAT),
    "t": Type("string", (str,), charge=EACH),
    "i": Type("int", (int,), (bool,)),
    "f": Type("float64", (float, int), (bool,)),
    "l": Type("list", (list,), charge=TOP),
    "L": Type("list", (list,)),
    "m": Type("map", (dict,), charge=TOP, nil=dict),
    "M": Type("map", (dict,), nil=dict),
    "d": Type("map", (dict,), charge=WHOLE, nil=dict),
    "D": Type("list", (list,), charge=WHOLE),
    "v": Type("interface {}", (object,), nil=_none),
    "a": Type("interface {}", (object,), charge=WHOLE, nil=_none),
}


class Function:
    """A callable with one letter for each parameter: its type, and the part of the argument that the callable reads.

    s(tring), p(rintf's format), t(ext that is handled character by character), i(nt), f(loat); l(ist) or m(ap) of which each item is read, L or M of which one; a list
    (D) or map (d) with all that it holds; v(alue) that is passed on or compared, a(ny) value with all that it holds. A
    `*` at the end means any number of arguments for the last parameter. `size`, for a result that can be much longer than
    the arguments, is called with them and returns the result's weight. `types` defines other types for the letters.
    """

    __slots__ = ("_call", "_more", "_parameters", "_size", "_types")

    def __init__(
        self, call: Call, parameters: str, size: Callable[..., int] | None = None, types: Types = LENIENT
    ) -> None:
        self._call = call
        self._more = parameters.endswith("*")
        self._parameters = parameters.rstrip("*")
        self._size = size
        self._types = types

    @property
    def row(self) -> Row:
        """The row of a table: the callable, its parameters, and the weight of its result."""
        parameters = self._parameters + "*" * self._more
        return (self._call, parameters, self._size) if self._size else (self._call, parameters)

    def letters(self, name: str, count: int) -> str:
        """Return a letter for each of `count` arguments; raise TemplateError for a wrong number."""
        letters = self._parameters
        if self._more and count >= len(letters) - 1:
            return letters[:-1] + letters[-1] * (count - len(letters) + 1)
        if count == len(letters):
            return letters
        expected = f"at least {len(letters) - 1}" if self._more else str(len(letters))
        raise TemplateError(f"wrong number of args for {name}: want {expected} got {count}")

    def argument(self, name: str, position: int, letter: str, value: Any, literal: bool) -> Any:
        """Return the argument in a type of its parameter; raise TemplateError."""
        try:
            return self._types[letter].convert(value, literal)
        except TemplateError as error:
            raise TemplateError(f"{name}: argument {position}: {error.message}") from None

    def call(self, letters: str, arguments: Sequence[Any], work: Work) -> Any:
        """Return the function's value; raise TemplateError, also for more than `work` allows."""
        for letter, value in zip(letters, arguments, strict=True):
            _charge(self._types[letter].charge, value, work)
        if self._size:
            work.bounded(self._size(*arguments))
        value = self._call(*arguments)
        work.charge_result(value)
        return value

    def __call__(self, name: str, arguments: Sequence[Any], work: Work) -> Any:
        """The function's value for values; raises TemplateError as `letters`, `argument` and `call` do."""
        letters = self.letters(name, len(arguments))
        converted = [
            self.argument(name, position, letter, value, literal=False)
            for position, (letter, value) in enumerate(zip(letters, arguments, strict=True), 1)
        ]
        return self.call(letters, converted, work)


def _charge(charge: str, value: Any, work: Work) -> None:
    if isinstance(value, str):
        if charge == EACH:
            work.charge(UNITS_PER_CHARACTER * len(value))
        else:
            verbs = value.count("%") if charge == FORMAT else 0
            work.charge(text_weight(value, UNITS_PER_CHARACTER) + ITEM * verbs)
    elif charge == WHOLE:
        work.charge_value(value, UNITS_PER_CHARACTER)
    elif charge == TOP:
        work.charge(top_weight(value))


def table(rows: Mapping[str, Row]) -> dict[str, Function]:
    """Functions by name, from rows of callable, parameters and, where it is needed, the weight of the result."""
    return {name: Function(*row) for name, row in rows.items()}


class Tables:
    """Functions by name. Each table is loaded when a template first uses one of its functions, so that a start loads no other."""

    __slots__ = ("_functions", "_loaders")

    def __init__(
        self, tables: Sequence[tuple[Loader, str]], bound: Mapping[str, Function] | None = None
    ) -> None:
        """Store loaders of tables, each with the names in its table, and `bound` functions, which are loaded already."""
        self._functions = dict(bound or {})
        self._loaders = {name: load for load, names in tables for name in names.split()}

    def with_bound(self, bound: Mapping[str, Function]) -> Tables:
        """Return these functions and the `bound` ones; the loaders are not collected again."""
        both = Tables((), {**self._functions, **bound})
        both._loaders = self._loaders
        return both

    def __contains__(self, name: object) -> bool:
        return name in self._functions or name in self._loaders

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*self._functions, *self._loaders))

    def __getitem__(self, name: str) -> Function:
        if name not in self._functions:
            self._functions[name] = self._loaders[name]()[name]
        return self._functions[name]
