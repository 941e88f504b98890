"""The configuration of one object, parsed from annotations and the operator's settings by the table of annotations."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from vaultenv.errors import InvalidSetting
from vaultenv.variables import VARIABLES
from vaultkube import value_types
from vaultkube.kept.values import ANNOTATION as KEPT_REFERENCES
from vaultkube.problem import Problem
from vaultkube.settings_table import read_table
from webhook.config.annotation_keys import IMAGE_DIGESTS, PREFIX, PREFIXES, SUCCESSOR_PREFIX, annotation_path
from webhook.config.annotation_table import ANNOTATIONS as ANNOTATIONS
from webhook.config.annotation_table import OBJECTS as OBJECTS
from webhook.config.annotation_table import PODS as PODS
from webhook.config.annotation_table import Config as Config
from webhook.config.unsupported import unsupported_keys

_POSITIONS = {key: position for position, row in enumerate(ANNOTATIONS) for key in row.full_keys()}
_WRITTEN = (IMAGE_DIGESTS, KEPT_REFERENCES)
_SUGGESTIONS = 10
_CLOSE = 0.85
"""The least similarity for a suggestion: one letter of a short key may differ; a word in common is not enough."""
TEMPLATES_VARIABLE = "VAULT_ENV_TEMPLATES"
_LAUNCHER_PARSERS = {row.name: row.parse for row in VARIABLES if row.parse}
_SEE = "; see docs/annotations.md"
_ALWAYS_CARRIED = frozenset(["address", "role", "path", "auth_method", "skip_verify"])
_CARRIED = tuple(
    (row.field, row.variable, row.field in _ALWAYS_CARRIED) for row in ANNOTATIONS if row.variable
)


Defaults = Mapping[str, Any]


def read_defaults(environ: Mapping[str, str]) -> Defaults:
    """Return the value of each field without annotations; raise InvalidSetting, which names every unusable variable."""
    return read_table(ANNOTATIONS, environ)


def parse_config(annotations: Mapping[str, str], defaults: Defaults) -> tuple[Config, list[Problem]]:
    """Return the configuration, with defaults instead of unusable values, and a problem for each of those."""
    values = dict(defaults)
    annotated = {}
    problems = []
    for position in sorted({_POSITIONS[key] for key in annotations.keys() & _POSITIONS.keys()}):
        row = ANNOTATIONS[position]
        key = next(key for key in row.full_keys() if key in annotations)
        try:
            value = row.type.parse(annotations[key])
            check_start(row.variable, value)
            values[row.field] = value
        except ValueError:
            message = f"annotation {key}: {annotations[key]!r} is not {row.type.accepted}"
            problems.append(Problem("annotation-value", annotation_path(key), message))
        except InvalidSetting as error:
            message = f"annotation {key}: vault-env cannot start with it: {error}"
            problems.append(Problem("annotation-value", annotation_path(key), message))
        annotated[row.field] = key
    return Config(**values, annotated=annotated), problems


def check_start(variable: str, value: object) -> None:
    """Raise InvalidSetting if the launcher cannot start with the value in this variable."""
    parse = _LAUNCHER_PARSERS.get(variable)
    if value and parse:
        parse(variable, _text(value))


def find_unknown(annotations: Mapping[str, str]) -> list[Problem]:
    """Return a warning for each annotation with one of our prefixes that is in no row of the table."""
    ours = (key for key in annotations if key.startswith(PREFIXES))
    unknown = sorted(
        key for key in ours if key not in _POSITIONS and key not in _WRITTEN and key not in unsupported_keys()
    )
    return [
        Problem(
            "annotation-unknown",
            annotation_path(key),
            f"unknown annotation {key}{_suggestion(key) if place < _SUGGESTIONS else _SEE}",
        )
        for place, key in enumerate(unknown)
    ]


def container_variables(config: Config, from_path: str) -> dict[str, str]:
    """Return the variables that pass `config` to the launcher in a container, in the table's order, without defaults.

    `from_path` is that container's part of `config.from_path`. The address and the login are always among them, so that
    a variable of the pod cannot redirect the launcher, and an annotation with `false` is, so that it wins over one.
    """
    variables: dict[str, str] = {}
    for field, variable, always in _CARRIED:
        value = from_path if field == "from_path" else getattr(config, field)
        if value or always or (value is False and field in config.annotated):
            variables[variable] = _text(value)
    if config.sources:
        variables[TEMPLATES_VARIABLE] = config.templates
    variables.update(config.variables)
    return variables


def _suggestion(key: str) -> str:
    prefix = PREFIX if key.startswith(PREFIX) else SUCCESSOR_PREFIX
    known = sorted(
        other.removeprefix(prefix)
        for row in ANNOTATIONS
        for other in row.full_keys()
        if other.startswith(prefix)
    )
    name = key.removeprefix(prefix)
    variable = name.upper().replace("-", "_")
    meant = next((row.key for row in ANNOTATIONS if name == row.successor or variable == row.variable), "")
    if meant:
        return f"; did you mean {prefix}{meant}?"
    if variable in _LAUNCHER_PARSERS:
        return f"; set the variable {variable} in the container instead"
    close = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
    return f"; did you mean {prefix}{close[0]}?" if close else _SEE


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: str(value).lower(),
    float: value_types.duration_text,
}


def _text(value: object) -> str:
    return value if isinstance(value, str) else _TEXTS.get(type(value), str)(value)
