"""Logins that are kept: one token for each pod and role, used by all its mounts while it is valid, in memory alone."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from vaultcsi.errors import Unavailable
from vaultcsi.vault.login import VaultToken
from vaultcsi.vault.server import PodLogin
from vaultkube.deadline import Deadline

_USED_UNTIL = 0.9
"""Of a token's lifetime: a mount that begins then is done before the end."""
_UNLIMITED_S = 3600.0
"""A token without an end is replaced after so long, as its policies are those of the login."""

LogIn = Callable[[PodLogin, Deadline, float], VaultToken]
"""Returns a new token for a login until the deadline, granted at a monotonic time."""


@dataclass
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: VaultToken | None = None


class Logins:
    """Tokens by login; the `most` used last are kept. Mounts of one pod wait for one login, those of others do not."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = max(most, 1)
        self._clock = clock
        self._entries: OrderedDict[PodLogin, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def token(self, login: PodLogin, deadline: Deadline, log_in: LogIn) -> VaultToken:
        """Return a token of this login that is still valid, else a new one; raise what `log_in` raises."""
        entry = self._entry(login)
        if not entry.lock.acquire(timeout=min(deadline.remaining_s(), threading.TIMEOUT_MAX)):
            raise Unavailable(
                f"another mount of the pod waits for Vault's answer to its login; try again ({login})"
            )
        try:
            if entry.token is None or not self._is_valid(entry.token):
                entry.token = log_in(login, deadline, self._clock())
            return entry.token
        finally:
            entry.lock.release()

    def age_s(self, token: VaultToken) -> float:
        """Return the seconds since the token was granted."""
        return self._clock() - token.granted_at

    def forget(self, login: PodLogin, token: VaultToken) -> None:
        """Use this token no more: the next mount logs in."""
        with self._lock:
            entry = self._entries.get(login)
            if entry and entry.token is token:
                del self._entries[login]

    def _entry(self, login: PodLogin) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(login, _Entry())
            self._entries.move_to_end(login)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return entry

    def _is_valid(self, token: VaultToken) -> bool:
        return self.age_s(token) < (token.lifetime_s or _UNLIMITED_S) * _USED_UNTIL
