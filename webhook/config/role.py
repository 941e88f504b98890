"""The role of an object: a text with fields such as `{{ .namespace }}`."""

import re
from collections.abc import Mapping

_FIELD = re.compile(r"\{\{-?\s*\.([A-Za-z]+)\s*-?\}\}")


def render_role(role: str, fields: Mapping[str, str]) -> tuple[str, str]:
    """Return `role` with each `{{ .field }}` replaced, and the problem of an unknown field or stray braces.

    The problem is an empty text if there is none; otherwise the role is returned unchanged.
    """
    if "{{" not in role:
        return role, ""
    if "{{" in _FIELD.sub("", role):
        return role, f"{role!r} is not text with fields such as {{{{ .namespace }}}}"
    unknown = [name for name in _FIELD.findall(role) if name not in fields]
    if unknown:
        known = ", ".join(sorted(fields))
        return role, f"{{{{ .{unknown[0]} }}}} is no field; there are {known}"
    return _FIELD.sub(lambda match: fields[match[1]], role), ""
