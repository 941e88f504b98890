"""Kept connections of urllib3 that are believed in only so far.

One can be dead without a word: a NAT gateway or load balancer has forgotten it, or the server is another machine now.
So one that was idle for long is not used, one that does not answer gets half of the time, and its failure is taken for
that of all that were kept with it.
"""

import socket
import time
from collections.abc import Callable
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from vaultkube.net.adapter import Unwarned, seconds

Dial = Callable[[str, int, float], socket.socket]
"""Host, port and seconds to a connected socket."""

MAX_IDLE_S = 30.0
"""Less than the minute after which the most impatient load balancers forget a connection."""
REPEATABLE = frozenset({"GET", "HEAD"})


class Noted:
    """A connection that notes when it was made and last used."""

    made_at = 0.0
    used_at = 0.0

    def request(self, *arguments: Any, **options: Any) -> None:
        self.used_at = time.monotonic()
        super().request(*arguments, **options)  # type: ignore[misc]

    def noted(self, connected: socket.socket) -> socket.socket:
        """Note that it was made just now."""
        self.made_at = time.monotonic()
        return connected


class Keeping(Unwarned):
    """A pool of Noted connections, whose sockets are `vaultkube.net.budget.Budget`s.

    Who repeats a request that fails on a kept connection is given a new one, and half of the time is left for that.
    """

    repeatable = REPEATABLE
    _trusted_since = 0.0

    def _get_conn(self, timeout: Any = None) -> Any:
        connection: Any = super()._get_conn(timeout)  # type: ignore[misc]
        idle_s = time.monotonic() - connection.used_at
        if not connection.is_closed and (idle_s > MAX_IDLE_S or connection.made_at <= self._trusted_since):
            connection.close()
        return connection

    def _make_request(
        self, conn: Any, method: str, url: str, *arguments: Any, timeout: Any, **options: Any
    ) -> Any:
        if conn.is_closed:
            return self._answered(conn, method, url, *arguments, timeout=timeout, **options)
        connection, end = conn.sock, time.monotonic() + timeout.total
        share = 0.5 if method in self.repeatable else 1.0
        part = urllib3.Timeout(total=share * timeout.total)
        try:
            response = self._answered(conn, method, url, *arguments, timeout=part, **options)
        except Exception:
            self._trusted_since = time.monotonic()
            raise
        connection.allow(end - time.monotonic())
        return response

    def _answered(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        return super()._make_request(conn, method, *arguments, **options)  # type: ignore[misc]


class Repeating(Keeping):
    """A pool of a server of which everything may be asked twice."""

    repeatable = REPEATABLE | {"POST"}


def kept_pools(
    dial: Dial, connection: type[Noted] = Noted, pool: type[Keeping] = Keeping
) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools by scheme, of these kinds, with connections made by `dial` and by nothing else."""

    class Plain(connection, HTTPConnection):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> Any:
            return self.noted(dial(self._dns_host, self.port, seconds(self.timeout)))

    class Secure(connection, HTTPSConnection):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> Any:
            return self.noted(dial(self._dns_host, self.port, seconds(self.timeout)))

    class PlainPool(pool, HTTPConnectionPool):  # type: ignore[misc, valid-type]
        ConnectionCls = Plain

    class SecurePool(pool, HTTPSConnectionPool):  # type: ignore[misc, valid-type]
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
