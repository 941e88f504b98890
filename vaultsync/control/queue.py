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

_UNLIMITED = 1 << 30


class Queue:
    """Keys with the time at which each is due, by the monotonic clock; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, places: int = _UNLIMITED) -> None:
        """`places` is how many keys will be taken at a time."""
        self._clock = clock
        self._share = max(1, places * 3 // 4)
        self._changed = threading.Condition()
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._running: set[Key] = set()
        self._running_by_namespace: Counter[str] = Counter()
        self._waiting: dict[str, list[tuple[float, Key]]] = {}
        """Heaps of the rows for which their namespace has no place."""
        self._closed = False

    def put(self, key: Key, delay_s: float = 0.0) -> None:
        """Have the key worked on after so many seconds, or earlier where that was wished before."""
        due_at = self._clock() + delay_s
        with self._changed:
            if due_at < self._due.get(key, float("inf")):
                self._due[key] = due_at
                heapq.heappush(self._heap, (due_at, key))
                self._changed.notify()

    def get(self) -> Key | None:
        """Return the next key when it is due; None after `close`. `done` must follow."""
        with self._changed:
            while not self._closed:
                wait_s = self._next_s()
                if wait_s is not None and wait_s <= 0:
                    _, key = heapq.heappop(self._heap)
                    del self._due[key]
                    self._running.add(key)
                    self._running_by_namespace[key.namespace] += 1
                    return key
                self._changed.wait(wait_s)
            return None

    def done(self, key: Key) -> None:
        """Let the key be taken again."""
        with self._changed:
            self._running.discard(key)
            self._running_by_namespace[key.namespace] -= 1
            self._requeue_waiting(key.namespace)
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
            return not self._running and (wait_s is None or wait_s > 0)

    def __len__(self) -> int:
        with self._changed:
            return len(self._due)

    def _next_s(self) -> float | None:
        """Return the seconds until the first key that can be taken; rows that were overtaken are thrown away.

        A key that is being worked on, or whose namespace has its share, is left out; `done` puts it back.
        """
        while self._heap:
            due_at, key = self._heap[0]
            is_ready = self._due.get(key) == due_at and key not in self._running
            if is_ready and self._running_by_namespace[key.namespace] < self._share:
                return due_at - self._clock()
            row = heapq.heappop(self._heap)
            if is_ready:
                heapq.heappush(self._waiting.setdefault(key.namespace, []), row)
        return None

    def _requeue_waiting(self, namespace: str) -> None:
        """Put back the first row that waits for a place of the namespace, and was not overtaken."""
        rows = self._waiting.get(namespace)
        while rows:
            due_at, key = heapq.heappop(rows)
            if self._due.get(key) == due_at:
                heapq.heappush(self._heap, (due_at, key))
                return
