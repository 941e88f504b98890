"""Limits for connections not yet known to be the API server's: of their number, and of the number from each source."""

from collections.abc import Callable
from typing import Generic, TypeVar

MOST = 512
MOST_OF_A_SOURCE = 128


Connection = TypeVar("Connection")


class Strangers(Generic[Connection]):
    """Holds connections in the order of their arrival, by source address."""

    def __init__(self, most: int = MOST, most_of_a_source: int = MOST_OF_A_SOURCE) -> None:
        self._most = most
        self._most_of_a_source = most_of_a_source
        self._source: dict[Connection, str] = {}
        self._by_source: dict[str, dict[Connection, None]] = {}

    def add(
        self,
        connection: Connection,
        source: str,
        can_close: Callable[[Connection], bool] = lambda _connection: True,
    ) -> Connection | None:
        """Add a connection; return the one to close for it: the oldest of its source, if that has too many.

        If there are too many in total, it is the oldest of the source with the most: those of a source with few, such as the
        API server, stay open. One that `can_close` refuses stays open; if its source has no other, the new one is closed.
        """
        self._source[connection] = source
        own = self._by_source.setdefault(source, {})
        own[connection] = None
        if len(own) > self._most_of_a_source:
            return next(filter(can_close, own), connection)
        if len(self._source) > self._most:
            most = max(self._by_source.values(), key=len)
            return next(filter(can_close, most), None)
        return None

    def remove(self, connection: Connection) -> None:
        """Remove a connection, if it is known."""
        source = self._source.pop(connection, None)
        if source is not None:
            own = self._by_source[source]
            del own[connection]
            if not own:
                del self._by_source[source]

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._source
