"""The holdings of the provider for each pod and role: one token and the answers that were issued with it, in memory alone."""

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
"""Of all answers that are kept, as JSON."""
_SHARE = 4
"""A namespace has a quarter of it."""


class Access:
    """A pod's access to Vault with one role; to be used by whoever has entered it."""

    __slots__ = ("issued", "lock", "token")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: VaultToken | None = None
        self.issued: dict[SecretRequest, IssuedAnswer] = {}

    def usable_token(self, now: float) -> VaultToken | None:
        """Return the token, None if another one is needed: because of its end, or of that of a lease that it has."""
        if self.token and self.token.is_usable(now, AHEAD_S if self.has_leases() else 0.0):
            return self.token
        return None

    def has_leases(self) -> bool:
        """Return whether something would end with the token."""
        return any(answer.ends_with_token for answer in self.issued.values())

    def replace(self, token: VaultToken | None) -> None:
        """Take another token; what ends with the old one is asked for again."""
        self.token = token
        self.issued = {
            request: answer for request, answer in self.issued.items() if not answer.ends_with_token
        }


class Accesses:
    """The access of each pod and role; of more than `most`, the namespace that has the most loses those used least recently."""

    def __init__(self, most: int) -> None:
        self._most = max(most, 1)
        self._all: OrderedDict[PodLogin, Access] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def entered(self, login: PodLogin, deadline: Deadline) -> Iterator[Access]:
        """Have the access for the length of a `with` statement; other mounts of the same pod and role wait.

        Raises Unavailable if they have it until the deadline.
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
        """Return whether an answer of that size may be kept for a pod of the namespace beside those that are."""
        everything = own = size_bytes
        for login, access in self.snapshot():
            answers_bytes = sum(len(answer.body) for answer in list(access.issued.values()))
            everything += answers_bytes
            own += answers_bytes if login.namespace == namespace else 0
        return everything <= _MOST_BYTES and own <= _MOST_BYTES // _SHARE

    def holdings(self) -> Holdings:
        """Return how much is kept."""
        held = self.snapshot()
        sizes = [len(answer.body) for _, access in held for answer in list(access.issued.values())]
        return Holdings(len(held), len(sizes), sum(sizes))

    def snapshot(self) -> list[tuple[PodLogin, Access]]:
        """Return what there is now."""
        with self._lock:
            return list(self._all.items())

    def put(self, login: PodLogin, access: Access) -> None:
        """Keep an access that another provider has had."""
        with self._lock:
            self._all[login] = access

    def drop(self, login: PodLogin) -> None:
        """Forget the access of a pod that is gone."""
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
        """Return the login that was used least recently, of those of the namespace that has the most."""
        others = [login for login in self._all if login != but]
        numbers = Counter(login.namespace for login in others)
        return max(others, key=lambda login: numbers[login.namespace])
