"""A dictionary of limited size, for caches whose keys come from outside."""

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LRUDict(OrderedDict[Key, Value]):
    """Holds the `most` entries that were stored last; `move_to_end` counts as storing. Not safe to share between threads."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: Key, value: Value) -> None:
        """Store the entry as the newest one, and remove the oldest of too many."""
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
