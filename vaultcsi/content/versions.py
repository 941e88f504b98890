"""Versions of objects, as vault-csi-provider computes them: a migration with the same key changes none.

The version is an HMAC, so that nobody learns from it whether two secrets are the same. It covers the settings of the
object, as encoding/json writes the struct `config.Secret` of vault-csi-provider, and then the content.
"""

import base64
import hmac

from vaultenv.basics.text import encoded
from vaultenv.template.json_text import json_text
from vaultkube.provider_class.objects import SecretObject

KEY_BYTES = 32


def version_of(wanted: SecretObject, content: bytes, key: bytes) -> str:
    """Return the URL-safe base64 of HMAC-SHA256 over the object's settings and its content."""
    digest = hmac.new(key, encoded(settings_text(wanted)), "sha256")
    digest.update(content)
    return base64.urlsafe_b64encode(digest.digest()).decode("ascii")


def settings_text(wanted: SecretObject) -> str:
    """Return the JSON text of the object's settings, with the names and the order of the Go struct."""
    fields = {
        "ObjectName": json_text(wanted.name),
        "SecretPath": json_text(wanted.path),
        "SecretKey": json_text(wanted.key),
        "Method": json_text(wanted.method),
        "SecretArgs": wanted.arguments,
        "FilePermission": str(wanted.permission),
        "Encoding": json_text(wanted.encoding),
    }
    return "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"
