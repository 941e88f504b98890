"""Engines: the type of the secrets engine behind a path, asked once for each mount.

https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts
"""

import threading
from collections import OrderedDict

from vaultenv.client.answers import MOUNTS
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Identity

KV = "kv"
_MOST = 1000

_Mount = tuple[str, str, str]


class Engines:
    """Types of engines by address, Vault namespace and mount; safe to share between threads."""

    def __init__(self, vaults: Vaults) -> None:
        self._vaults = vaults
        self._lock = threading.Lock()
        self._types: OrderedDict[_Mount, str] = OrderedDict()

    def of(self, identity: Identity, token: str, path: str) -> tuple[str, str]:
        """Return mount and type of the engine that `path` is of; raise VaultDenied or VaultAway."""
        where = identity.server.address, identity.vault_namespace
        segments = path.split("/")
        with self._lock:
            for end in range(1, len(segments) + 1):
                mount = "/".join(segments[:end])
                if (*where, mount) in self._types:
                    return mount, self._types[*where, mount]
        call = Call("GET", f"{MOUNTS}/{path}", token=token, namespace=identity.vault_namespace)
        data = self._vaults.send(identity.server, call).get("data") or {}
        mount, type_ = str(data.get("path") or "").strip("/"), str(data.get("type") or "")
        with self._lock:
            self._types[*where, mount] = type_
            if len(self._types) > _MOST:
                self._types.popitem(last=False)
        return mount, type_
