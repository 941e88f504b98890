"""Problems of the regular expressions and templates of a spec, found before Vault is read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vaultenv.template.errors import TemplateError, line_and_column
from vaultenv.template.parser import parse_trees, undefined
from vaultenv.template.regex.program import Program, charging
from vaultenv.template.work import Work
from vaultkube.problem import FieldPath, Problem
from vaultkube.sync_resources.destination import Destination, Template, Transformation, TransformationSpec
from vaultkube.sync_resources.functions import FUNCTIONS
from vaultkube.sync_resources.kinds import dotted

if TYPE_CHECKING:
    from vaultenv.template.parser import Trees

_LONGEST_SOURCE = 65_536
_UNITS = 8 << 20
"""Work for all expressions of an object together, which are compiled where the operator watches the objects of everybody."""


def parse_source(source: str) -> "Trees":
    """Return the parse trees of a template with `{{` and `}}`; raise TemplateError."""
    if len(source) > _LONGEST_SOURCE:
        raise TemplateError(f"longer than {_LONGEST_SOURCE} characters", _LONGEST_SOURCE)
    return parse_trees(source, FUNCTIONS, "{{", "}}", undefined)


def pattern_problems(spec: Any, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem for each invalid expression and template of a spec."""
    if isinstance(spec, TransformationSpec):
        yield from _of(spec, path)
        for number, template in enumerate(spec.sources):
            yield from _template(template, (*path, "sourceTemplates", number))
    destination = getattr(spec, "destination", None)
    if isinstance(destination, Destination) and destination.transformation:
        yield from _of(destination.transformation, (*path, "destination", "transformation"))


def _of(spec: TransformationSpec | Transformation, path: FieldPath) -> Iterator[Problem]:
    charge = charging(Work(_UNITS))
    for name, patterns in (("includes", spec.includes), ("excludes", spec.excludes)):
        for number, pattern in enumerate(patterns):
            try:
                Program(pattern, charge)
            except TemplateError as error:
                where = (*path, name, number)
                yield Problem("sync-field", where, f"{dotted(where)}: {error.message}")
    for key, template in spec.templates.items():
        yield from _template(template, (*path, "templates", key))


def _template(template: Template, path: FieldPath) -> Iterator[Problem]:
    try:
        parse_source(template.text)
    except TemplateError as error:
        line, column = line_and_column(template.text, error.at)
        where = (*path, "text")
        yield Problem("sync-field", where, f"{dotted(where)}: line {line}, column {column}: {error.message}")
