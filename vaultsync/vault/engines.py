"""Engines: type and version of the secrets engine behind a path, asked once for each mount.

https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from vaultenv.client.answers import MOUNTS
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Identity

KV = "kv"
_MOST = 1000

_Mount = tuple[str, str, str]


class Engine(NamedTuple):
    """A mounted engine; `version` is that of KV, "1" or "2", empty for others."""

    mount: str
    type: str
    version: str

    def __str__(self) -> str:
        return f"{self.type} version {self.version}" if self.version else self.type


class Engines:
    """Engines by address, Vault namespace and mount; safe to share between threads."""

    def __init__(self, vaults: Vaults) -> None:
        self._vaults = vaults
        self._lock = threading.Lock()
        self._engines: OrderedDict[_Mount, Engine] = OrderedDict()

    def find(self, identity: Identity, token: str, path: str) -> Engine:
        """Return the engine that `path` is of; raise VaultDenied or VaultAway."""
        server = identity.server.address, identity.vault_namespace
        segments = path.split("/")
        with self._lock:
            for end in range(1, len(segments) + 1):
                mount = "/".join(segments[:end])
                if (*server, mount) in self._engines:
                    return self._engines[*server, mount]
        call = Call("GET", f"{MOUNTS}/{path}", token=token, namespace=identity.vault_namespace)
        data = self._vaults.send(identity.server, call).get("data") or {}
        engine = Engine(str(data.get("path") or "").strip("/"), str(data.get("type") or ""), _version(data))
        with self._lock:
            self._engines[*server, engine.mount] = engine
            if len(self._engines) > _MOST:
                self._engines.popitem(last=False)
        return engine


def _version(data: Mapping[str, Any]) -> str:
    """Return KV's version, which mounts of version 1 need not say."""
    version = str((data.get("options") or {}).get("version") or "")
    return version or "1" if data.get("type") == KV else ""
