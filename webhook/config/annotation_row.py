"""The row of an annotation: a field of a dataclass with its key, type, default, variables and help."""

from dataclasses import dataclass
from typing import Any

from vaultkube.settings_table import Row, row_field
from vaultkube.value_types import ValueType
from webhook.config.annotation_keys import spellings

PODS = "pods"
OBJECTS = "objects"
BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Annotation(Row):
    """The facts about one annotation: `key` follows the prefix, `scope` says which objects may have it.

    `settings` are the operator's variables that replace the default; `variable` is the container's variable that
    carries the value; `successor` is the key behind the successor's prefix where that differs.
    """

    key: str
    scope: str
    variable: str
    successor: str

    def full_keys(self) -> tuple[str, ...]:
        """Return the full keys that are read, the one with precedence first."""
        return spellings(self.key, self.successor)


def annotation(
    key: str,
    type: ValueType,
    default: str,
    *,
    help: str,
    scope: str = PODS,
    setting: str = "",
    variable: str = "",
    successor: str = "",
    injector: str = "",
) -> Any:
    """Return a dataclass field for the annotation `key`.

    A renamed key's variable can also be set under the successor's name. `injector` is the variable of HashiCorp's
    injector with the same meaning.
    """
    renamed = successor.upper().replace("-", "_")
    settings = tuple(filter(None, (setting, renamed, injector))) if setting else ()
    return row_field(
        Annotation(
            key=key,
            type=type,
            default=default,
            help=help,
            scope=scope,
            settings=settings,
            variable=variable,
            successor=successor,
        )
    )
