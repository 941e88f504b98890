"""Settings as fields of a frozen dataclass: each field has its row as metadata, and one reader fills the fields.

    @dataclass(frozen=True)
    class Settings:
        workers: int = setting("WORKERS", COUNT, "2", help="worker processes")

    Settings(**read_table(rows_of(Settings, Row), os.environ))

The documentation is made from the same rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from vaultkube.errors import InvalidSetting
from vaultkube.value_types import ValueType

_ROW = "row"


@dataclass(frozen=True, kw_only=True)
class Row:
    """The facts about one setting; `settings` are its environment variables, of which the first that is set wins."""

    type: ValueType
    default: str
    help: str
    settings: tuple[str, ...] = ()
    field: str = ""
    """The dataclass field, filled in by `rows_of`."""

    @property
    def described(self) -> str:
        """The purpose with the default, as the help of a command prints it."""
        return f"{self.help} (default: {self.default})" if self.default else self.help


RowType = TypeVar("RowType", bound=Row)


def setting(name: str, type: ValueType, default: str, *, help: str, also: str = "") -> Any:
    """Return a dataclass field for the environment variable `name`; without the variable it has the default's value.

    `also` is another name for it, which is read if `name` is not set.
    """
    names = (name, also) if also else (name,)
    return row_field(Row(type=type, default=default, help=help, settings=names))


def row_field(row: Row) -> Any:
    """Return a dataclass field with the row `row`, and with the value of the row's default."""
    return field(default=row.type.parse(row.default), metadata={_ROW: row})


def mapping_field(row: Row) -> Any:
    """Return a dataclass field for a mapping, empty by default; `row` has the type of each of its values."""
    return field(default_factory=dict, metadata={_ROW: row})


def rows_of(table: type[Any], kind: type[RowType]) -> tuple[RowType, ...]:
    """Return the rows of a dataclass in the order of its fields."""
    return tuple(
        replace(row, field=one.name)
        for one in fields(table)
        if isinstance(row := one.metadata.get(_ROW), kind)
    )


def read_table(
    rows: Iterable[Row], environ: Mapping[str, str], problems: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the value of each row's field; raise InvalidSetting with `problems` and every unusable variable.

    Blanks around a text are stripped, and a blank text counts as not set: no setting is a secret or free text in which
    they could have a meaning, while a value from a file or a template often ends with a line break.
    """
    values: dict[str, Any] = {}
    problems = list(problems)
    for row in rows:
        texts = ((name, environ.get(name, "").strip()) for name in row.settings)
        name, text = next(((name, text) for name, text in texts if text), ("", row.default))
        try:
            values[row.field] = row.type.parse(text)
        except ValueError:
            problems.append(f"{name}={text!r} is not {row.type.accepted}")
    if problems:
        raise InvalidSetting("; ".join(problems))
    return values
