"""Keep-alive connection pools that do not trust idle connections.

A connection can be dead without a sign: a NAT gateway or load balancer has dropped it, or the server is another machine
now. So a connection that was idle for long is not reused, a reused one gets only half of the time, and its failure
closes all connections of the same age.
"""

import socket
import time
from collections.abc import Callable
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from vaultkube.net.adapter import QuietPool

Dial = Callable[[str, int, float], socket.socket]
"""Returns a connected socket for a host, a port and a number of seconds."""

MAX_IDLE_S = 30.0
"""Less than the minute after which the strictest load balancers drop a connection."""
REPEATABLE = frozenset({"GET", "HEAD"})
_CLASSES = {"http": (HTTPConnection, HTTPConnectionPool), "https": (HTTPSConnection, HTTPSConnectionPool)}


class TimestampedConnection(HTTPConnection):
    """A connection made by `dial` that records the times of its creation and its last use."""

    dial: Dial
    made_at = 0.0
    used_at = 0.0

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request, and record the time."""
        self.used_at = time.monotonic()
        super().request(*arguments, **options)

    def _new_conn(self) -> socket.socket:
        connected = self.dial(self._dns_host, self.port, float(self.timeout or 0))
        self.made_at = time.monotonic()
        return connected


class SuspiciousPool(QuietPool):
    """A pool of TimestampedConnections, whose sockets are `vaultkube.net.budget.Budget`s.

    A repeatable request on a reused connection gets half of the time, so that the caller can retry on a new connection.
    """

    repeatable = REPEATABLE
    _trusted_since = 0.0

    def _get_conn(self, timeout: Any = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        idle_s = time.monotonic() - connection.used_at
        if not connection.is_closed and (idle_s > MAX_IDLE_S or connection.made_at <= self._trusted_since):
            connection.close()
        return connection

    def _make_request(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        if conn.is_closed:
            return self._exchange(conn, method, *arguments, **options)
        connection, total_s = conn.sock, options["timeout"].total
        end = time.monotonic() + total_s
        share = 0.5 if method in self.repeatable else 1.0
        options["timeout"] = urllib3.Timeout(total=share * total_s)
        try:
            response = self._exchange(conn, method, *arguments, **options)
        except Exception:
            self._trusted_since = time.monotonic()
            raise
        connection.allow(end - time.monotonic())
        return response

    def _exchange(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        return super()._make_request(conn, method, *arguments, **options)


class RetryingPool(SuspiciousPool):
    """A pool for a server whose every request, POST included, may be sent twice."""

    repeatable = REPEATABLE | {"POST"}


def pools(
    dial: Dial,
    connection: type[TimestampedConnection] = TimestampedConnection,
    pool: type[SuspiciousPool] = SuspiciousPool,
) -> dict[str, type[Any]]:
    """Return pool classes for urllib3 by scheme, with these bases, whose connections are made only by `dial`."""
    made: dict[str, type[Any]] = {}
    for scheme, (connection_base, pool_base) in _CLASSES.items():
        own = type(connection.__name__, (connection, connection_base), {"dial": staticmethod(dial)})
        made[scheme] = type(pool.__name__, (pool, pool_base), {"ConnectionCls": own})
    return made
