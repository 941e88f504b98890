"""Engines: the type and version of the secrets engine of a path, requested once for each mount.

https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts
"""

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from vaultenv.client.answers import MOUNTS, data_of
from vaultkube.lru import LRUDict
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Identity

KV = "kv"
_MOST = 1000
_LONGEST_WORD = 60

_Mount = tuple[bytes, str]


class Engine(NamedTuple):
    """A mounted engine; `version` is that of KV, "1" or "2", empty for others."""

    mount: str
    type: str
    version: str

    def __str__(self) -> str:
        return f"{self.type} version {self.version}" if self.version else self.type


class Engines:
    """Caches engines by mount and by Vault, with its namespace and request headers; safe to share between threads."""

    def __init__(self, vaults: Vaults) -> None:
        self._vaults = vaults
        self._lock = threading.Lock()
        self._engines: LRUDict[_Mount, Engine] = LRUDict(_MOST)

    def find(self, identity: Identity, token: str, path: str) -> Engine:
        """Return the engine of `path`; raise VaultDenied or VaultAway."""
        vault = identity.vault()
        segments = path.split("/")
        with self._lock:
            for end in range(1, len(segments) + 1):
                mount = "/".join(segments[:end])
                if (vault, mount) in self._engines:
                    return self._engines[vault, mount]
        call = Call("GET", f"{MOUNTS}/{path}", token=token, namespace=identity.vault_namespace)
        engine = _engine(data_of(self._vaults.send(identity.server, call)))
        if not f"{path}/".startswith(f"{engine.mount}/"):
            return engine  # one of auth/, or somebody else's answer
        with self._lock:
            self._engines[vault, engine.mount] = engine
        return engine


def _engine(data: Mapping[str, Any]) -> Engine:
    """Return the engine in an answer; a KV mount without a version is version 1."""
    type_ = str(data.get("type") or "")[:_LONGEST_WORD]
    options = data.get("options")
    version = str((options if isinstance(options, dict) else {}).get("version") or "")[:_LONGEST_WORD]
    return Engine(str(data.get("path") or "").strip("/"), type_, version or "1" if type_ == KV else "")
