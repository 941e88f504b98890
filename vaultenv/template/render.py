"""The templates of `${ … }` keys: checked when a reference is parsed, evaluated on its secret."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.evaluate import evaluate
from vaultenv.template.parser import parse_template
from vaultenv.template.sprig import FUNCTIONS
from vaultenv.template.sprig.dicts import copied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ("TemplateError", "check", "render")


def check(source: str) -> None:
    """Raise TemplateError if the template cannot be parsed."""
    parse_template(source, FUNCTIONS)


def render(source: str, fields: Mapping[str, Any]) -> str:
    """Return the output of the template for a secret's fields; raise TemplateError."""
    return evaluate(parse_template(source, FUNCTIONS), copied(dict(fields)), FUNCTIONS)
