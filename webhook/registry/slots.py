"""How many may do something at a time: all together, and for each of those it is done for."""

import threading
from collections import Counter
from collections.abc import Hashable


class Slots:
    """`limit` places, at most half of them for one key; who takes one need not be who gives it back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._share = (limit + 1) // 2
        self._taken: Counter[Hashable] = Counter()
        self._changed = threading.Condition()

    def take(self, key: Hashable, timeout_s: float) -> bool:
        """Take a place; false where none was free in time."""
        with self._changed:
            free = self._changed.wait_for(lambda: self._free(key), timeout_s)
            self._taken[key] += free
            return free

    def give_back(self, key: Hashable) -> None:
        """Let another have it."""
        with self._changed:
            self._taken[key] -= 1
            self._taken += Counter()  # forget who has none
            self._changed.notify_all()

    def _free(self, key: Hashable) -> bool:
        return self._taken.total() < self._limit and self._taken[key] < self._share
