"""Cached accesses, one for each pod and role: a token and the answers issued with it, only in memory."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from vaultcsi.errors import Unavailable
from vaultcsi.metrics import Holdings
from vaultcsi.vault.issued import AHEAD_S, IssuedAnswer
from vaultcsi.vault.login import VaultToken
from vaultcsi.vault.server import PodLogin
from vaultkube.deadline import Deadline
from vaultkube.provider_class.objects import SecretRequest

_MOST_BYTES = 16 << 20
"""Bytes of all cached answers, as JSON."""
_SHARE = 4
"""A namespace may use this part of it, a quarter."""


class Access:
    """A pod's access to Vault with one role; to be used only by the thread that holds its lock."""

    __slots__ = ("issued", "lock", "token")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: VaultToken | None = None
        self.issued: dict[SecretRequest, IssuedAnswer] = {}

    def usable_token(self, now: float) -> VaultToken | None:
        """Return the token, or None if it ends too soon for the mount or for a lease that depends on it."""
        if self.token and self.token.is_usable(now, AHEAD_S if self.has_leases() else 0.0):
            return self.token
        return None

    def has_leases(self) -> bool:
        """Return whether any answer would end with the token."""
        return any(answer.ends_with_token for answer in self.issued.values())

    def replace(self, token: VaultToken | None) -> None:
        """Replace the token, and drop the answers that end with the old one, so that they are requested again."""
        self.token = token
        self.issued = {
            request: answer for request, answer in self.issued.items() if not answer.ends_with_token
        }


class Accesses:
    """Caches at most `most` accesses; beyond that the namespace with the most loses those used least recently."""

    def __init__(self, most: int) -> None:
        self._most = max(most, 1)
        self._all: OrderedDict[PodLogin, Access] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def entered(self, login: PodLogin, deadline: Deadline) -> Iterator[Access]:
        """Yield the locked access for the length of a `with` statement; other mounts of the same pod and role wait.

        Raises Unavailable if another mount holds the lock until the deadline.
        """
        access = self._get(login)
        if not access.lock.acquire(timeout=min(deadline.remaining_s(), threading.TIMEOUT_MAX)):
            raise Unavailable(
                f"another mount of the pod waits for Vault; it is retried automatically ({login})"
            )
        try:
            yield access
        finally:
            access.lock.release()

    def has_room(self, namespace: str, size_bytes: int) -> bool:
        """Return whether one more answer of this size may be cached for a pod of the namespace."""
        everything = own = size_bytes
        for login, access in self.snapshot():
            answers_bytes = sum(len(answer.body) for answer in list(access.issued.values()))
            everything += answers_bytes
            own += answers_bytes if login.namespace == namespace else 0
        return everything <= _MOST_BYTES and own <= _MOST_BYTES // _SHARE

    def holdings(self) -> Holdings:
        """Return the numbers and the size of the cached logins and answers."""
        held = self.snapshot()
        sizes = [len(answer.body) for _, access in held for answer in list(access.issued.values())]
        return Holdings(len(held), len(sizes), sum(sizes))

    def snapshot(self) -> list[tuple[PodLogin, Access]]:
        """Return all present accesses by their login."""
        with self._lock:
            return list(self._all.items())

    def put(self, login: PodLogin, access: Access) -> None:
        """Store an access that another provider has handed over."""
        with self._lock:
            self._all[login] = access

    def drop(self, login: PodLogin) -> None:
        """Remove the access of a deleted pod."""
        with self._lock:
            self._all.pop(login, None)

    def _get(self, login: PodLogin) -> Access:
        with self._lock:
            access = self._all.setdefault(login, Access())
            self._all.move_to_end(login)
            while len(self._all) > self._most:
                del self._all[self._least_needed(login)]
            return access

    def _least_needed(self, but: PodLogin) -> PodLogin:
        """Return the least recently used login of the namespace with the most logins."""
        others = [login for login in self._all if login != but]
        numbers = Counter(login.namespace for login in others)
        return max(others, key=lambda login: numbers[login.namespace])
