"""The rows of HashiCorp's annotations, and the two forms of their fields: one annotation, or one for each NAME."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from vaultkube.settings_table import Row, mapping_field, row_field
from vaultkube.value_types import ValueType

NAME = "NAME"


class Mode(Enum):
    """The modes of a pod that use an annotation."""

    EXEC = "exec"
    """Variables of the program, through our launcher."""
    FILES = "files"
    """Files for the program, from an agent in a container beside it."""
    BOTH = "exec, files"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class AgentAnnotation(Row):
    """The facts about one annotation: `key` follows the prefix; if there is one for `each` NAME, `-NAME` follows it.

    `settings` are the injector's variables for its default. In exec mode it sets the field `sets` of our `Config`, or
    the launcher's `variable`. If exec mode cannot use it, `why` is the reason; if it is also `refused`, the program
    would start in another way than the author means.
    """

    key: str
    mode: Mode
    each: bool = False
    sets: str = ""
    variable: str = ""
    why: str = ""
    refused: bool = False

    def shown_key(self) -> str:
        """Return the key as it is written in documents: `agent-inject-secret-NAME`."""
        return f"{self.key}-{NAME}" if self.each else self.key


def single(
    key: str,
    type: ValueType,
    default: str,
    mode: Mode,
    help: str,
    *,
    setting: str = "",
    sets: str = "",
    variable: str = "",
    why: str = "",
    refused: bool = False,
) -> Any:
    """Return a dataclass field for the annotation `key`; `setting` is the injector's variable for its default."""
    return row_field(
        AgentAnnotation(
            key=key,
            type=type,
            default=default,
            help=help,
            settings=(setting,) if setting else (),
            mode=mode,
            sets=sets,
            variable=variable,
            why=why,
            refused=refused,
        )
    )


def each(
    key: str, type: ValueType, default: str, mode: Mode, help: str, *, why: str = "", refused: bool = False
) -> Any:
    """Return a dataclass field for the annotations `key`-NAME: their values by NAME; `default` is that of each."""
    return mapping_field(
        AgentAnnotation(
            key=key, type=type, default=default, help=help, mode=mode, each=True, why=why, refused=refused
        )
    )
