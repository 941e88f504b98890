"""The key of the versions: a Secret that all providers of a cluster share, created by the first, read once by each.

It has the name and the form of vault-csi-provider's, so that versions of an earlier installation stay the same.
"""

import logging
import secrets
import threading

from vaultcsi.content.versions import KEY_BYTES
from vaultkube.apiserver.shared_key import Secrets, find_key
from vaultkube.deadline import Deadline
from vaultkube.errors import Refused

_log = logging.getLogger(__name__)


class VersionKey:
    """Provides the cluster's key, and until it can be read one of this process, as files matter more than their versions."""

    def __init__(self, secrets_: Secrets, namespace: str, name: str) -> None:
        self._secrets = secrets_
        self._namespace = namespace
        self._name = name
        self._key = b""
        self._own = secrets.token_bytes(KEY_BYTES)
        self._lock = threading.Lock()

    def get(self, deadline: Deadline) -> bytes:
        """Return the key of the cluster; if it can be neither read nor created, log that and return one of this process."""
        if not self._key:
            with self._lock:
                self._key = self._key or self._find(deadline)
        return self._key or self._own

    def _find(self, deadline: Deadline) -> bytes:
        try:
            return find_key(self._secrets, self._namespace, self._name, KEY_BYTES, deadline)
        except Refused as error:
            _log.warning("versions of objects change with each restart: %s", error)
            return b""
