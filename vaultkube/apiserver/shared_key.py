"""A key that all replicas of a program share: random bytes in a Secret, created by the first replica that needs it."""

import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded, encoded
from vaultkube.errors import Refused
from vaultkube.wire.objects import KubernetesObject

_ENTRY = "key"


class Secrets(Protocol):
    """Reads and creates Secrets: `vaultkube.apiserver.client.Cluster`."""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None: ...

    def add(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool: ...


def find_key(cluster: Secrets, namespace: str, name: str, size_bytes: int, deadline: Deadline) -> bytes:
    """Return the key in the Secret, and create the Secret if it does not exist; raise Refused for a Secret without a key.

    Also raises ClusterUnavailable and MissingRight.
    """
    found = cluster.get("Secret", namespace, name, deadline)
    if found is None:
        collection = Resource("", "v1", "secrets", namespace)
        cluster.add(collection, _secret(name, secrets.token_bytes(size_bytes)), deadline)
        found = cluster.get("Secret", namespace, name, deadline) or {}
    key = decoded((found.get("data") or {}).get(_ENTRY))
    if key is None or len(key) != size_bytes:
        raise Refused(
            f"Secret {namespace}/{name} holds no {size_bytes} bytes under {_ENTRY!r}: delete it, so that a new one is "
            "made, or create its namespace"
        )
    return key


def _secret(name: str, key: bytes) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "immutable": True,
        "data": {_ENTRY: encoded(key)},
    }
