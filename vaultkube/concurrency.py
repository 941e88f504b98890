"""Limits on the number of threads that do the same work at a time, with at most a fair share for one holder."""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Gate:
    """Admits `limit` threads for each key, at most three quarters of them for the same holder; further threads wait.

    Threads of one key and holder are admitted in the order of their arrival.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._share = max(1, limit * 3 // 4)
        self._inside: Counter[Hashable] = Counter()
        self._lines: dict[Hashable, list[object]] = {}
        self._changed = threading.Condition()

    def enter(self, key: Hashable, holder: str, timeout_s: float) -> bool:
        """Wait for a place and occupy it; return False if none was free in time. Any thread may `leave` later."""
        ticket = object()
        with self._changed:
            line = self._lines.setdefault((key, holder), [])
            line.append(ticket)
            try:
                if not self._changed.wait_for(
                    lambda: line[0] is ticket and self._has_room(key, holder), timeout_s
                ):
                    return False
                self._inside.update((key, (key, holder)))
                return True
            finally:
                self._step_out(ticket, line, (key, holder))

    def leave(self, key: Hashable, holder: str) -> None:
        """Free a place."""
        with self._changed:
            self._inside.subtract((key, (key, holder)))
            self._inside = +self._inside  # drops the keys with a count of zero
            self._changed.notify_all()

    @contextmanager
    def entered(self, key: Hashable, holder: str, timeout_s: float, otherwise: Exception) -> Iterator[None]:
        """Occupy a place for the length of a `with` statement; raise `otherwise` if none was free in time."""
        if not self.enter(key, holder, timeout_s):
            raise otherwise
        try:
            yield
        finally:
            self.leave(key, holder)

    def _step_out(self, ticket: object, line: list[object], place: Hashable) -> None:
        line.remove(ticket)
        if line:
            self._changed.notify_all()
        else:
            del self._lines[place]

    def _has_room(self, key: Hashable, holder: str) -> bool:
        return self._inside[key] < self._limit and self._inside[key, holder] < self._share
