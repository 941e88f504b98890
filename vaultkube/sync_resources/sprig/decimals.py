"""Sprig's arithmetic of floats, which is that of decimal numbers (https://pkg.go.dev/github.com/shopspring/decimal)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function
from vaultenv.template.sprig.numbers import to_float
from vaultenv.template.values import ITEM, decimal
from vaultkube.sync_resources.sprig.working import UNITS_PER_CHARACTER, Working

if TYPE_CHECKING:
    from vaultenv.template.work import Work

_PLACES = 16
"""Digits after the point of a quotient."""
_LARGEST, _SMALLEST = 330, -360
"""Powers of ten out of the range of floats."""
_DIGITS_PER_BIT = 0.30103


class _Decimal(NamedTuple):
    """`digits`, a whole number with a sign, by ten to the power of `exponent`."""

    digits: int
    exponent: int


def charged_float(work: "Work", value: object) -> float:
    """Return cast.ToFloat64 of a value, whose characters are read one by one."""
    work.charge(UNITS_PER_CHARACTER * len(value) if isinstance(value, str) else ITEM)
    return to_float(value)


def _decimal(work: "Work", value: object) -> _Decimal:
    number = charged_float(work, value)
    if number - number != 0:
        raise TemplateError("NaN and infinity have no decimal number")
    sign, digits, exponent = decimal(number)
    return _Decimal(int(sign + digits), exponent - len(digits) + 1)


def _float(number: _Decimal) -> float:
    """Return the nearest float, infinity for a number out of range."""
    digits, exponent = number
    magnitude = digits.bit_length() * _DIGITS_PER_BIT + exponent
    if not digits or magnitude < _SMALLEST:
        return -0.0 if digits < 0 else 0.0
    try:
        if magnitude > _LARGEST:
            raise OverflowError
        return digits / 10**-exponent if exponent < 0 else float(digits * 10**exponent)
    except OverflowError:
        return float("-inf") if digits < 0 else float("inf")


def _added(first: _Decimal, second: _Decimal) -> _Decimal:
    exponent = min(first.exponent, second.exponent)
    digits = [each.digits * 10 ** (each.exponent - exponent) for each in (first, second)]
    return _Decimal(sum(digits), exponent)


def _subtracted(first: _Decimal, second: _Decimal) -> _Decimal:
    return _added(first, _Decimal(-second.digits, second.exponent))


def _multiplied(first: _Decimal, second: _Decimal) -> _Decimal:
    return _Decimal(first.digits * second.digits, first.exponent + second.exponent)


def _divided(first: _Decimal, second: _Decimal) -> _Decimal:
    """Return the quotient, its last place rounded away from zero from a half on."""
    if not second.digits:
        raise TemplateError("decimal division by 0")
    shift = first.exponent - second.exponent + _PLACES
    dividend = abs(first.digits) * 10 ** max(shift, 0)
    divisor = abs(second.digits) * 10 ** max(-shift, 0)
    quotient = (2 * dividend + divisor) // (2 * divisor)
    return _Decimal(-quotient if (first.digits < 0) != (second.digits < 0) else quotient, -_PLACES)


def _calculated(
    change: Callable[[_Decimal, _Decimal], _Decimal], work: "Work", first: object, *others: object
) -> float:
    number = _decimal(work, first)
    for other in others:
        operand = _decimal(work, other)
        work.charge(ITEM * 2 + number.digits.bit_length() + abs(number.exponent - operand.exponent))
        number = change(number, operand)
    work.charge(abs(number.exponent) + number.digits.bit_length())
    return _float(number)


def _on_decimals(change: Callable[[_Decimal, _Decimal], _Decimal], parameters: str) -> Working:
    return Working(lambda work, *values: _calculated(change, work, *values), parameters)


DECIMALS: dict[str, Function] = {
    "add1f": Working(lambda work, value: _calculated(_added, work, value, 1), "a"),
    "addf": Working(lambda work, *values: _calculated(_added, work, 0.0, *values), "a*"),
    "divf": _on_decimals(_divided, "aa*"),
    "mulf": _on_decimals(_multiplied, "aa*"),
    "subf": _on_decimals(_subtracted, "aa*"),
}
