"""Fingerprints of what the data of a Secret is made from: the request to Vault, and the transformation of its answer. Pure."""

import hashlib
import json
from dataclasses import asdict

from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec
from vaultsync.content.transformation import Merged

_OTHER_FIELDS = frozenset(
    {
        "renewal_percent",
        "revoke",
        "static_credentials",
        "refresh_after_s",
        "expiry_offset_s",
        "clear",
        "restart_targets",
        "sync",
    }
)
"""Fields that say when something is done, and nothing about the data."""


def fingerprint_of(spec: DynamicSecretSpec | PkiSecretSpec, transformation: Merged) -> str:
    """Return the fingerprint of a spec whose merged transformation this is.

    It may be made from parameters that are secret: it is for an HMAC, and for no status or log.
    """
    parts = {name: value for name, value in asdict(spec).items() if name not in _OTHER_FIELDS}
    destination = spec.destination
    parts["destination"] = [destination.name, destination.create, destination.type]
    parts["transformation"] = asdict(transformation)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
