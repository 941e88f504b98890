"""The role of an object: a text with `{{ .field }}` in it."""

import re
from collections.abc import Mapping

from vaultkube.errors import InvalidAnnotation

_FIELD = re.compile(r"\{\{-?\s*\.([A-Za-z]+)\s*-?\}\}")


def render_role(role: str, fields: Mapping[str, str]) -> str:
    """Return `role` with each `{{ .field }}` replaced; InvalidAnnotation names an unknown field or stray braces."""
    if "{{" not in role:
        return role

    def value(match: re.Match[str]) -> str:
        if match[1] not in fields:
            raise InvalidAnnotation(
                f"annotation vault-role: {{{{ .{match[1]} }}}} is no field; there are {', '.join(sorted(fields))}"
            )
        return fields[match[1]]

    if "{{" in _FIELD.sub("", role):
        raise InvalidAnnotation(
            f"annotation vault-role: {role!r} is not text with fields such as {{{{ .namespace }}}}"
        )
    return _FIELD.sub(value, role)
