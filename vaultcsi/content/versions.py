"""Versions of objects, as vault-csi-provider computes them: a migration with the same key changes none.

The version is an HMAC, so that it does not reveal whether two secrets are the same. It covers the settings of the
object, as encoding/json writes the struct `config.Secret` of vault-csi-provider, and then the content.
"""

import base64
import hmac

from vaultenv.basics.text import encoded
from vaultenv.template.json_text import json_text
from vaultkube.provider_class.objects import SecretObject

KEY_BYTES = 32


def version_of(secret_object: SecretObject, content: bytes, key: bytes) -> str:
    """Return the URL-safe base64 of HMAC-SHA256 over the object's settings and its content."""
    digest = hmac.new(key, encoded(settings_text(secret_object)), "sha256")
    digest.update(content)
    return base64.urlsafe_b64encode(digest.digest()).decode("ascii")


def settings_text(secret_object: SecretObject) -> str:
    """Return the JSON text of the object's settings, with the names and the order of the Go struct."""
    fields = {
        "ObjectName": json_text(secret_object.name),
        "SecretPath": json_text(secret_object.path),
        "SecretKey": json_text(secret_object.key),
        "Method": json_text(secret_object.method),
        "SecretArgs": secret_object.arguments,
        "FilePermission": str(secret_object.permission),
        "Encoding": json_text(secret_object.encoding),
    }
    return "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"
