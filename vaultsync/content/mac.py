"""HMACs of data: they show a change without a stored copy of the data, and reveal nothing about it.

It is HMAC-SHA256, as the Vault Secrets Operator computes it, over the data as encoding/json writes a map of bytes. Where the
data costs credentials or a certificate, the HMAC covers the fingerprint of what it was made from too.
"""

import base64
import hmac
from collections.abc import Mapping

from vaultenv.basics.text import encoded
from vaultenv.template.json_text import json_text

KEY_BYTES = 16
_FINGERPRINT = ""
"""The key of the fingerprint; a Secret cannot have it."""


def mac_of(data: Mapping[str, bytes], key: bytes, fingerprint: str = "") -> str:
    """Return the HMAC of a Secret's data, in base64, and of its fingerprint, if there is one."""
    texts = {name: base64.b64encode(value).decode("ascii") for name, value in data.items()}
    texts |= {_FINGERPRINT: fingerprint} if fingerprint else {}
    return base64.b64encode(hmac.new(key, encoded(json_text(texts)), "sha256").digest()).decode("ascii")


def is_same(data: Mapping[str, bytes], mark: str, key: bytes, fingerprint: str = "") -> bool:
    """Return whether `mark` is the HMAC of the data and the fingerprint."""
    return hmac.compare_digest(mac_of(data, key, fingerprint), mark) if mark.isascii() else False
