"""The queue: which object is worked on when. Each at most once at a time, the earliest wish wins."""

import heapq
import threading
import time
from collections.abc import Callable

from vaultsync.cluster.store import Key


class Queue:
    """Keys with the time at which each is due, by the monotonic clock; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._taken: set[Key] = set()
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
                    return key
                self._changed.wait(wait_s)
            return None

    def done(self, key: Key) -> None:
        """Let the key be taken again."""
        with self._changed:
            self._taken.discard(key)
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

        A key that is being worked on is left out; `done` puts it back.
        """
        while self._heap:
            at, key = self._heap[0]
            if self._due.get(key) == at and key not in self._taken:
                return at - self._clock()
            heapq.heappop(self._heap)
        return None
