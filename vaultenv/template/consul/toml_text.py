"""`toTOML`: values as github.com/BurntSushi/toml writes them."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.template.consul.numbers import float_of, int64_of
from vaultenv.template.errors import TemplateError
from vaultenv.template.types import AnyMap, NilList, NilMap, NilPointer, NilStrings, Struct
from vaultenv.template.values import float_text, kind, ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Key = tuple[str, ...]

_ESCAPES = str.maketrans(
    {
        **{chr(code): f"\\u{code:04x}" for code in (*range(0x20), 0x7F)},
        '"': '\\"',
        "\\": "\\\\",
        "\b": "\\b",
        "\t": "\\t",
        "\n": "\\n",
        "\f": "\\f",
        "\r": "\\r",
    }
)


def toml_text(value: Any) -> str:
    """Return the value as a TOML document, without blanks around it; raise TemplateError for a value that TOML cannot hold."""
    if value is None:
        raise TemplateError("nil is no document")
    return _Writer().document(value).strip()


class _Writer:
    def __init__(self) -> None:
        self._out: list[str] = []

    def document(self, value: Any) -> str:
        self._encode((), value)
        return "".join(self._out)

    def _newline(self) -> None:
        self._out += "\n" if self._out else ""

    def _encode(self, key: Key, value: Any) -> None:
        if _is_nil(value):
            return
        if isinstance(value, (dict, Struct)):
            self._table(key, value)
        elif _is_array_of_tables(value):
            self._array_of_tables(key, value)
        elif key:
            self._out.append(f"{_indent(key)}{_key(key[-1])} = {_element(value)}")
            self._newline()
        else:
            self._out.append(_element(value))

    def _table(self, key: Key, value: dict[str, Any] | Struct) -> None:
        if len(key) == 1:
            self._newline()
        if key:
            self._out.append(f"{_indent(key)}[{_dotted(key)}]")
            self._newline()
        self._pairs(key, value)

    def _array_of_tables(self, key: Key, value: list[Any]) -> None:
        if not key:
            raise TemplateError("a list of maps needs a key")
        for table in value:
            if not _is_nil(table):
                self._newline()
                self._out.append(f"{_indent(key)}[[{_dotted(key)}]]")
                self._newline()
                self._pairs(key, table)

    def _pairs(self, key: Key, value: dict[str, Any] | Struct) -> None:
        for name, item in _direct_first(value):
            self._encode((*key, name), item)


def _direct_first(value: dict[str, Any] | Struct) -> Iterator[tuple[str, Any]]:
    """Yield the pairs of a map or struct, tables last."""
    if isinstance(value, AnyMap):
        raise TemplateError("keys must be text, but parseYAML returned another type")
    pairs = (
        list(value.fields.items())
        if isinstance(value, Struct)
        else [(key, value[key]) for key in ordered(value)]
    )
    yield from (pair for pair in pairs if not _is_table(pair[1]))
    yield from (pair for pair in pairs if _is_table(pair[1]))


def _is_nil(value: object) -> bool:
    return value is None or isinstance(value, (NilList, NilMap, NilPointer, NilStrings))


def _is_table(value: object) -> bool:
    return not _is_nil(value) and (isinstance(value, (dict, Struct)) or _is_array_of_tables(value))


def _is_array_of_tables(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if any(map(_is_nil, value)):
        raise TemplateError("a list cannot hold nil")
    return all([isinstance(item, (dict, Struct)) or (_is_array_of_tables(item) and False) for item in value])


def _indent(key: Key) -> str:
    return "  " * (len(key) - 1)


def _dotted(key: Key) -> str:
    return ".".join(map(_key, key))


def _key(name: str) -> str:
    if name and all(char in "-_" or (char.isascii() and char.isalnum()) for char in name):
        return name
    return _quoted(name)


def _quoted(value: str) -> str:
    return '"' + value.translate(_ESCAPES) + '"'


def _element(value: Any) -> str:
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list):
        return "[" + ", ".join([_element(item) for item in value]) + "]"
    if isinstance(value, (dict, Struct)):
        return "{" + "".join(_inline(list(_direct_first(value)))) + "}"
    raise TemplateError(f"a value of type {kind(value)} has no form")


def _inline(pairs: list[tuple[str, Any]]) -> Iterator[str]:
    """Yield the pairs that are not nil, each with a comma unless it is the last of all pairs, nil ones included."""
    for place, (name, item) in enumerate(pairs, 1):
        if not _is_nil(item):
            yield f"{_key(name)} = {_element(item)}" + (", " if place < len(pairs) else "")


def _number(value: Number) -> str:
    integer = int64_of(value)
    return _float(float_of(value)) if integer is None else str(integer)


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return float_text(value).lower().lstrip("+")
    plain = float_text(value, smallest=-400, largest=400)
    return plain if "." in plain else plain + ".0"
