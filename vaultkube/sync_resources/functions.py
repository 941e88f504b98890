"""Template functions of custom objects: those of `${ … }`, further ones of Sprig, and their `must` names in Sprig."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vaultenv.template.functions import Tables
from vaultenv.template.sprig import TABLES
from vaultkube.sync_resources.sprig import FURTHER

if TYPE_CHECKING:
    from vaultenv.template.functions import Function

_TWICE = (
    "append chunk compact deepCopy first has initial last merge mergeOverwrite prepend push rest reverse slice "
    "toJson toPrettyJson toRawJson uniq without"
)


def _named_must(name: str) -> str:
    return f"must{name[0].upper()}{name[1:]}"


def _must() -> "Mapping[str, Function]":
    """Return the functions under Sprig's second, `must` names; here those with the first name raise errors too."""
    plain = Tables(TABLES, FURTHER)
    return {_named_must(name): plain[name] for name in _TWICE.split()}


FUNCTIONS = Tables((*TABLES, (_must, " ".join(map(_named_must, _TWICE.split())))), FURTHER)
