"""Workloads whose annotations request reloads, from the watches; all others are not stored."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue
from vaultsync.control.tools import chance
from vaultsync.reload.workloads import Workload, workload_of


class Workloads:
    """Holds workloads by their key, whose kind is the plural; safe to share between threads."""

    def __init__(self, queue: Queue, interval_s: float) -> None:
        self._queue = queue
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._seen: dict[Key, Workload] = {}
        self._started = False

    def start(self, *, spread: bool) -> None:
        """Queue every workload: at once, or spread over the interval."""
        with self._lock:
            self._started = True
            keys = list(self._seen)
        for key in keys:
            self._queue.put(key, chance() * self._interval_s if spread else 0.0)

    def all_of(self, plural: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Process a list of all workloads of a kind."""
        found = {Key.of(plural, document) for document in documents}
        with self._lock:
            for key in [key for key in self._seen if key.kind == plural and key not in found]:
                del self._seen[key]
        for document in documents:
            self.changed(plural, document)

    def changed(self, plural: str, document: Mapping[str, Any]) -> None:
        """Process a change of a workload; queue it now if it is new, has a new generation, or is no longer on hold."""
        key, now = Key.of(plural, document), workload_of(plural, document)
        with self._lock:
            before = self._seen.pop(key, None)
            if now is not None:
                self._seen[key] = now
            is_due = self._started and now is not None and not now.hold and _is_news(before, now)
        if is_due:
            self._queue.put(key)

    def removed(self, plural: str, document: Mapping[str, Any]) -> None:
        """Process the removal of a workload."""
        with self._lock:
            self._seen.pop(Key.of(plural, document), None)

    def get(self, key: Key) -> Workload | None:
        """Return the workload, or None if it does not exist or requests no reloads."""
        with self._lock:
            return self._seen.get(key)

    def __len__(self) -> int:
        with self._lock:
            return len(self._seen)


def _is_news(before: Workload | None, now: Workload) -> bool:
    return before is None or before.uid != now.uid or before.generation != now.generation or bool(before.hold)
