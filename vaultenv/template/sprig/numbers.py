"""Sprig's arithmetic: everything is cast to a 64-bit integer first, other values to 0."""

from __future__ import annotations

import sys

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.values import ITEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WORD = 1 << 64
_HALF = 1 << 63


def wrapped(value: int) -> int:
    """Return the integer as 64 bits hold it."""
    return (value + _HALF) % _WORD - _HALF


def to_int(value: Any) -> int:
    """Cast as cast.ToInt64: text in Go's integer syntax, floats cut, booleans as 0 and 1, all else 0."""
    if isinstance(value, float):
        return wrapped(int(value)) if abs(value) < sys.float_info.max else 0
    if isinstance(value, int):
        return int(value)
    return _parsed(value) if isinstance(value, str) else 0


def _parsed(value: str) -> int:
    whole, point, fraction = value.partition(".")
    plain = whole if point and not fraction.strip("0") else value
    digits = plain.lstrip("+-")
    if len(plain) - len(digits) > 1 or not digits.isalnum():
        return 0
    try:
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        number = int(digits, 8) if octal else int(digits, 0)
    except ValueError:
        return 0
    number = -number if plain.startswith("-") else number
    return number if -_HALF <= number < _HALF else 0


def to_float(value: Any) -> float:
    """Cast as cast.ToFloat64."""
    try:
        return float(value) if isinstance(value, (str, int, float)) else 0.0
    except ValueError:
        return 0.0


def _atoi(value: str) -> int:
    digits = value[1:] if value[:1] in ("+", "-") else value
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return 0
    return int(value)


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


def _floor(value: object) -> float:
    number = to_float(value)
    cut = float(int(number)) if abs(number) < 1 << 53 else number
    return cut - 1 if cut > number else cut


def _round(value: object, places: int) -> float:
    """Round half away from zero."""
    scale = 10.0 ** min(max(places, -300), 300)
    scaled = to_float(value) * scale
    cut = _floor(abs(scaled))
    rounded = cut + 1 if abs(scaled) - cut >= 0.5 else cut
    return (rounded if scaled >= 0 else -rounded) / scale


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
        "atoi": (_atoi, "s"),
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
        "ceil": (lambda value: -_floor(-to_float(value)), "v"),
        "round": (_round, "vi"),
        "until": (_until, "i", lambda count: ITEM * abs(count)),
        "untilStep": (_until_step, "iii", lambda *bounds: ITEM * _count(*bounds)),
    }
)
