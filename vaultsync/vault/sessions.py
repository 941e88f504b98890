"""Sessions: one token for each identity, logged in once and renewed in time, for requests that make no lease."""

import threading
from dataclasses import dataclass, field

from vaultkube.deadline import Deadline
from vaultkube.lru import LRUDict
from vaultsync.vault.server import Identity
from vaultsync.vault.tokens import Token, Tokens

_MOST = 10_000


@dataclass
class _Session:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None


class Sessions:
    """Caches a token for each identity; safe to share between threads."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._sessions: LRUDict[bytes, _Session] = LRUDict(_MOST)
        """Sessions by the digest of the identity, as its author chooses the length of the identity."""

    def token(self, identity: Identity, deadline: Deadline) -> Token:
        """Return the token of an identity, renewed or from a new login if it is about to end.

        Raises ReferenceRefused, VaultDenied or VaultAway, and the errors of the API server's client.
        """
        session = self._session(identity)
        with session.lock:
            token = session.token and self._tokens.renewed(identity, session.token)
            session.token = token or self._tokens.log_in(identity, deadline)
            return session.token

    def forget(self, identity: Identity, token: Token) -> None:
        """Forget a token that Vault has refused, so that a new login follows."""
        session = self._session(identity)
        with session.lock:
            if session.token and session.token.value == token.value:
                session.token = None

    def _session(self, identity: Identity) -> _Session:
        key = identity.digest()
        with self._lock:
            return self._sessions.setdefault(key, _Session())
