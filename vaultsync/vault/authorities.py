"""Authorities: the CA of a VaultConnection, read from its Secret once a minute for all objects that use it."""

import threading
import time

from vaultenv.basics.text import bounded
from vaultkube.deadline import Deadline
from vaultkube.regular_file import read_regular_file
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultsync.errors import ReferenceRefused
from vaultsync.vault.login import LONGEST_FILE, secret_entry
from vaultsync.vault.source import Source

_FRESH_S = 60.0
_MOST = 1000
_LONGEST = 65_536
"""Characters of cached certificates; longer texts are read each time, so that they do not fill the memory."""
_SHOWN = 200


class Authorities:
    """Caches certificates in PEM by the Secret that holds them; safe to share between threads."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._cached: dict[tuple[str, str, str], tuple[float, str]] = {}

    def read(self, spec: ConnectionSpec, namespace: str, deadline: Deadline, *, entry: str = "ca.crt") -> str:
        """Return the CA of a VaultConnection in a namespace, empty for the system's; raise ReferenceRefused or Refused."""
        if spec.ca_secret:
            return self._read_secret(namespace, spec.ca_secret, entry, deadline)
        if not spec.ca_file:
            return ""
        try:
            return read_regular_file(spec.ca_file, LONGEST_FILE).decode("ascii", "replace")
        except (OSError, ValueError) as error:
            raise ReferenceRefused(
                f"caCertPath {bounded(spec.ca_file, _SHOWN)} cannot be read ({type(error).__name__}) in the operator's container: "
                "mount the file there, or use caCertSecretRef"
            ) from None

    def _read_secret(self, namespace: str, name: str, entry: str, deadline: Deadline) -> str:
        key = namespace, name, entry
        with self._lock:
            read_at, text = self._cached.get(key, (-_FRESH_S, ""))
            if text and time.monotonic() - read_at < _FRESH_S:
                return text
            text = secret_entry(self._source, namespace, name, entry, deadline)
            if len(self._cached) >= _MOST:
                self._cached.clear()
            if len(text) <= _LONGEST:
                self._cached[key] = time.monotonic(), text
            return text
