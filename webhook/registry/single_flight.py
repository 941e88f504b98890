"""Single flight: threads that need the same value wait for the one that fetches it."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from vaultkube.deadline import Deadline
from webhook.registry.failures import Kind, RegistryFailure

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Flight(Generic[Value]):
    def __init__(self) -> None:
        self.landed = threading.Event()
        self.values: list[Value] = []
        self.failure: RegistryFailure | None = None


class SingleFlight(Generic[Key, Value]):
    """Holds the running fetches by key."""

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Value]] = {}
        self._lock = threading.Lock()

    def fetch(self, key: Key, work: Callable[[], Value], deadline: Deadline) -> tuple[Value, bool]:
        """Return the value, and whether another thread fetched it; raise RegistryFailure.

        A failure is shared as well, unless the fetching thread ran out of time: then one of the waiting threads
        fetches.
        """
        while True:
            with self._lock:
                flight = self._flights.get(key)
                own = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            if own:
                return self._lead(key, flight, work, deadline), False
            if not flight.landed.wait(deadline.remaining_s()):
                raise RegistryFailure(
                    Kind.UNREACHABLE, "the same request of another thread did not end in time"
                )
            if flight.values:
                return flight.values[0], True
            if flight.failure:
                raise flight.failure.copy()

    def _lead(self, key: Key, flight: _Flight[Value], work: Callable[[], Value], deadline: Deadline) -> Value:
        try:
            value = work()
            flight.values.append(value)
            return value
        except RegistryFailure as failure:
            if not deadline.passed():
                flight.failure = failure.copy()
            raise
        finally:
            with self._lock:
                del self._flights[key]
            flight.landed.set()
