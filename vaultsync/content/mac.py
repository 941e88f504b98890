"""HMACs of data: they show a change without a stored copy of the data, and reveal nothing about it.

It is HMAC-SHA256, as the Vault Secrets Operator computes it, over the data as encoding/json writes a map of bytes.
"""

import base64
import hmac
from collections.abc import Mapping

from vaultenv.basics.text import encoded
from vaultenv.template.json_text import json_text

KEY_BYTES = 16


def mac_of(data: Mapping[str, bytes], key: bytes) -> str:
    """Return the HMAC of a Secret's data, in base64."""
    texts = {name: base64.b64encode(value).decode("ascii") for name, value in data.items()}
    return base64.b64encode(hmac.new(key, encoded(json_text(texts)), "sha256").digest()).decode("ascii")


def is_same(data: Mapping[str, bytes], mark: str, key: bytes) -> bool:
    """Return whether `mark` is the HMAC of the data."""
    return hmac.compare_digest(mac_of(data, key), mark) if mark.isascii() else False
