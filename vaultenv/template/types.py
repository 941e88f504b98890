"""Go's types that Python lacks: subclasses of Python's types, each for one of Go's.

Values from JSON are str, `Number` (a str, like Go's json.Number), bool, None, list and dict; literals and functions add
int and float.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class _Absent:
    """No value: a missing key, or a nil after a pipeline. It differs from nil only in its fields."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


class Int64(int):
    """An int64; a plain int is Go's int."""


class Uint64(int):
    """A uint64."""


class Uint8(int):
    """A byte, such as the result of an index into a string."""


class Strings(list[str]):
    """A []string; a plain list is an []interface {}."""


class StringMap(dict[str, str]):
    """A map[string]string; a plain dict is a map[string]interface {}."""


class AnyMap(dict[object, object]):
    """A map[interface {}]interface {}, such as a map from YAML."""


class NilMap(dict[str, object]):
    """A nil map[string]interface {}."""


class NilList(list[object]):
    """A nil []interface {}."""


class NilStrings(Strings):
    """A nil []string."""


class Struct:
    """A struct with its fields and methods, by name; with `is_pointer` Go has a pointer to it."""

    __slots__ = ("fields", "is_pointer", "methods", "name")

    def __init__(
        self,
        name: str,
        fields: Mapping[str, Any],
        methods: Mapping[str, Any] | None = None,
        is_pointer: bool = True,
    ) -> None:
        self.name = name
        self.fields = fields
        self.methods = {} if methods is None else methods
        self.is_pointer = is_pointer


class NilPointer:
    """A nil pointer to a struct; `name` is that of the struct's type."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __bool__(self) -> bool:
        return False


class Opaque:
    """A value of Go that has no text; `name` is that of its type."""

    __slots__ = ()
    name = ""
