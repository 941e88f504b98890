"""Secrets of the operator's own namespace that hold the Vault tokens of leases."""

from collections.abc import Mapping
from typing import Any

from vaultkube.apiserver.transport import METADATA_LIST
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded, encoded
from vaultsync.cluster.objects import Objects, secrets

_PREFIX = "vault-webhook-sync-token-"
_LABELS = {"app.kubernetes.io/name": "vault-webhook-sync", "app.kubernetes.io/component": "client-cache"}


class StoredTokens:
    """Stores tokens in Secrets of the operator's namespace, a Secret for each object with leases, by its uid."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self._objects = objects
        self._namespace = namespace

    def load(self, uid: str, deadline: Deadline) -> dict[str, str]:
        """Return the stored tokens of an object, by their id."""
        found = self._objects.get(secrets(self._namespace), _name(uid), deadline) or {}
        values = {id_: decoded(value) for id_, value in (found.get("data") or {}).items()}
        return {id_: value.decode("utf-8", "replace") for id_, value in values.items() if value}

    def save(self, uid: str, tokens: Mapping[str, str], deadline: Deadline) -> None:
        """Store these tokens in place of the earlier ones."""
        document = _secret(_name(uid), {id_: token.encode() for id_, token in tokens.items()})
        self._objects.apply(secrets(self._namespace), document, deadline)

    def uids(self, deadline: Deadline) -> list[str]:
        """Return the uids of all objects with stored tokens."""
        selector = ",".join(f"{name}={value}" for name, value in _LABELS.items())
        listed = self._objects.list(
            secrets(self._namespace), deadline, selector=selector, accept=METADATA_LIST
        )
        names = [str(each["metadata"]["name"]) for each in listed.documents]
        return [name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)]

    def remove(self, uid: str, deadline: Deadline) -> None:
        """Delete the Secret with this object's tokens, if it exists."""
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
