"""Versions: the latest version of a KV v2 path, requested once for all workloads of an identity.

https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-metadata
"""

import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from vaultenv.client.answers import data_of
from vaultkube.documents.times import seconds_of, time_text
from vaultkube.lru import LRUDict
from vaultsync.errors import VaultAway, VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.engines import KV, Engines
from vaultsync.vault.server import Identity
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Token

_MOST = 20_000
_FORBIDDEN, _MISSING = 403, 404
_BAD_TOKEN = "invalid token"  # noqa: S105  # Vault's words
_SECONDS = len("2026-01-01T00:00:00")


class Latest(NamedTuple):
    """The latest version of a path, or 0 and the problem why there is none to compare."""

    version: int
    problem: str = ""


class _Known(NamedTuple):
    read_at: float
    latest: Latest
    is_beside_data: bool


class Versions:
    """Caches latest versions by the digest of the identity and the path; safe to share between threads."""

    def __init__(self, vaults: Vaults, engines: Engines, sessions: Sessions, fresh_s: float) -> None:
        """`fresh_s` is the number of seconds for which an answer is cached."""
        self._vaults = vaults
        self._sessions = sessions
        self._engines = engines
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._known: LRUDict[tuple[bytes, str], _Known] = LRUDict(_MOST)

    def latest(self, identity: Identity, token: Token, path: str) -> Latest:
        """Return the latest version of the path; raise VaultAway where Vault cannot answer.

        If the policy does not allow the metadata, the version is read with the data, also at all later requests.
        """
        key = identity.digest(), path
        with self._lock:
            known = self._known.get(key)
        if known and time.monotonic() < known.read_at + self._fresh_s:
            return known.latest
        latest, is_beside_data = self._read(identity, token, path, known is not None and known.is_beside_data)
        with self._lock:
            self._known[key] = _Known(time.monotonic(), latest, is_beside_data)
        return latest

    def _read(self, identity: Identity, token: Token, path: str, is_beside_data: bool) -> tuple[Latest, bool]:
        try:
            engine = self._engines.find(identity, token.value, path)
            if (engine.type, engine.version) != (KV, "2"):
                return Latest(0, f"{path}: an engine of type {engine} has no versions"), False
            rest = path[len(engine.mount) + 1 :].removeprefix("data/")
            if not is_beside_data:
                try:
                    metadata = self._fetch(identity, token, f"{engine.mount}/metadata/{rest}")
                    return _current(path, metadata), False
                except VaultDenied as error:
                    if error.status != _FORBIDDEN or _BAD_TOKEN in str(error):
                        raise
            return _latest_beside_data(
                path, self._fetch(identity, token, f"{engine.mount}/data/{rest}")
            ), True
        except VaultDenied as error:
            if _BAD_TOKEN in str(error):
                self._sessions.forget(identity, token)
                raise VaultAway(f"{error}: the next time there is a new login") from None
            return Latest(0, str(error)), False

    def _fetch(self, identity: Identity, token: Token, path: str) -> Mapping[str, Any]:
        """Return the data of the answer, empty for a missing path; raise VaultDenied or VaultAway."""
        call = Call("GET", path, token=token.value, namespace=identity.vault_namespace)
        try:
            return data_of(self._vaults.send(identity.server, call))
        except VaultDenied as error:
            if error.status == _MISSING:
                return {}
            raise


def _current(path: str, metadata: Mapping[str, Any]) -> Latest:
    version = int(seconds_of(metadata.get("current_version")))
    return _readable(path, version, _mapping(_mapping(metadata.get("versions")).get(str(version))))


def _latest_beside_data(path: str, data: Mapping[str, Any]) -> Latest:
    metadata = _mapping(data.get("metadata"))
    return _readable(path, int(seconds_of(metadata.get("version"))), metadata)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _readable(path: str, version: int, facts: Mapping[str, Any]) -> Latest:
    """Return the version, or a problem if pods could not read it: restarted pods would not start."""
    deleted_at = str(facts.get("deletion_time") or "")
    is_deleted = bool(deleted_at) and deleted_at[:_SECONDS] <= time_text(time.time())[:_SECONDS]
    if not version or is_deleted or facts.get("destroyed"):
        return Latest(0, f"{path}: there is nothing, or its latest version is deleted")
    return Latest(version)
