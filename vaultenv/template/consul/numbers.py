"""consul-template's arithmetic, and numbers and truth values from text (https://pkg.go.dev/strconv)."""

from __future__ import annotations

from vaultenv.template.consul.signatures import strict
from vaultenv.template.errors import TemplateError
from vaultenv.template.floats import parse_float
from vaultenv.template.types import Int64, Opaque, Uint8, Uint64
from vaultenv.template.values import kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from vaultenv.template.functions import Function

_WORD = 1 << 64
_HALF = 1 << 63
_LONGEST_INT64 = 19
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False", "")


def signed(value: int) -> Int64:
    """Return the integer reduced to 64 bits with a sign."""
    return Int64((value + _HALF) % _WORD - _HALF)


def unsigned(value: int) -> Uint64:
    """Return the integer reduced to 64 bits without a sign."""
    return Uint64(value % _WORD)


def _checked(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TemplateError(
            f"not a number: a value of type {kind(value)}; make one with parseInt or parseFloat"
        )
    return value


def _is_unsigned(value: object) -> bool:
    return isinstance(value, (Uint64, Uint8))


def _arithmetic(on_integers: Callable[[int, int], int], on_floats: Callable[[float, float], float]) -> Any:
    """Make a function of (b, a): integers stay integers of 64 bits, unsigned only if both are."""

    def calculated(second: Any, first: Any) -> Int64 | Uint64 | float:
        a, b = _checked(first), _checked(second)
        if isinstance(a, float) or isinstance(b, float):
            return on_floats(float(a), float(b))
        if _is_unsigned(a) and _is_unsigned(b):
            return unsigned(on_integers(int(a), int(b)))
        return signed(on_integers(signed(int(a)), signed(int(b))))

    return calculated


def _quotient(a: int, b: int) -> int:
    """Divide toward zero, as Go does."""
    if not b:
        raise TemplateError("integer divide by zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _float_quotient(a: float, b: float) -> float:
    if b:
        return a / b
    if not a or a != a:
        return float("nan")
    negative = (a < 0) != (f"{b}".startswith("-"))
    return float("-inf") if negative else float("inf")


def _no_floats(_a: float, _b: float) -> float:
    raise TemplateError("unknown type: modulo takes integers")


def _chosen(is_first: Callable[[Any, Any], bool]) -> Any:
    """Make a function of (b, a) that returns one of them."""

    def chosen(second: Any, first: Any) -> Int64 | Uint64 | float:
        a, b = _checked(first), _checked(second)
        return _typed(a if is_first(*_comparable(a, b)) else b)

    return chosen


def _comparable(a: Any, b: Any) -> tuple[Any, Any]:
    if isinstance(a, float) or isinstance(b, float):
        return float(a), float(b)
    if _is_unsigned(a) and _is_unsigned(b):
        return a, b
    return signed(int(a)), signed(int(b))


def _typed(value: Any) -> Int64 | Uint64 | float:
    if isinstance(value, float):
        return value
    return Uint64(value) if _is_unsigned(value) else Int64(value)


def _parse_bool(value: str) -> bool:
    if value not in _TRUE and value not in _FALSE:
        raise TemplateError("not a truth value: write true or false")
    return value in _TRUE


def _parse_float(value: str) -> float:
    return float_of(value) if value else 0.0


def float_of(value: str) -> float:
    """Return strconv.ParseFloat; raise TemplateError."""
    try:
        return parse_float(value)
    except (ValueError, OverflowError):
        raise TemplateError("not a number, or out of range") from None


def int64_of(number: str) -> int | None:
    """Return the integer that a JSON number is; None for one with a fraction or an exponent, or of more than 64 bits."""
    digits = number.removeprefix("-")
    if not digits.isdigit() or len(digits) > _LONGEST_INT64:
        return None
    return value if -_HALF <= (value := int(number)) < _HALF else None


def parse_int(value: str) -> Int64:
    """Return strconv.ParseInt of base 10, 0 for an empty text; raise TemplateError."""
    number = _digits(value[1:] if value[:1] in ("+", "-") else value) if value else 0
    number = -number if value.startswith("-") else number
    if not -_HALF <= number < _HALF:
        raise TemplateError("a number out of range")
    return Int64(number)


def _parse_uint(value: str) -> Uint64:
    number = _digits(value) if value else 0
    if number >= _WORD:
        raise TemplateError("a number out of range")
    return Uint64(number)


def _digits(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise TemplateError("not a whole number")
    return int(value) if len(value.lstrip("0")) < 24 else _WORD


class Loop(Opaque):
    """A channel of numbers, which yields each number once, even if it is ranged over several times."""

    __slots__ = ("_next", "_stop")
    name = "<-chan int64"

    def __init__(self, start: int, stop: int) -> None:
        self._next = start
        self._stop = stop

    def __iter__(self) -> Iterator[Int64]:
        return self

    def __next__(self) -> Int64:
        if self._next >= self._stop:
            raise StopIteration
        self._next += 1
        return Int64(self._next - 1)


def _loop(*bounds: Any) -> Loop:
    if len(bounds) not in (1, 2):
        raise TemplateError(f"wrong number of arguments, expected 1 or 2, but got {len(bounds)}")
    start, stop = (0, *bounds)[-2:]
    return Loop(_bound(start), _bound(stop))


def _bound(value: Any) -> int:
    if isinstance(value, str):
        return parse_int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TemplateError(f"bad argument type: {kind(value)}")
    return signed(int(value))


NUMBERS: dict[str, Function] = strict(
    {
        "add": (_arithmetic(lambda a, b: a + b, lambda a, b: a + b), "vv"),
        "subtract": (_arithmetic(lambda a, b: a - b, lambda a, b: a - b), "vv"),
        "multiply": (_arithmetic(lambda a, b: a * b, lambda a, b: a * b), "vv"),
        "divide": (_arithmetic(_quotient, _float_quotient), "vv"),
        "modulo": (_arithmetic(lambda a, b: a - b * _quotient(a, b), _no_floats), "vv"),
        "minimum": (_chosen(lambda a, b: a < b), "vv"),
        "maximum": (_chosen(lambda a, b: a > b), "vv"),
        "loop": (_loop, "v*"),
        "parseBool": (_parse_bool, "s"),
        "parseFloat": (_parse_float, "s"),
        "parseInt": (parse_int, "s"),
        "parseUint": (_parse_uint, "s"),
    }
)
