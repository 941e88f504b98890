"""The queue of objects to work on: each at most once at a time, at the earliest of its requested times.

Objects of one namespace occupy at most three quarters of the workers: they may name a Vault that does not answer, and
objects of other namespaces must not wait for it.
"""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable

from vaultsync.cluster.store import Key

_UNLIMITED = 1 << 30


class Queue:
    """Holds keys with their due times, by the monotonic clock; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, places: int = _UNLIMITED) -> None:
        """`places` is the number of keys that are worked on at the same time."""
        self._clock = clock
        self._share = max(1, places * 3 // 4)
        self._changed = threading.Condition()
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._running: set[Key] = set()
        self._running_by_namespace: Counter[str] = Counter()
        self._waiting: dict[str, list[tuple[float, Key]]] = {}
        """By namespace, heaps of the rows that wait for a free place of it."""
        self._closed = False

    def put(self, key: Key, delay_s: float = 0.0) -> None:
        """Queue the key with a delay in seconds, unless it is already due earlier."""
        due_at = self._clock() + delay_s
        with self._changed:
            if due_at < self._due.get(key, float("inf")):
                self._due[key] = due_at
                heapq.heappush(self._heap, (due_at, key))
                self._changed.notify()

    def get(self) -> Key | None:
        """Wait for the next due key and return it, or None after `close`; call `done` after the work on it."""
        with self._changed:
            while not self._closed:
                wait_s = self._next_s()
                if wait_s is not None and wait_s <= 0:
                    _, key = heapq.heappop(self._heap)
                    del self._due[key]
                    self._running.add(key)
                    self._running_by_namespace[key.namespace] += 1
                    return key
                self._changed.wait(None if wait_s is None else min(wait_s, threading.TIMEOUT_MAX))
            return None

    def done(self, key: Key) -> None:
        """Mark the work on a key as done, so that `get` may return it again."""
        with self._changed:
            self._running.discard(key)
            self._running_by_namespace[key.namespace] -= 1
            self._requeue_waiting(key.namespace)
            if key in self._due:
                heapq.heappush(self._heap, (self._due[key], key))
            self._changed.notify()

    def close(self) -> None:
        """Close the queue: `get` returns no more keys."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def is_idle(self) -> bool:
        """Return whether no key is being worked on, and none is due now."""
        with self._changed:
            wait_s = self._next_s()
            return not self._running and (wait_s is None or wait_s > 0)

    def __len__(self) -> int:
        with self._changed:
            return len(self._due)

    def _next_s(self) -> float | None:
        """Return the seconds until the first available key is due, None if there is none; drop outdated rows.

        A key that is being worked on, or whose namespace has used its share, is left out; `done` puts it back.
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
        """Put back the first row that waits for a place of the namespace and is not outdated."""
        rows = self._waiting.get(namespace)
        while rows:
            due_at, key = heapq.heappop(rows)
            if self._due.get(key) == due_at:
                heapq.heappush(self._heap, (due_at, key))
                return
