"""Sprig's `mustFromJson`: the value of a JSON text, and an error for any other text."""

from typing import Any

from vaultenv.template.errors import TemplateError
from vaultenv.template.floats import parse_float
from vaultenv.template.functions import Function
from vaultenv.template.json_text import json_size, json_value


def _must_from_json(value: str) -> Any:
    """Return the value of a JSON text; raise TemplateError for any other text, and for numbers out of range."""
    try:
        return json_value(value, parse_float)
    except ValueError:
        raise TemplateError("not JSON, or a number out of range") from None


DOCUMENTS: dict[str, Function] = {"mustFromJson": Function(_must_from_json, "s", json_size)}
