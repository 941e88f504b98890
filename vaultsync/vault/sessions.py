"""Sessions: one token for each identity, logged in once, renewed in time, and kept through a restart where leases hang on it.

A lease of Vault ends with the token that it was made with, whoever renews it. So the tokens of dynamic secrets are
kept in Secrets of the operator's own namespace: after a restart they are taken up again, and nothing is issued anew.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from vaultkube.deadline import Deadline
from vaultsync.errors import VaultAway, VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.login import Source, login_body
from vaultsync.vault.server import Identity

_log = logging.getLogger(__name__)
_MOST = 10_000
_LAST_PART, _RENEWED_PART = 0.1, 0.5
_FOREVER = float("inf")


@dataclass(frozen=True)
class Token:
    """A token of Vault: its accessor, its life in seconds when it was granted, and its end by the monotonic clock."""

    value: str = field(repr=False)
    accessor: str
    life_s: float
    ends_at: float
    renewable: bool


class Keeper(Protocol):
    """Keeps tokens through a restart: `vaultsync.cluster.tokens.KeptTokens`."""

    def load(self, mark: str, deadline: Deadline) -> str | None: ...

    def save(self, mark: str, token: str, deadline: Deadline) -> None: ...

    def marks(self, deadline: Deadline) -> list[str]: ...

    def remove(self, mark: str, deadline: Deadline) -> None: ...


@dataclass
class _Session:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None
    saved: str = field(default="", repr=False)
    kept_at: float = 0.0


class Sessions:
    """Tokens by identity; safe to share between threads."""

    def __init__(
        self,
        vaults: Vaults,
        source: Source,
        keeper: Keeper,
        key: bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`key` makes the names under which tokens are kept."""
        self._vaults = vaults
        self._source = source
        self._keeper = keeper
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[Identity, _Session] = {}
        self.logins = 0

    def mark(self, identity: Identity) -> str:
        """Return the name of an identity, which tells nothing of it."""
        return identity.mark(self._key)

    def token(self, identity: Identity, deadline: Deadline, *, kept: bool = False) -> Token:
        """Return a token that is good for a while; with `kept` it survives a restart.

        Raises ReferenceRefused, VaultDenied or VaultAway, and what the API server's client raises.
        """
        session = self._session(identity)
        with session.lock:
            token = session.token
            if token is None and kept:
                token = self._taken_up(identity, deadline, session)
            if token is not None:
                token = self._renewed(identity, token)
            if token is None:
                token = self._log_in(identity, deadline)
            session.token = token
            if kept and session.saved != token.value:
                self._keeper.save(self.mark(identity), token.value, deadline)
                session.saved = token.value
            if kept:
                session.kept_at = self._clock()
            return token

    def forget(self, identity: Identity, token: Token) -> None:
        """Use this token no more: Vault has refused it."""
        session = self._session(identity)
        with session.lock:
            if session.token and session.token.value == token.value:
                session.token = None

    def tidy(self, needed: Collection[str], idle_s: float, deadline: Deadline) -> None:
        """Remove the tokens that are kept under other marks than these; raise what the API server's client raises.

        One that was asked for in the last `idle_s` seconds stays: the status that will name it may not be written yet.
        """
        with self._lock:
            sessions = {self.mark(identity): session for identity, session in self._sessions.items()}
        for mark in self._keeper.marks(deadline):
            if mark in needed:
                continue
            session = sessions.get(mark) or _Session(kept_at=-_FOREVER)
            with session.lock:
                if session.saved and self._clock() < session.kept_at + idle_s:
                    continue
                self._keeper.remove(mark, deadline)
                session.saved = ""

    def _session(self, identity: Identity) -> _Session:
        with self._lock:
            if len(self._sessions) >= _MOST and identity not in self._sessions:
                del self._sessions[next(iter(self._sessions))]
            return self._sessions.setdefault(identity, _Session())

    def _log_in(self, identity: Identity, deadline: Deadline) -> Token:
        body = {**login_body(identity, self._source, deadline), **dict(identity.params)}
        call = Call("PUT", f"auth/{identity.mount}/login", body=body, namespace=identity.vault_namespace)
        self.logins += 1
        try:
            answer = self._vaults.send(identity.server, call)
        except VaultDenied as error:
            raise VaultDenied(f"failed to login: {error} ({identity})", error.status) from None
        auth = answer.get("auth")
        if not isinstance(auth, dict) or not auth.get("client_token"):
            raise VaultDenied(
                f"failed to login: the answer holds no token: is this the address of Vault? ({identity})"
            )
        return self._granted(auth, str(auth["client_token"]))

    def _granted(self, auth: dict[str, Any], value: str) -> Token:
        life_s = float(auth.get("lease_duration") or 0)
        ends_at = self._clock() + life_s if life_s else _FOREVER
        return Token(value, str(auth.get("accessor") or ""), life_s, ends_at, auth.get("renewable") is True)

    def _taken_up(self, identity: Identity, deadline: Deadline, session: _Session) -> Token | None:
        """Return the token that an earlier process has kept, if it lives."""
        value = self._keeper.load(self.mark(identity), deadline)
        if not value:
            return None
        session.saved = value
        call = Call("GET", "auth/token/lookup-self", token=value, namespace=identity.vault_namespace)
        try:
            found = self._vaults.send(identity.server, call).get("data") or {}
        except VaultDenied:
            return None
        ttl_s = float(found.get("ttl") or 0)
        life_s = max(float(found.get("creation_ttl") or 0), ttl_s)
        ends_at = self._clock() + ttl_s if ttl_s else _FOREVER
        return Token(value, str(found.get("accessor") or ""), life_s, ends_at, found.get("renewable") is True)

    def _renewed(self, identity: Identity, token: Token) -> Token | None:
        """Return the token, renewed where half of its life is over; None where it is about to end, or refused."""
        left_s = token.ends_at - self._clock()
        if left_s > _RENEWED_PART * token.life_s:
            return token
        if token.renewable and left_s > 0:
            call = Call(
                "PUT", "auth/token/renew-self", body={}, token=token.value, namespace=identity.vault_namespace
            )
            try:
                token = self._granted(self._vaults.send(identity.server, call).get("auth") or {}, token.value)
            except VaultAway:
                _log.warning(
                    "a token could not be renewed; it is tried again",
                    extra={"fields": {"identity": str(identity)}},
                )
            except VaultDenied:
                return None
            left_s = token.ends_at - self._clock()
        return token if left_s > _LAST_PART * token.life_s else None
