"""A circuit breaker: after several failures in a row, no attempt is made for some time."""

import threading
import time
from collections.abc import Callable, Hashable

from vaultkube.lru import LRUDict

_MAX_KEYS = 4096


class Breaker:
    """Opens for `pause_s` seconds after `failures` failures in a row with the same key; then one call may try again."""

    def __init__(
        self, failures: int = 3, pause_s: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._failed: LRUDict[Hashable, tuple[int, float]] = LRUDict(_MAX_KEYS)
        self._lock = threading.Lock()

    def open(self, key: Hashable) -> bool:
        """Return whether no attempt should be made now; after the pause, one caller in each pause may try."""
        with self._lock:
            count, since = self._failed.get(key, (0, 0.0))
            if count < self._limit:
                return False
            if self._clock() < since + self._pause_s:
                return True
            self._failed[key] = (count, self._clock())
            return False

    def failed(self, key: Hashable) -> None:
        """Count a failure."""
        with self._lock:
            count, _ = self._failed.get(key, (0, 0.0))
            self._failed[key] = (count + 1, self._clock())

    def succeeded(self, key: Hashable) -> None:
        """Reset the number of failures."""
        with self._lock:
            self._failed.pop(key, None)
