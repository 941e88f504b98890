"""Fingerprints of what the data of a Secret is made from: the request to Vault, and the transformation of its answer. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

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

    It may be made from parameters that are secret: it is for an HMAC, and for no status or log. Fields without a value are
    left out, so that a new version with more fields finds the fingerprints of the last one, and issues nothing anew.
    """
    fields = {name: value for name, value in asdict(spec).items() if name not in _OTHER_FIELDS}
    destination = spec.destination
    fields["destination"] = [destination.name, destination.create, destination.type]
    fields["transformation"] = _set(asdict(transformation))
    return hashlib.sha256(json.dumps(_set(fields), sort_keys=True).encode()).hexdigest()


def _set(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
