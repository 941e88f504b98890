"""The key of the versions: a Secret that all providers of a cluster share, read once, made by the first of them.

It has the name and the form of vault-csi-provider's, so that an installation that has one keeps its versions.
"""

import logging
import secrets
import threading
from collections.abc import Mapping
from typing import Protocol

from vaultcsi.content.versions import KEY_BYTES
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded, encoded
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.wire.objects import KubernetesObject

_log = logging.getLogger(__name__)
_ENTRY = "key"


class Secrets(Protocol):
    """Reads and creates Secrets: `vaultkube.apiserver.client.Cluster`."""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None: ...

    def create(
        self, kind: str, namespace: str, document: Mapping[str, object], deadline: Deadline
    ) -> bool: ...


class VersionKey:
    """The key, once it is known; until then one of this process, because files matter more than their versions."""

    def __init__(self, secrets_: Secrets, namespace: str, name: str) -> None:
        self._secrets = secrets_
        self._namespace = namespace
        self._name = name
        self._key = b""
        self._own = secrets.token_bytes(KEY_BYTES)
        self._lock = threading.Lock()

    def get(self, deadline: Deadline) -> bytes:
        """Return the key of the cluster, or one of this process where it can be neither read nor made; the log says so."""
        if not self._key:
            with self._lock:
                self._key = self._key or self._find(deadline)
        return self._key or self._own

    def _find(self, deadline: Deadline) -> bytes:
        try:
            found = self._read(deadline)
            if found is None:
                self._secrets.create("Secret", self._namespace, self._new(), deadline)
                found = self._read(deadline)
        except (ClusterUnavailable, MissingRight) as error:
            reason = str(error)
        else:
            if found:
                return found
            reason = f"it holds no {KEY_BYTES} bytes under {_ENTRY}; delete it, so that a new one is made"
        _log.warning(
            "versions of objects change with each restart: Secret %s/%s: %s",
            self._namespace,
            self._name,
            reason,
        )
        return b""

    def _read(self, deadline: Deadline) -> bytes | None:
        """Return the key in the Secret, empty if it has none, None if there is no Secret."""
        found = self._secrets.get("Secret", self._namespace, self._name, deadline)
        if found is None:
            return None
        key = decoded((found.get("data") or {}).get(_ENTRY))
        return key if key is not None and len(key) == KEY_BYTES else b""

    def _new(self) -> dict[str, object]:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self._name},
            "immutable": True,
            "data": {_ENTRY: encoded(secrets.token_bytes(KEY_BYTES))},
        }
