"""Sprig's arithmetic: everything is cast to a 64-bit integer first, other values to 0."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.floats import parse_float
from vaultenv.template.functions import Function, table
from vaultenv.template.values import ITEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WORD = 1 << 64
_HALF = 1 << 63
_DIGITS = "0123456789abcdefABCDEFxXoO_"
_LONGEST_INT = 21
_DECIMAL = "0123456789"
_NO_FRACTION = 1 << 53
"""From here on, floats are whole numbers."""
_MOST_PLACES = 300


def wrapped(value: int) -> int:
    """Return the integer reduced to 64 bits with a sign."""
    return (value + _HALF) % _WORD - _HALF


def to_int(value: Any) -> int:
    """Return cast.ToInt64 of a value: text in Go's integer syntax, floats truncated, booleans as 0 and 1, any other as 0.

    A float out of range, or NaN, is the smallest integer, as on amd64.
    """
    if isinstance(value, float):
        return int(value) if -_HALF <= value < _HALF else -_HALF
    if isinstance(value, int):
        return int(value)
    return _parsed(value) if isinstance(value, str) else 0


def _parsed(value: str) -> int:
    """Return the integer in Go's syntax, which may have a point and zeros after it; 0 for any other text."""
    whole, point, fraction = value.partition(".")
    plain = whole if point and fraction and not fraction.strip("0") else value
    digits = _unsigned(plain)
    if not digits[:1].isdigit() or digits.strip(_DIGITS):
        return 0
    try:
        octal = digits[0] == "0" and not digits.strip("01234567_")
        number = int(digits, 8 if octal else 0)
    except ValueError:
        return 0
    number = -number if plain.startswith("-") else number
    return number if -_HALF <= number < _HALF else 0


def _unsigned(text: str) -> str:
    return text[1:] if text[:1] in ("+", "-") else text


def to_float(value: Any) -> float:
    """Return cast.ToFloat64 of a value."""
    try:
        if isinstance(value, str):
            return parse_float(value)
        return float(value) if isinstance(value, (int, float)) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def parse_int(text: str) -> int:
    """Return strconv.Atoi: the nearest integer of 64 bits for a number out of range, 0 for any other text.

    Digits of more than 64 bits are a number out of range whatever comes after them.
    """
    digits = _unsigned(text)
    rest = digits.lstrip(_DECIMAL)
    whole = digits[: len(digits) - len(rest)]
    number = int(whole.lstrip("0")[:_LONGEST_INT] or "0")
    if not whole or (rest and number < _WORD):
        return 0
    return max(-_HALF, -number) if text.startswith("-") else min(number, _HALF - 1)


def _add(*values: object) -> int:
    return wrapped(sum(map(to_int, values)))


def _mul(first: object, *others: object) -> int:
    product = to_int(first)
    for other in others:
        product = wrapped(product * to_int(other))
    return product


def _div(first: object, second: object) -> int:
    """Divide toward zero, as Go does."""
    dividend, divisor = to_int(first), to_int(second)
    if not divisor:
        raise TemplateError("integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    return wrapped(quotient if (dividend < 0) == (divisor < 0) else -quotient)


def _mod(first: object, second: object) -> int:
    return wrapped(to_int(first) - to_int(second) * _div(first, second))


def _cut(number: float) -> float:
    """Return a float without its fraction; a zero has the number's sign."""
    if not abs(number) < _NO_FRACTION or number == int(number):
        return number
    return float(int(number)) if number > 0 else -float(int(-number))


def _floor(value: object) -> float:
    number = to_float(value)
    return _cut(number) - (number < _cut(number))


def _ceil(value: object) -> float:
    return -_floor(-to_float(value))


def _round(value: object, places: int, *up_from: float) -> float:
    """Round up from the fraction `up_from`, by default 0.5; round a negative number always down, as Sprig does."""
    scale = 10.0 ** min(max(places, -_MOST_PLACES), _MOST_PLACES)
    scaled = to_float(value) * scale
    is_up = scaled - _cut(scaled) >= (up_from[0] if up_from else 0.5)
    return (_ceil(scaled) if is_up else _floor(scaled)) / scale


def _until(count: int) -> list[int]:
    return _until_step(0, count, _sign(count))


def _until_step(start: int, stop: int, step: int) -> list[int]:
    if _count(start, stop, step) == 0:
        return []
    return list(range(start, stop, step))


def _count(start: int, stop: int, step: int) -> int:
    """Return how many numbers there are from `start` to before `stop`; arithmetic, as a range has no length of 64 bits."""
    if step == 0 or (stop < start and step >= 0) or (stop > start and step <= 0):
        return 0
    return -(-abs(stop - start) // abs(step))


def _sign(count: int) -> int:
    return -1 if count < 0 else 1


NUMBERS: dict[str, Function] = table(
    {
        "atoi": (parse_int, "s"),
        "int": (to_int, "v"),
        "int64": (to_int, "v"),
        "float64": (to_float, "v"),
        "add": (_add, "v*"),
        "add1": (lambda value: wrapped(to_int(value) + 1), "v"),
        "sub": (lambda first, second: wrapped(to_int(first) - to_int(second)), "vv"),
        "mul": (_mul, "vv*"),
        "div": (_div, "vv"),
        "mod": (_mod, "vv"),
        "max": (lambda *values: max(map(to_int, values)), "vv*"),
        "min": (lambda *values: min(map(to_int, values)), "vv*"),
        "floor": (_floor, "v"),
        "ceil": (_ceil, "v"),
        "round": (_round, "vif*"),
        "until": (_until, "i", lambda count: ITEM * abs(count)),
        "untilStep": (_until_step, "iii", lambda *bounds: ITEM * _count(*bounds)),
    }
)
