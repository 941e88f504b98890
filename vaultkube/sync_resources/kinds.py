"""Kinds of values in a spec: the accepted values, the schema by which the API server refuses others, and the parser."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vaultenv.basics.duration import seconds
from vaultenv.basics.text import bounded
from vaultenv.variable_types import CONNECTION_HEADERS
from vaultkube.problem import FieldPath, Problem

RULE = "sync-field"
"""The rule of problems that make a spec unusable; those of the rule `sync-unknown` are fields that are ignored."""

_SHOWN = 60
_DURATION = r"^([0-9]{1,9}|([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h|d))+)$"
_LARGEST = (1 << 31) - 1
_MOST_WRONG = 100
"""Headers with a problem each; the API server lets through as many as an object can hold."""


@dataclass(frozen=True)
class Kind:
    """A kind of value: `read(value, path, problems)` returns the parsed value, or appends its problems.

    `accepted` is a phrase for messages and documentation, `schema` an OpenAPI schema, `empty` the value of an absent
    field.
    """

    accepted: str
    schema: Mapping[str, Any]
    read: Callable[[Any, FieldPath, list[Problem]], Any]
    empty: Any = None


def dotted(path: FieldPath) -> str:
    """Return the path as people write it: `spec.destination.name`, `spec.includes[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def scalar(
    accepted: str, schema: Mapping[str, Any], parse: Callable[[Any], Any], empty: Any, secret: bool = False
) -> Kind:
    """Return the kind of values that `parse` returns, or refuses with ValueError; no message shows a `secret` value."""

    def read(value: Any, path: FieldPath, problems: list[Problem]) -> Any:
        try:
            return parse(value)
        except ValueError:
            shown = "it" if secret or isinstance(value, dict | list) else bounded(repr(value), _SHOWN)
            problems.append(Problem("sync-field", path, f"{dotted(path)}: {shown} is not {accepted}"))
            return empty

    return Kind(accepted, schema, read, empty)


def text(accepted: str, pattern: str = "", least: int = 0, secret: bool = False) -> Kind:
    """Return the kind of a text that matches the pattern, an expression with the same meaning in RE2 and Python."""
    compiled = re.compile(pattern.replace("$", r"\Z"))

    def parse(value: Any) -> str:
        if not isinstance(value, str) or len(value) < least or not compiled.search(value):
            raise ValueError
        return value

    schema: dict[str, Any] = {"type": "string"}
    schema |= {"pattern": pattern} if pattern else {}
    schema |= {"minLength": least} if least else {}
    return scalar(accepted, schema, parse, "", secret)


def choice(*words: str) -> Kind:
    """Return the kind of one of the words."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return value

    return scalar(f"one of {', '.join(words)}", {"type": "string", "enum": list(words)}, parse, "")


def whole(least: int, most: int = _LARGEST) -> Kind:
    """Return the kind of a whole number between two bounds."""

    def parse(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError
        return value

    accepted = (
        f"a whole number from {least} to {most}" if most < _LARGEST else f"a whole number, at least {least}"
    )
    return scalar(accepted, {"type": "integer", "minimum": least, "maximum": most}, parse, None)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _duration_s(value: Any) -> float:
    if not isinstance(value, str) or not re.fullmatch(_DURATION.strip("^$"), value):
        raise ValueError
    return seconds(value)


def several(of: Kind, what: str) -> Kind:
    """Return the kind of a list; its value is a tuple."""

    def read(value: Any, path: FieldPath, problems: list[Problem]) -> tuple[Any, ...]:
        if not isinstance(value, list):
            problems.append(Problem("sync-field", path, f"{dotted(path)} is not a list of {what}"))
            return ()
        return tuple(of.read(each, (*path, number), problems) for number, each in enumerate(value))

    return Kind(f"a list of {what}", {"type": "array", "items": dict(of.schema)}, read, ())


def mapped(of: Kind, what: str) -> Kind:
    """Return the kind of a mapping from text; its value is a dict."""

    def read(value: Any, path: FieldPath, problems: list[Problem]) -> dict[str, Any]:
        if not isinstance(value, dict):
            problems.append(Problem("sync-field", path, f"{dotted(path)} is not a mapping to {what}"))
            return {}
        return {str(key): of.read(each, (*path, str(key)), problems) for key, each in value.items()}

    schema = {"type": "object", "additionalProperties": dict(of.schema)}
    return Kind(f"a mapping to {what}", schema, read, {})


_NAME = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"

TEXT = text("a text")
FILLED = text("a text that is not empty", least=1)
HIDDEN = text("a text", secret=True)
FLAG = scalar("true or false", {"type": "boolean"}, _flag, False)
DURATION = scalar(
    "a duration such as 30s, 1h30m or 30d, or a text of seconds such as '30'",
    {"type": "string", "pattern": _DURATION},
    _duration_s,
    None,
)
NAMED = text("the name of an object of Kubernetes", f"^{_NAME}$")
NAME = text("the name of an object of Kubernetes, or nothing", f"^({_NAME})?$")
"""Charts write an empty text for a value that is not set, so the field counts as absent."""
REFERENCE_TEXT = rf"^({_NAME}/)?{_NAME}$"
TEXTS = several(TEXT, "texts")
TEXT_MAP = mapped(TEXT, "texts")
HIDDEN_MAP = mapped(HIDDEN, "texts")

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x20\x7f][^\x00-\x08\x0a-\x1f\x7f]*|")


def _headers(value: Any, path: FieldPath, problems: list[Problem]) -> dict[str, str]:
    """Return the headers, or append a problem for each that would be refused, or reach into other requests."""
    found: dict[str, str] = HIDDEN_MAP.read(value, path, problems)
    what = "a header with a text in one line, or it is one of the connection's own"
    wrong = [name for name, text_ in found.items() if not _is_header(name, text_)]
    problems += [
        Problem("sync-field", (*path, name), f"{dotted(path)}: {bounded(repr(name), _SHOWN)} is not {what}")
        for name in wrong[:_MOST_WRONG]
    ]
    return found


def _is_header(name: str, value: str) -> bool:
    is_sent = _HEADER.fullmatch(name) and _VALUE.fullmatch(value)
    return bool(is_sent) and name.lower() not in CONNECTION_HEADERS


HEADERS = Kind(HIDDEN_MAP.accepted, HIDDEN_MAP.schema, _headers, {})
"""Headers of requests: requests of several namespaces are sent on one connection."""
