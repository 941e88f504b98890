"""The queue: which object is worked on when. Each at most once at a time, the earliest wish wins.

Objects of one namespace have at most three quarters of the places: they may name a Vault that does not answer, and those of
others must not wait for it.
"""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable

from vaultsync.cluster.store import Key

_NO_LIMIT = 1 << 30


class Queue:
    """Keys with the time at which each is due, by the monotonic clock; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, places: int = _NO_LIMIT) -> None:
        """`places` is how many keys will be taken at a time."""
        self._clock = clock
        self._share = max(1, places * 3 // 4)
        self._changed = threading.Condition()
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._taken: set[Key] = set()
        self._of_namespace: Counter[str] = Counter()
        self._waiting: dict[str, list[tuple[float, Key]]] = {}
        """Heaps of the rows for which their namespace has no place."""
        self._closed = False

    def put(self, key: Key, after_s: float = 0.0) -> None:
        """Have the key worked on after so many seconds, or earlier where that was wished before."""
        at = self._clock() + after_s
        with self._changed:
            if at < self._due.get(key, float("inf")):
                self._due[key] = at
                heapq.heappush(self._heap, (at, key))
                self._changed.notify()

    def take(self) -> Key | None:
        """Return the next key when it is due; None after `close`. `done` must follow."""
        with self._changed:
            while not self._closed:
                wait_s = self._next_s()
                if wait_s is not None and wait_s <= 0:
                    _, key = heapq.heappop(self._heap)
                    del self._due[key]
                    self._taken.add(key)
                    self._of_namespace[key.namespace] += 1
                    return key
                self._changed.wait(wait_s)
            return None

    def done(self, key: Key) -> None:
        """Let the key be taken again."""
        with self._changed:
            self._taken.discard(key)
            self._of_namespace[key.namespace] -= 1
            self._let_in(key.namespace)
            if key in self._due:
                heapq.heappush(self._heap, (self._due[key], key))
            self._changed.notify()

    def close(self) -> None:
        """Give out no more keys."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def is_idle(self) -> bool:
        """Return whether nothing is being worked on, and nothing is due now."""
        with self._changed:
            wait_s = self._next_s()
            return not self._taken and (wait_s is None or wait_s > 0)

    def __len__(self) -> int:
        with self._changed:
            return len(self._due)

    def _next_s(self) -> float | None:
        """Return the seconds until the first key that can be taken; rows that were overtaken are thrown away.

        A key that is being worked on, or whose namespace has its share, is left out; `done` puts it back.
        """
        while self._heap:
            at, key = self._heap[0]
            can_be_taken = self._due.get(key) == at and key not in self._taken
            if can_be_taken and self._of_namespace[key.namespace] < self._share:
                return at - self._clock()
            row = heapq.heappop(self._heap)
            if can_be_taken:
                heapq.heappush(self._waiting.setdefault(key.namespace, []), row)
        return None

    def _let_in(self, namespace: str) -> None:
        """Put back the first row that waits for a place of the namespace, and was not overtaken."""
        rows = self._waiting.get(namespace)
        while rows:
            at, key = heapq.heappop(rows)
            if self._due.get(key) == at:
                heapq.heappush(self._heap, (at, key))
                return
