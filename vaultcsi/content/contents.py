"""The content of an object in an answer of Vault: one value, decoded, or the whole answer as JSON.

Values are written as vault-csi-provider writes them: a text unchanged, any other value as by Go's encoding/json.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from vaultcsi.errors import SecretNotRead
from vaultenv.basics.text import bounded, encoded
from vaultenv.references.secret import secret_of
from vaultenv.template.json_text import json_text
from vaultkube.provider_class.objects import SecretObject

_SHOWN = 240
_FIRST = ("request_id", "lease_id", "lease_duration", "renewable", "data", "warnings")
"""The fields of Go's api.Secret that are always written, in their order (api/secret.go of Vault)."""
_LATER = ("auth", "wrap_info", "mount_type")
_ABSENT: Mapping[str, Any] = {"request_id": "", "lease_id": "", "lease_duration": 0, "renewable": False}


def content_of(secret_object: SecretObject, answer: Mapping[str, Any]) -> bytes:
    """Return the bytes of the file; raise SecretNotRead if the value is missing or has another encoding."""
    if not secret_object.key:
        return whole_answer(answer)
    secret = secret_of(answer)
    fields = secret.fields if secret else {}
    if secret_object.key not in fields:
        raise SecretNotRead(
            f"key {bounded(secret_object.key, _SHOWN)!r} does not exist at the secret path {secret_object.path}; "
            f"{_existing(fields)}: correct secretKey, which has upper and lower case"
        )
    value = fields[secret_object.key]
    # A Number is a str too, but not of type str.
    return _decoded(value if type(value) is str else json_text(value), secret_object)


def whole_answer(answer: Mapping[str, Any]) -> bytes:
    """Return the answer as Go's api.Secret writes it, without the request id, which differs in each answer."""
    known = {name: answer.get(name, _ABSENT.get(name)) for name in _FIRST} | {"request_id": ""}
    known |= {name: answer[name] for name in _LATER if answer.get(name)}
    return encoded("{" + ",".join(f'"{name}":{json_text(value)}' for name, value in known.items()) + "}")


def _existing(fields: Mapping[str, Any]) -> str:
    return f"it has {bounded(', '.join(sorted(fields)), _SHOWN)}" if fields else "it has no keys"


def _decoded(text: str, secret_object: SecretObject) -> bytes:
    encoding = secret_object.encoding.lower()
    try:
        if encoding == "base64":
            return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
        return binascii.unhexlify(text) if encoding == "hex" else encoded(text)
    except ValueError:  # binascii.Error, and text that is not ASCII
        raise SecretNotRead(
            f"the value of key {bounded(secret_object.key, _SHOWN)!r} at {secret_object.path} is not {encoding}; correct encoding"
        ) from None
