"""Values of YAML as Go's yaml.v3 reads them, because classes are written for that parser.

PyYAML follows YAML 1.1, in which `yes` is a truth value and `0o600` a text; yaml.v3 follows the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema) with octal numbers of both kinds, and dates.
"""

import re
from datetime import datetime
from math import isinf
from typing import Any

from vaultenv.basics.text import bounded
from vaultkube.provider_class.nodes import Listing, Mapping, Node, NotUsable, Scalar

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
"""Numbers of YAML that JSON does not have."""
_CLOCK = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
_DATE = re.compile(
    rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?:[Tt]{_CLOCK}(Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_CLOCK})?"
)
_LONGEST_NUMBER = 400
_WHOLE = range(-(1 << 63), 1 << 64)
"""Whole numbers within Go's integer range; any other is a float."""
_TAG = "tag:yaml.org,2002:"
_STRING = f"{_TAG}str"
_PLAIN_TAGS = frozenset({"", *(_TAG + name for name in ("int", "float", "bool", "null", "timestamp"))})
_OTHER_TAG = "has a tag of YAML; write the value without it"
_SHOWN = 60


def text_of(node: Node) -> str:
    """Return the text of a scalar of any kind: `yes` and `007` stay as written; raise NotUsable for a tag that may mean another."""
    if not isinstance(node, Scalar):
        raise NotUsable("must be a text")
    if node.tag not in _PLAIN_TAGS and node.tag != _STRING:
        raise NotUsable(_OTHER_TAG)
    return "" if _is_null(node) else node.text


def integer_of(text: str) -> int:
    """Return an integer of any base that Go knows (`0600` and `0o600` are octal); raise ValueError."""
    digits = _without_marks(text)
    if not _INTEGER.fullmatch(digits) or len(text) > _LONGEST_NUMBER:
        raise ValueError
    is_octal = re.match(r"[-+]?0[0-7]", digits)
    return int(digits, 8) if is_octal else int(digits, 0)


def _without_marks(text: str) -> str:
    """Return a number without the underscores among its digits, which may be anywhere but at its begin."""
    return text if text.startswith("_") else text.replace("_", "")


def value_of(node: Node) -> Any:
    """Return the node as a JSON value; raise NotUsable for a tag, a key or a number that JSON does not have."""
    if isinstance(node, Scalar):
        return _scalar(node)
    if isinstance(node, Listing):
        return [value_of(item) for item in node.items]
    return _mapping(node)


def _mapping(node: Mapping) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.pairs:
        name = text_of(key)
        if isinstance(key, Scalar) and _is_null(key):
            raise NotUsable("has null as a key, which is not sent; write a text")
        if name in found:
            raise NotUsable(f"has {bounded(name, _SHOWN)!r} twice")
        found[name] = value_of(value)
    return found


def _scalar(node: Scalar) -> Any:
    text = node.text
    if node.tag == _STRING or (not node.is_plain and not node.tag):
        return text
    if not node.is_plain or node.tag not in _PLAIN_TAGS:
        raise NotUsable(_OTHER_TAG)
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    date = _date(text)
    return _number(text) if date is None else date


def _number(text: str) -> Any:
    """Return the number, or the text if it is no number."""
    if len(text) > _LONGEST_NUMBER:
        if text.isdigit():
            raise NotUsable("has a number that is too large")
        return text
    try:
        number = integer_of(text)
    except ValueError:
        return _float(text)
    return number if number in _WHOLE else _float(text)


def _float(text: str) -> float | str:
    """Return the number, or the text if it is no number."""
    if _NO_NUMBER.fullmatch(text):
        raise NotUsable("has a number that JSON does not have")
    digits = _without_marks(text)
    if not _FLOAT.fullmatch(digits):
        return text
    number = float(digits)
    if isinf(number):
        raise NotUsable("has a number that is too large")
    return number


def _date(text: str) -> str | None:
    """Return a date or time in the form of Go's JSON (RFC 3339), or None for any other text."""
    found = _DATE.fullmatch(text) if text[4:5] == "-" else None
    if not found:
        return None
    year, month, day, *clock, zone, hour, minute, second, fraction = found.groups()
    hour, minute, second, fraction = (
        first or second or "0" for first, second in zip(clock, (hour, minute, second, fraction), strict=True)
    )
    try:
        moment = datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}")
    except ValueError:
        return None
    nanoseconds = fraction[:9].rstrip("0")
    if zone in (None, "+00:00", "-00:00"):
        zone = "Z"
    elif zone != "Z" and not (int(zone[1:3]) < 24 and int(zone[4:]) < 60):
        return None
    return moment.isoformat() + (f".{nanoseconds}" if nanoseconds else "") + zone


def _is_null(node: Scalar) -> bool:
    return node.is_plain and node.tag != _STRING and node.text in _NULL
