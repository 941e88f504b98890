"""Secrets of the operator's own namespace: the key of its HMACs, and tokens that leases hang on."""

import secrets as random_bytes
from collections.abc import Mapping
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded, encoded
from vaultsync.cluster.objects import METADATA, Objects, secrets
from vaultsync.content.mac import KEY_BYTES
from vaultsync.errors import SyncError

_TOKEN, _KEY = "token", "key"
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
    """Tokens in Secrets of the operator's namespace, by the mark of their identity."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self._objects = objects
        self._namespace = namespace

    def load(self, mark: str, deadline: Deadline) -> str | None:
        """Return the token that was kept, None if there is none."""
        found = self._objects.get(secrets(self._namespace), _name(mark), deadline)
        value = decoded(((found or {}).get("data") or {}).get(_TOKEN))
        return value.decode("utf-8", "replace") if value else None

    def save(self, mark: str, token: str, deadline: Deadline) -> None:
        """Keep a token in the place of the one before."""
        document = _secret(_name(mark), {_TOKEN: token.encode()})
        self._objects.apply(secrets(self._namespace), document, deadline)

    def marks(self, deadline: Deadline) -> list[str]:
        """Return the marks of all that is kept."""
        selector = ",".join(f"{name}={value}" for name, value in _LABELS.items())
        listed = self._objects.list(secrets(self._namespace), deadline, selector=selector, accept=METADATA)
        names = [str(each["metadata"]["name"]) for each in listed.documents]
        return [name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)]

    def remove(self, mark: str, deadline: Deadline) -> None:
        """Keep nothing under this mark; nothing where there is none."""
        found = self._objects.get(secrets(self._namespace), _name(mark), deadline)
        if found is not None:
            uid = str(found["metadata"]["uid"])
            self._objects.delete(secrets(self._namespace), _name(mark), uid, deadline)


def _name(mark: str) -> str:
    return _PREFIX + mark


def _secret(name: str, data: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": dict(_LABELS)},
        "data": {key: encoded(value) for key, value in data.items()},
    }
