"""Secrets of the operator's own namespace: the key of its HMACs, and tokens that leases hang on."""

import secrets as random_bytes
from collections.abc import Mapping
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded, encoded
from vaultsync.cluster.objects import METADATA, Objects, secrets
from vaultsync.content.mac import KEY_BYTES
from vaultsync.errors import SyncError

_KEY = "key"
_PREFIX = "vault-webhook-sync-token-"
_LABELS = {"app.kubernetes.io/name": "vault-webhook-sync", "app.kubernetes.io/component": "client-cache"}


def find_key(objects: Objects, namespace: str, name: str, deadline: Deadline) -> bytes:
    """Return the key of the HMACs, made by the first who needs it; raise SyncError for a Secret without one."""
    found = objects.get(secrets(namespace), name, deadline)
    if found is None:
        document = _secret(name, {_KEY: random_bytes.token_bytes(KEY_BYTES)})
        objects.add(secrets(namespace), document, deadline)
        found = objects.get(secrets(namespace), name, deadline) or {}
    key = decoded((found.get("data") or {}).get(_KEY))
    if not key or len(key) != KEY_BYTES:
        raise SyncError(f"Secret {namespace}/{name} holds no {KEY_BYTES} bytes under {_KEY!r}: delete it")
    return key


class KeptTokens:
    """Tokens in Secrets of the operator's namespace, one for each object that has leases, by the object's uid."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self._objects = objects
        self._namespace = namespace

    def load(self, uid: str, deadline: Deadline) -> dict[str, str]:
        """Return the tokens that are kept, by their id."""
        found = self._objects.get(secrets(self._namespace), _name(uid), deadline) or {}
        values = {id_: decoded(value) for id_, value in (found.get("data") or {}).items()}
        return {id_: value.decode("utf-8", "replace") for id_, value in values.items() if value}

    def save(self, uid: str, tokens: Mapping[str, str], deadline: Deadline) -> None:
        """Keep these tokens in the place of those before."""
        document = _secret(_name(uid), {id_: token.encode() for id_, token in tokens.items()})
        self._objects.apply(secrets(self._namespace), document, deadline)

    def uids(self, deadline: Deadline) -> list[str]:
        """Return the uids of all objects that tokens are kept for."""
        selector = ",".join(f"{name}={value}" for name, value in _LABELS.items())
        listed = self._objects.list(secrets(self._namespace), deadline, selector=selector, accept=METADATA)
        names = [str(each["metadata"]["name"]) for each in listed.documents]
        return [name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)]

    def remove(self, uid: str, deadline: Deadline) -> None:
        """Keep nothing for this object; nothing where there is none."""
        found = self._objects.get(secrets(self._namespace), _name(uid), deadline)
        if found is not None:
            uid_of_secret = str(found["metadata"]["uid"])
            self._objects.delete(secrets(self._namespace), _name(uid), uid_of_secret, deadline)


def _name(uid: str) -> str:
    return _PREFIX + uid


def _secret(name: str, data: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": dict(_LABELS)},
        "data": {key: encoded(value) for key, value in data.items()},
    }
