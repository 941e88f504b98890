"""Tokens of Vault: login, lookup, renewal and revocation."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vaultenv.client.answers import auth_of, data_of
from vaultkube.deadline import Deadline
from vaultkube.documents.times import seconds_of
from vaultsync.errors import LoginDenied, VaultAway, VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.login import login_body
from vaultsync.vault.server import Identity
from vaultsync.vault.source import Source

_log = logging.getLogger(__name__)
_LAST_PART, _RENEWED_PART = 0.1, 0.5
_LONGEST = 8192
"""Characters of a token: as many as servers accept in a header's value."""
FOREVER = float("inf")


@dataclass(frozen=True)
class Token:
    """A token of Vault: its life in seconds when it was granted, and its end by the monotonic clock."""

    value: str = field(repr=False)
    life_s: float
    ends_at: float
    renewable: bool


class Tokens:
    """Logs in to Vault, and looks up, renews and revokes tokens; safe to share between threads."""

    def __init__(self, vaults: Vaults, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self._vaults = vaults
        self._source = source
        self._clock = clock
        self.logins = 0

    def log_in(self, identity: Identity, deadline: Deadline) -> Token:
        """Return a new token; raise ReferenceRefused, LoginDenied, VaultAway or an error of the API server's client."""
        body = {**login_body(identity, self._source, deadline), **dict(identity.params)}
        call = Call("PUT", f"auth/{identity.mount}/login", body=body, namespace=identity.vault_namespace)
        self.logins += 1
        try:
            answer = self._vaults.send(identity.server, call)
        except VaultDenied as error:
            raise LoginDenied(f"failed to login: {error} ({identity})", error.status) from None
        auth = auth_of(answer)
        token = auth.get("client_token")
        if not isinstance(token, str) or not 0 < len(token) <= _LONGEST:
            raise LoginDenied(
                f"failed to login: the answer holds no token: is this the address of Vault? ({identity})"
            )
        return self._granted(auth, token)

    def known(self, identity: Identity, value: str) -> Token | None:
        """Return a token that an earlier process has stored, or None if it has ended; raise VaultAway."""
        try:
            found = data_of(self._own(identity, "GET", "lookup-self", value))
        except VaultDenied:
            return None
        ttl_s = seconds_of(found.get("ttl"))
        life_s = max(seconds_of(found.get("creation_ttl")), ttl_s)
        ends_at = self._clock() + ttl_s if ttl_s else FOREVER
        return Token(value, life_s, ends_at, found.get("renewable") is True)

    def renewed(self, identity: Identity, token: Token) -> Token | None:
        """Return the token, renewed where half of its life is over; None where it is about to end, or refused."""
        left_s = token.ends_at - self._clock()
        if left_s > _RENEWED_PART * token.life_s:
            return token
        if token.renewable and left_s > 0:
            try:
                answer = self._own(identity, "PUT", "renew-self", token.value)
                token = self._granted(auth_of(answer), token.value)
            except VaultAway as error:
                fields = {"identity": str(identity), "reason": str(error)}
                _log.warning("a token could not be renewed; it is tried again", extra={"fields": fields})
            except VaultDenied:
                return None
            left_s = token.ends_at - self._clock()
        return token if left_s > _LAST_PART * token.life_s else None

    def revoke(self, identity: Identity, value: str) -> None:
        """Revoke a token, and with it all its leases; raise VaultDenied or VaultAway."""
        self._own(identity, "PUT", "revoke-self", value)

    def _own(self, identity: Identity, method: str, name: str, value: str) -> dict[str, Any]:
        body: dict[str, Any] | None = None if method == "GET" else {}
        call = Call(method, f"auth/token/{name}", body=body, token=value, namespace=identity.vault_namespace)
        return self._vaults.send(identity.server, call)

    def _granted(self, auth: dict[str, Any], value: str) -> Token:
        life_s = seconds_of(auth.get("lease_duration"))
        ends_at = self._clock() + life_s if life_s else FOREVER
        return Token(value, life_s, ends_at, auth.get("renewable") is True)
