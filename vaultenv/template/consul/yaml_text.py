"""`toYAML`: values as gopkg.in/yaml.v2 writes them."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.template.consul.numbers import float_of, int64_of, signed
from vaultenv.template.consul.yaml_forms import ONE_LINE, has_break, scalar
from vaultenv.template.errors import TemplateError
from vaultenv.template.types import NilPointer, Struct
from vaultenv.template.values import float_text, kind, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COUNTED_DIGITS = 64
"""Digits before them are multiples of two to the power of 64, and so zero in an integer of 64 bits."""
_LONGEST_KEY = 128
"""Most bytes of a key in the line of its value."""


def yaml_text(value: Any) -> str:
    """Return the value as a YAML document, without blanks around it; raise TemplateError for a value that YAML cannot hold."""
    return _node(value, 0, 0, "").strip()


def _node(value: Any, indent: int, column: int, before: str) -> str:
    """Return a value after `before` in its line, which is empty at the start of a document or after `- `, else a blank.

    It begins at a column, its further lines at `indent`.
    """
    if isinstance(value, (dict, Struct)):
        pairs = _pairs(value)
        return _below(_mapping(pairs, indent), indent, before) if pairs else before + "{}\n"
    if isinstance(value, list):
        return _below(_sequence(value, indent), indent, before) if value else before + "[]\n"
    return before + _scalar(value, indent, column) + "\n"


def _below(block: str, indent: int, before: str) -> str:
    """Return a block in the lines below a key, or in the line itself."""
    return f"\n{' ' * indent}{block}" if before else block


def _pairs(value: dict[Any, Any] | Struct) -> list[tuple[Any, Any]]:
    if isinstance(value, Struct):
        return [(name.lower(), field) for name, field in value.fields.items()]
    return [(key, value[key]) for key in sorted(value, key=_Rank)]


def _mapping(pairs: list[tuple[Any, Any]], indent: int) -> str:
    return (" " * indent).join([_pair(key, value, indent) for key, value in pairs])


def _pair(key: Any, value: Any, indent: int) -> str:
    inner = indent + 2
    if isinstance(key, str) and (has_break(key) or len(raw(key)) > _LONGEST_KEY):
        return f"? {_scalar(key, inner, inner)}\n{' ' * indent}: {_node(value, inner, inner, '')}"
    shown = _scalar(key, inner, ONE_LINE)
    return f"{shown}:{_node(value, _value_indent(value, indent), inner + len(shown), ' ')}"


def _value_indent(value: Any, indent: int) -> int:
    """Return the indentation of a value: a list has that of its key, any other value two more."""
    return indent if isinstance(value, list) else indent + 2


def _sequence(items: list[Any], indent: int) -> str:
    return (" " * indent).join([f"- {_node(item, indent + 2, indent + 2, '')}" for item in items])


def _scalar(value: Any, indent: int, column: int) -> str:
    if value is None or isinstance(value, NilPointer):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, str):
        return scalar(value, indent, column)
    if isinstance(value, float):
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(float_text(value)) or float_text(value)
    if isinstance(value, int):
        return str(int(value))
    raise TemplateError(f"a value of type {kind(value)} has no form")


def _number(value: Number) -> str:
    """Return an integer of 64 bits, a float, or the text of a number that is neither."""
    integer = int64_of(value)
    try:
        return float_text(float_of(value)) if integer is None else str(integer)
    except TemplateError:
        return scalar(str(value), 0, ONE_LINE)


class _Rank:
    """The sort order of a key: numbers in texts are compared as numbers, letters follow other characters."""

    __slots__ = ("_key",)

    def __init__(self, key: Any) -> None:
        self._key = key

    def __lt__(self, other: _Rank) -> bool:
        one, another = self._key, other._key
        if isinstance(one, (bool, int, float)) and isinstance(another, (bool, int, float)):
            return (float(one), _order(one)) < (float(another), _order(another))
        if not (isinstance(one, str) and isinstance(another, str)):
            return _order(one) < _order(another)
        return _is_before(one, another)


def _order(key: object) -> int:
    """Return the rank of the key's type among Go's kinds."""
    types: tuple[Any, ...] = (bool, int, float, type(None), (list, dict), str)
    return next((place for place, type_ in enumerate(types) if isinstance(key, type_)), len(types))


def _is_before(one: str, other: str) -> bool:
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a == b:
            continue
        if a.isalpha() or b.isalpha():
            return a < b if a.isalpha() and b.isalpha() else b.isalpha()
        return _number_before(one, other, place)
    return len(one) < len(other)


def _number_before(one: str, other: str, place: int) -> bool:
    head = 0
    if "0" in (one[place], other[place]):
        before = place - 1
        while before >= 0 and one[before].isdecimal():
            if one[before] != "0":
                head = 1
                break
            before -= 1
    (a, a_end), (b, b_end) = _digits(one, place, head), _digits(other, place, head)
    if a != b:
        return a < b
    return a_end < b_end if a_end != b_end else one[place] < other[place]


def _digits(text: str, place: int, head: int) -> tuple[int, int]:
    end = place
    while end < len(text) and text[end].isdecimal():
        end += 1
    return signed(int(f"{head}{text[place:end]}"[-_COUNTED_DIGITS:])), end
