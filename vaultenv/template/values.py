"""Values as Go sees them: truth, comparison and printing (`%v` of package fmt, https://pkg.go.dev/fmt).

JSON gives str, `Number` (a str, as Go's json.Number is), bool, None, list and dict; literals and functions
add int and float.
"""

from __future__ import annotations

from vaultenv.template.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ITEM = 64
"""Weight of an item of a list or map beside its own: about the bytes that it takes."""
_SCALAR = 32


class TooHeavy(Exception):
    """A value weighs more than it may."""


def weight(value: object, most: int) -> int:
    """Return the characters of the value plus ITEM for each item, nested ones included.

    Raise TooHeavy as soon as that is more than `most`: a list may hold the same list more than once. The text of a
    value is never longer than its weight.
    """
    if isinstance(value, str):
        total = len(value)
    elif isinstance(value, (list, dict)):
        total = top_weight(value)
    else:
        total = _SCALAR
    if total > most:
        raise TooHeavy
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            total += weight(item, most - total)
    return total


def piecewise(value: str, change: Callable[[str], str], length: int = 4000) -> str:
    """Return the changed pieces of a text as one text: what `change` needs for each character is freed in between."""
    if len(value) <= length:
        return change(value)
    return "".join([change(value[start : start + length]) for start in range(0, len(value), length)])


def top_weight(value: list[Any] | dict[str, Any]) -> int:
    """Return the weight of a list or map without what its items weigh themselves."""
    return ITEM * len(value) + (sum(map(len, value)) if isinstance(value, dict) else 0)


def truth(value: object) -> bool:
    """Return Go's template.IsTrue: false are false, 0, nil and everything empty."""
    return bool(value)


def kind(value: object) -> str:
    """Return the name of the value's type in Go's messages."""
    if value is None:
        return "<nil>"
    names = ((bool, "bool"), (str, "string"), (int, "int"), (float, "float64"), (list, "[]interface {}"))
    return next((name for type_, name in names if isinstance(value, type_)), "map[string]interface {}")


def printed(value: object) -> str:
    """Return the text that an action prints: `%v`, with `<no value>` for nil."""
    return "<no value>" if value is None else text(value)


def text(value: object) -> str:
    """Return the value as `%v` prints it."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{text(value[key])}" for key in ordered(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(text, value)) + "]"
    return str(value)


def ordered(value: dict[str, Any]) -> list[str]:
    """Return the keys in the order of their UTF-8 bytes, in which Go prints and ranges over maps."""
    return sorted(value, key=lambda key: key.encode("utf-8", "surrogatepass"))


def float_text(value: float, smallest: int = -4, largest: int = 6) -> str:
    """Return the shortest text of a float, with an exponent below `smallest` and from `largest` on (strconv,
    format g).
    """
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN" if value != value else ("+Inf" if value > 0 else "-Inf")
    sign, digits, exponent = decimal(value)
    if exponent < smallest or exponent >= largest:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return sign + whole + (f".{fraction}" if fraction else "")


def decimal(value: float) -> tuple[str, str, int]:
    """Return the sign, the shortest significant digits without trailing zeros, and the exponent of the first digit."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign, "0", 0
    leading = len(whole + fraction) - len(digits)
    return sign, digits.rstrip("0") or "0", int(exponent or 0) + len(whole) - leading - 1


_COMPARABLE = {"bool": "bool", "string": "string", "int": "int", "float64": "float"}


def equal(first: object, second: object) -> bool:
    """Return Go's `eq` of two values; raise TemplateError for types that it cannot compare."""
    if first is None or second is None:
        return first is second
    one, other = _COMPARABLE.get(kind(first)), _COMPARABLE.get(kind(second))
    if one is None or other is None:
        raise TemplateError("non-comparable type")
    if one != other:
        raise TemplateError("incompatible types for comparison")
    return first == second


def less(first: Any, second: Any) -> bool:
    """Return Go's `lt` of two values; raise TemplateError for types without an order."""
    one, other = _COMPARABLE.get(kind(first)), _COMPARABLE.get(kind(second))
    if one is None or other is None or one == "bool" or other == "bool":
        raise TemplateError("invalid type for comparison")
    if one != other:
        raise TemplateError("incompatible types for comparison")
    if one == "string":
        return bool(
            str(first).encode("utf-8", "surrogatepass") < str(second).encode("utf-8", "surrogatepass")
        )
    return bool(first < second)
