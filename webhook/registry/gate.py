"""How many may do something at a time, for each key, and how many of them for one holder."""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from webhook.registry.failures import RegistryFailure


class Gate:
    """Lets `limit` in for each key, at most three quarters of them for the same holder; the others wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._share = max(1, limit * 3 // 4)
        self._inside: Counter[Hashable] = Counter()
        self._changed = threading.Condition()

    def enter(self, key: Hashable, holder: str, timeout_s: float) -> bool:
        """Go in; false when there was no room in time. Any thread may `leave` later."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(key, holder), timeout_s):
                return False
            self._inside.update((key, (key, holder)))
            return True

    def leave(self, key: Hashable, holder: str) -> None:
        """Make room."""
        with self._changed:
            self._inside.subtract((key, (key, holder)))
            self._inside = +self._inside  # without those of whom none is inside
            self._changed.notify_all()

    @contextmanager
    def entered(
        self, key: Hashable, holder: str, timeout_s: float, otherwise: RegistryFailure
    ) -> Iterator[None]:
        """Be inside; raise `otherwise` when there was no room in time."""
        if not self.enter(key, holder, timeout_s):
            raise otherwise
        try:
            yield
        finally:
            self.leave(key, holder)

    def _has_room(self, key: Hashable, holder: str) -> bool:
        return self._inside[key] < self._limit and self._inside[key, holder] < self._share
