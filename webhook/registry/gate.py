"""How many may do something at a time, for each key."""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from webhook.deadline import Deadline
from webhook.registry.failures import Kind, RegistryFailure


class Gate:
    """Lets `limit` threads in for each key; the others wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside: Counter[Hashable] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def entered(self, key: Hashable, deadline: Deadline) -> Iterator[None]:
        """Be one of those inside; raise RegistryFailure (UNREACHABLE) when none leaves in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._inside[key] < self._limit, deadline.remaining_s()):
                raise RegistryFailure(Kind.UNREACHABLE, f"{self._limit} requests to {key} are under way")
            self._inside[key] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[key] -= 1
                if not self._inside[key]:
                    del self._inside[key]
                self._changed.notify_all()
