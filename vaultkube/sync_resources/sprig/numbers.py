"""Sprig's sequences and octal numbers, and its largest and smallest floats."""

from math import copysign
from typing import TYPE_CHECKING

from vaultenv.template.functions import Function
from vaultenv.template.sprig.numbers import NUMBERS, wrapped
from vaultenv.template.types import Int64
from vaultenv.template.values import text
from vaultkube.sync_resources.sprig.decimals import charged_float
from vaultkube.sync_resources.sprig.working import Working

if TYPE_CHECKING:
    from vaultenv.template.work import Work

_OCTAL = "01234567"
_LONGEST_OCTAL = 22
_HALF = 1 << 63


def _seq(work: "Work", *bounds: int) -> str:
    """Return the numbers to an end, from a start to an end, or from a start by steps to an end."""
    if not 1 <= len(bounds) <= 3:
        return ""
    start, end = bounds[0] if len(bounds) > 1 else 1, bounds[-1]
    direction = -1 if end < start else 1
    step = bounds[1] if len(bounds) == 3 else direction
    return " ".join(map(str, NUMBERS["untilStep"]("seq", [start, wrapped(end + direction), step], work)))


def _to_decimal(value: object) -> Int64:
    """Return the number that the octal digits of the value's text are, 0 for any other text."""
    octal = text(value)
    digits = octal[1:] if octal[:1] in ("+", "-") else octal
    if not digits or digits.strip(_OCTAL) or len(digits.lstrip("0")) > _LONGEST_OCTAL:
        return Int64()
    number = -int(digits, 8) if octal.startswith("-") else int(digits, 8)
    return Int64(number if -_HALF <= number < _HALF else 0)


def _largest(first: float, second: float) -> float:
    """Return math.Max: infinity before NaN before all others, and zero before its negative."""
    if float("inf") in (first, second):
        return float("inf")
    if first != first or second != second:
        return float("nan")
    if first == second == 0:
        return first if copysign(1, first) > 0 else second
    return max(first, second)


def _max(work: "Work", first: object, *others: object) -> float:
    largest = charged_float(work, first)
    for other in others:
        largest = _largest(largest, charged_float(work, other))
    return largest


def _min(work: "Work", first: object, *others: object) -> float:
    smallest = charged_float(work, first)
    for other in others:
        smallest = -_largest(-smallest, -charged_float(work, other))
    return smallest


MORE_NUMBERS: dict[str, Function] = {
    "maxf": Working(_max, "aa*"),
    "minf": Working(_min, "aa*"),
    "seq": Working(_seq, "i*"),
    "toDecimal": Function(_to_decimal, "a"),
}
