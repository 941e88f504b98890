"""The templates of `${ … }` keys: checked when a reference is parsed, evaluated on its secret."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError, without_value
from vaultenv.template.evaluate import evaluate
from vaultenv.template.parser import parse_template
from vaultenv.template.sprig import FUNCTIONS
from vaultenv.template.work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ("TemplateError", "Work", "check", "render")

_CHANGING = ("set", "merge")
"""Words in the names of functions that change a map (also `unset`, `mergeOverwrite`); other templates change none."""
_LONGEST_SOURCE = 65_536
_UNITS_PER_CHARACTER = 4
"""Units of work for each character of a parsed source."""


def check(source: str) -> None:
    """Raise TemplateError if the template cannot be parsed."""
    if len(source) > _LONGEST_SOURCE:
        raise TemplateError(f"longer than {_LONGEST_SOURCE} characters", _LONGEST_SOURCE)
    parse_template(source, FUNCTIONS)


def render(source: str, fields: Mapping[str, Any], work: Work | None = None) -> str:
    """Return the output of the template for a secret's fields; raise TemplateError, also when `work` is used up."""
    work = Work() if work is None else work
    work.charge(_UNITS_PER_CHARACTER * len(source))
    data = dict(fields)
    if any(name in source for name in _CHANGING):
        from vaultenv.template.sprig.dicts import copied

        work.charge_value(data)
        data = copied(data)
    try:
        return evaluate(parse_template(source, FUNCTIONS), data, FUNCTIONS, work)
    except TemplateError as error:
        raise without_value(error, source) from None
