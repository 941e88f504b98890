"""Quantities such as `100m`, `64Mi` or `1e3`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|(n|u|m|k|[MGTPE]|[KMGTPE]i))?", re.ASCII)
_FACTORS = {
    **{suffix: Decimal(10) ** power for suffix, power in {"n": -9, "u": -6, "m": -3, "k": 3}.items()},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("MGTPE", 2)},
    **{suffix + "i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


def parse_quantity(value: object) -> Decimal:
    """Return the value of a quantity, which may be a text or a number; raise ValueError for any other value."""
    match = _FORM.fullmatch(str(value))
    if not match:
        raise ValueError(value)
    number, exponent, suffix = match.groups()
    return Decimal(number + (exponent or "")) * (_FACTORS[suffix] if suffix else 1)


def fitting(request: str, limit: str, *, is_set: tuple[bool, bool]) -> tuple[str, str]:
    """Return request and limit as a container may have them: a request above the limit is that, or the limit is the request,
    whichever nobody has set.
    """
    if parse_quantity(request) > parse_quantity(limit) and not all(is_set):
        return (request, request) if is_set[0] else (limit, limit)
    return request, limit
