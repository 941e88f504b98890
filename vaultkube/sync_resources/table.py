"""Specs as tables: dataclasses whose fields have their rows as metadata, and which may be nested."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from vaultkube.problem import FieldPath, Problem
from vaultkube.provider_class.objects import unknown
from vaultkube.sync_resources.kinds import Kind, dotted, mapped, several

_ITEM = "item"


@dataclass(frozen=True)
class Item:
    """A row: the field's name in the object, its kind and meaning, whether it is required, and its default."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    default: Any = None
    """The default in the form of the object; the API server writes it into objects without the field. None: no default."""
    table: type[Any] | None = None
    """The table of the field's object, or of each object in its list or mapping."""
    field: str = ""
    """The dataclass field, filled in by `items_of`."""


@dataclass(frozen=True)
class Rule:
    """A condition between fields of one object: as CEL for the API server, and as the function `holds` for this program."""

    cel: str
    holds: Callable[[Mapping[str, Any]], bool]
    message: str
    field: str = ""
    """The field that messages name."""


def item(
    name: str,
    kind: Kind,
    help: str,
    *,
    required: bool = False,
    default: Any = None,
    table: type[Any] | None = None,
) -> Any:
    """Return a dataclass field with its row, and with the value of the row's default."""
    row = Item(name, kind, help, required, default, table)
    return field(default_factory=lambda: absent(row), metadata={_ITEM: row})


def group(name: str, table: type[Any], help: str, *, required: bool = False) -> Any:
    """Return a dataclass field that holds one value of another table, or None."""
    return item(name, _kind(table), help, required=required, table=table)


def groups(name: str, table: type[Any], help: str) -> Any:
    """Return a dataclass field that holds a tuple of values of another table."""
    return item(name, several(_kind(table), "objects"), help, table=table)


def group_map(name: str, table: type[Any], help: str) -> Any:
    """Return a dataclass field that holds values of another table by their keys."""
    return item(name, mapped(_kind(table), "objects"), help, table=table)


def items_of(table: type[Any]) -> Iterator[Item]:
    """Yield the rows of a table in the order of its fields."""
    for one in fields(table):
        row = one.metadata.get(_ITEM)
        if isinstance(row, Item):
            yield Item(row.name, row.kind, row.help, row.required, row.default, row.table, one.name)


def absent(row: Item) -> Any:
    """Return the value of an absent field."""
    return row.kind.empty if row.default is None else row.kind.read(row.default, (row.name,), [])


def rules_of(table: type[Any]) -> tuple[Rule, ...]:
    """Return the rules between the fields of a table."""
    rules: tuple[Rule, ...] = getattr(table, "RULES", ())
    return rules


def read_table(table: type[Any], value: Any, path: FieldPath, problems: list[Problem]) -> Any:
    """Return the parsed value of a table, and append its problems; null is an absent field, as for the API server."""
    if not isinstance(value, dict):
        problems.append(Problem("sync-field", path, f"{dotted(path)} is not a mapping"))
        return None
    rows = tuple(items_of(table))
    before = len(problems)
    values = {row.field: _read(row, value.get(row.name), path, problems) for row in rows}
    if len(problems) == before:
        problems += _broken(rules_of(table), value, path)
    problems += _unknown(value, [row.name for row in rows], path)
    return table(**values)


def schema_of(table: type[Any]) -> dict[str, Any]:
    """Return the structural schema of a table, with its rules as validations in CEL."""
    rows = tuple(items_of(table))
    schema: dict[str, Any] = {"type": "object", "properties": {row.name: _schema(row) for row in rows}}
    required = [row.name for row in rows if row.required]
    schema |= {"required": required} if required else {}
    rules = [{"rule": rule.cel, "message": rule.message} for rule in rules_of(table)]
    return schema | ({"x-kubernetes-validations": rules} if rules else {})


def _schema(row: Item) -> dict[str, Any]:
    default = {} if row.default is None else {"default": row.default}
    return {"description": row.help, **row.kind.schema, **default}


def _read(row: Item, value: Any, path: FieldPath, problems: list[Problem]) -> Any:
    if value is not None:
        return row.kind.read(value, (*path, row.name), problems)
    if row.required:
        problems.append(Problem("sync-field", path, f"{dotted((*path, row.name))} is missing: {row.help}"))
    return absent(row)


def _broken(rules: Iterable[Rule], value: Mapping[str, Any], path: FieldPath) -> Iterator[Problem]:
    present = {key: each for key, each in value.items() if each is not None}
    for rule in rules:
        if not rule.holds(present):
            where = (*path, rule.field) if rule.field else path
            yield Problem("sync-field", where, f"{dotted(path)}: {rule.message}")


def _unknown(value: Mapping[str, Any], known: list[str], path: FieldPath) -> Iterator[Problem]:
    for name in value:
        if name not in known:
            what = f"a field of {dotted(path)}"
            yield Problem("sync-unknown", (*path, name), f"{unknown(str(name), known, what)}; it is ignored")


def _kind(table: type[Any]) -> Kind:
    def read(value: Any, path: FieldPath, problems: list[Problem]) -> Any:
        return read_table(table, value, path, problems)

    return Kind("an object", schema_of(table), read)
