"""Holders: the tokens that own the leases of objects, one for each lease, stored to survive a restart.

A lease in Vault ends with the token that created it, whoever renews it. So each lease gets a login of its own, whose
token is stored in a Secret before the lease is requested. A process that dies, or loses Vault's answer, before the status
names the lease, leaves a token that no status names: the next process revokes it, and the lease with it.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from vaultkube.deadline import Deadline
from vaultsync.content.mac import mac_of
from vaultsync.errors import VaultDenied
from vaultsync.vault.server import Identity
from vaultsync.vault.tokens import Token, Tokens

_ID_LENGTH = 16


class Holder(NamedTuple):
    """The uid of a custom object, and the identity that logs in for it."""

    uid: str
    identity: Identity


class Cipher(Protocol):
    """Encrypts tokens for storage, and decrypts stored tokens: `vaultsync.vault.transit.Transit`."""

    def encrypt(self, identity: Identity, texts: Mapping[str, str], deadline: Deadline) -> dict[str, str]: ...

    def decrypt(
        self, identity: Identity, stored: Mapping[str, str], deadline: Deadline
    ) -> dict[str, str]: ...


class Keeper(Protocol):
    """Stores tokens through a restart, by the uid of their object and their id: `vaultsync.cluster.tokens.StoredTokens`."""

    def load(self, uid: str, deadline: Deadline) -> Mapping[str, str]: ...

    def save(self, uid: str, tokens: Mapping[str, str], deadline: Deadline) -> None: ...

    def uids(self, deadline: Deadline) -> list[str]: ...

    def remove(self, uid: str, deadline: Deadline) -> None: ...


@dataclass
class _Held:
    """Tokens by their id, which begins with `start`: all stored tokens, and those whose life this process knows."""

    start: str
    stored: dict[str, str] = field(repr=False)
    known: dict[str, Token] = field(default_factory=dict)


class Holders:
    """Creates, stores and revokes the tokens of leases. Only one thread at a time works on an object."""

    def __init__(self, tokens: Tokens, keeper: Keeper, cipher: Cipher, key: bytes) -> None:
        """`key` is for the ids of tokens: keyed hashes, which reveal nothing."""
        self._tokens = tokens
        self._cipher = cipher
        self._keeper = keeper
        self._key = key
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        """Tokens by the uid of the object; for an object with several logins, only those of the last one."""

    def token(self, holder: Holder, id_: str, deadline: Deadline) -> Token | None:
        """Return the token of this id, renewed if due; None if it is no longer stored, or about to end.

        Raises VaultDenied or VaultAway, and the errors of the API server's client.
        """
        held = self._load(holder, deadline)
        value, token = held.stored.get(id_), held.known.pop(id_, None)
        if token is None and value:
            token = self._tokens.known(holder.identity, value)
        token = token and self._tokens.renewed(holder.identity, token)
        if token is not None:
            held.known[id_] = token
        return token

    def new(self, holder: Holder, id_: str, deadline: Deadline) -> Token:
        """Store and return a new token; `id_` is that of the present lease's token, all others are revoked.

        Raises ReferenceRefused, VaultDenied or VaultAway, and the errors of the API server's client.
        """
        held = self._load(holder, deadline)
        for old_id in [each for each in held.stored if each != id_]:
            self._end(holder, held, old_id)
        token = self._tokens.log_in(holder.identity, deadline)
        stored = held.stored | {self.id(holder, token.value): token.value}
        self._keeper.save(holder.uid, self._cipher.encrypt(holder.identity, stored, deadline), deadline)
        held.stored, held.known[self.id(holder, token.value)] = stored, token
        return token

    def revoke(self, holder: Holder, id_: str, deadline: Deadline) -> None:
        """Revoke the token of this id, and its lease; raise VaultDenied if it is not stored or Vault refuses, or VaultAway."""
        held = self._load(holder, deadline)
        if id_ not in held.stored:
            raise VaultDenied("the token of the lease is not stored")
        self._tokens.revoke(holder.identity, held.stored[id_])
        del held.stored[id_]

    def id(self, holder: Holder, token: str) -> str:
        """Return the id of a token: a keyed hash of its identity, and one of the token."""
        mark = "".join(filter(str.isalnum, mac_of({"token": token.encode()}, self._key)))
        return self._start(holder) + mark[:_ID_LENGTH]

    def _start(self, holder: Holder) -> str:
        return f"{holder.identity.mark(self._key)[:_ID_LENGTH]}."

    def tidy(self, needed: Callable[[], Collection[str]], deadline: Deadline) -> None:
        """Delete the tokens of objects that are not `needed`; raise the errors of the API server's client.

        `needed` returns uids. It is called after the list, so that the token of an object created meanwhile stays.
        """
        stored = self._keeper.uids(deadline)
        uids = needed()
        for uid in stored:
            if uid not in uids:
                self._keeper.remove(uid, deadline)
        with self._lock:
            self._held = {uid: held for uid, held in self._held.items() if uid in uids}

    def _end(self, holder: Holder, held: _Held, id_: str) -> None:
        """Revoke and forget a token whose lease no status names; if that is refused, the token expires by itself."""
        with suppress(VaultDenied):
            self._tokens.revoke(holder.identity, held.stored[id_])
        del held.stored[id_]

    def _load(self, holder: Holder, deadline: Deadline) -> _Held:
        """Return the stored tokens of the holder, without tokens that another login or another Vault has granted."""
        start = self._start(holder)
        with self._lock:
            held = self._held.get(holder.uid)
        if held is None or held.start != start:
            loaded = self._keeper.load(holder.uid, deadline)
            stored = {id_: text for id_, text in loaded.items() if id_.startswith(start)}
            held = _Held(start, self._cipher.decrypt(holder.identity, stored, deadline))
            with self._lock:
                self._held[holder.uid] = held
        return held
