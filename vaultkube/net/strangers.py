"""Connections that have not shown yet that they are the API server's: a bound on their number, and on each source's."""

from collections.abc import Callable
from typing import Generic, TypeVar

MOST = 512
MOST_OF_A_SOURCE = 128


Connection = TypeVar("Connection")


class Strangers(Generic[Connection]):
    """Connections in the order in which they came, by source address."""

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
        """Add a connection; return the one that is to be closed for it: the oldest of its source, if that has too many.

        If all have too many, it is the oldest of the source with the most: a source with few, such as the API server,
        keeps them. One that `can_close` does not allow stays; if its source has no other, the new one is to be closed.
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
        """Forget a connection, known or not."""
        source = self._source.pop(connection, None)
        if source is not None:
            own = self._by_source[source]
            del own[connection]
            if not own:
                del self._by_source[source]

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._source
