"""Logins that are shared for a few seconds, so that objects applied together need only one.

A login belongs to one ServiceAccount, by its uid, and to all values of a VaultLogin. It is shared for a few seconds, less
than its own life, and for a limited number of objects. Each object requests a token of the ServiceAccount first, so that
a login cannot be used for a ServiceAccount that was deleted or may no longer be used.
"""

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable

from vaultkube.deadline import Deadline
from vaultkube.errors import VaultUnavailable
from vaultkube.lru import LRUDict
from vaultkube.vault.log_in import VaultToken
from vaultkube.vault.login import VaultLogin

SHARED_S = 15.0
_PART_OF_LIFE = 0.5
MOST_OBJECTS = 100
MOST_LOGINS = 500

LogIn = Callable[[], VaultToken]


class _Login:
    """One login, to be used by the thread that holds its lock."""

    __slots__ = ("ends_at", "lock", "objects_left", "token")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token = ""
        self.ends_at = 0.0
        self.objects_left = 0

    def is_usable(self, now: float) -> bool:
        return self.objects_left > 0 and now < self.ends_at


class SharedLogins:
    """Caches the logins of one process; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all: LRUDict[bytes, _Login] = LRUDict(MOST_LOGINS)

    def token(
        self, login: VaultLogin, uid: str, log_in: LogIn, deadline: Deadline, refused: str = ""
    ) -> tuple[str, bool]:
        """Return a token other than `refused`, and whether another object has used it before.

        `uid` is that of the ServiceAccount. Objects with the same login wait for each other; raises VaultUnavailable if that
        lasts until the deadline, and the errors of `log_in`.
        """
        held = self._find(_key(login, uid))
        if not held.lock.acquire(timeout=min(deadline.remaining_s(), threading.TIMEOUT_MAX)):
            raise VaultUnavailable(f"Vault at {login.address} did not answer a login in time; try again")
        try:
            is_used = held.is_usable(self._clock()) and held.token != refused
            if not is_used:
                self._replace(held, log_in)
            held.objects_left -= 1
            return held.token, is_used
        finally:
            held.lock.release()

    def _replace(self, held: _Login, log_in: LogIn) -> None:
        began, held.objects_left = self._clock(), 0
        token = log_in()
        held.token = token.value
        held.ends_at = began + min(SHARED_S, token.lasts_s * _PART_OF_LIFE)
        held.objects_left = 1 if token.is_counted else MOST_OBJECTS

    def _find(self, key: bytes) -> _Login:
        """Return the entry of a login, and remove other entries that have ended, or are too many."""
        with self._lock:
            now = self._clock()
            for other, held in list(self._all.items()):
                if other != key and not (held.lock.locked() or held.is_usable(now)):
                    del self._all[other]
            found = self._all[key] = self._all.get(key) or _Login()
            return found


def _key(login: VaultLogin, uid: str) -> bytes:
    """Return a cache key of fixed size, as certificates and annotations may be long."""
    return hashlib.sha256(repr((login, uid)).encode()).digest()


def account_uid(account_token: str) -> str:
    """Return the uid of the token's ServiceAccount, or the token itself if it has no such claim.

    https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
    """
    try:
        claims = json.loads(urlsafe_b64decode(account_token.split(".")[1] + "=="))
        return str(claims["kubernetes.io"]["serviceaccount"]["uid"])
    except (IndexError, KeyError, TypeError, ValueError):
        return account_token
