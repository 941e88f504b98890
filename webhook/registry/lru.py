"""A cache of values that expire, bounded by their size."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ExpiringLRU(Generic[Key, Value]):
    """Values by key, up to `max_bytes` of the sizes given to `put`; the least recently used are removed first."""

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[Key, tuple[Value, float, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return the value, or None if there is none or it has expired."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, end, _ = entry
            if self._clock() >= end:
                self._remove(key)
                return None
            self._entries.move_to_end(key)
            return value

    def put(self, key: Key, value: Value, life_s: float, size_bytes: int) -> None:
        """Store a value for `life_s` seconds."""
        with self._lock:
            self._remove(key)
            if life_s <= 0 or size_bytes > self._max_bytes:
                return
            self._entries[key] = (value, self._clock() + life_s, size_bytes)
            self._bytes += size_bytes
            while self._bytes > self._max_bytes:
                self._remove(next(iter(self._entries)))

    def drop(self, key: Key) -> None:
        """Remove a value."""
        with self._lock:
            self._remove(key)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """The size of all values together."""
        return self._bytes

    def _remove(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry:
            self._bytes -= entry[2]
