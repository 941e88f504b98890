"""Pools of urllib3 whose connections are dialled by us and used again only while they are likely to live.

urllib3 resolves a name by itself, after any check that came before; here `dial` does, and nothing else. It also
waits on a kept connection as long as on a new one. But a kept one can be dead without a word: a NAT gateway or load
balancer has forgotten it, or the registry is another machine now. So one that was idle for long is not used, one
that does not answer gets half of the time, and its failure is taken for that of all that were kept with it.
"""

import socket
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from webhook.adapter import Unwarned, seconds
from webhook.registry.faults import failure_of

Dial = Callable[[str, int, float], socket.socket]
"""Host, port and seconds to a connected socket; raises RegistryFailure."""

_MAX_IDLE_S = 30.0
"""Less than the minute after which the most impatient load balancers forget a connection."""
_MAX_HEAD_BYTES = 64 * 1024
"""Of the status line and all headers."""
_REPEATABLE = frozenset({"GET", "HEAD"})


class _Noted:
    """A connection that notes when it was made and last used, and how far its request has come."""

    made_at = 0.0
    used_at = 0.0
    phase = ""
    sock: Any

    def request(self, *arguments: Any, **options: Any) -> None:
        self.phase, self.used_at = "sending the request", time.monotonic()
        super().request(*arguments, **options)  # type: ignore[misc]

    def getresponse(self) -> Any:
        """Return the answer; its `expect` is the socket's, for the body."""
        self.phase, connected = "waiting for the answer", self.sock
        connected.expect(_MAX_HEAD_BYTES)
        response = super().getresponse()  # type: ignore[misc]
        response.expect = connected.expect
        return response

    def noted(self, connected: socket.socket) -> socket.socket:
        """Note that it was made just now."""
        self.phase, self.made_at = "TLS handshake", time.monotonic()
        return connected


class _Keeping(Unwarned):
    """A pool that trusts kept connections only so far; failures of all are RegistryFailure."""

    _trusted_since = 0.0

    def _get_conn(self, timeout: Any = None) -> Any:
        connection: Any = super()._get_conn(timeout)  # type: ignore[misc]
        idle_s = time.monotonic() - connection.used_at
        if not connection.is_closed and (idle_s > _MAX_IDLE_S or connection.made_at <= self._trusted_since):
            connection.close()
        return connection

    def _make_request(
        self, conn: Any, method: str, url: str, *arguments: Any, timeout: Any, **options: Any
    ) -> Any:
        kept = not conn.is_closed
        if not kept or method not in _REPEATABLE:
            return self._answered(conn, method, url, *arguments, timeout=timeout, **options)
        connection, end = conn.sock, time.monotonic() + timeout.total
        half = urllib3.Timeout(total=timeout.total / 2)
        response = self._answered(conn, method, url, *arguments, timeout=half, **options)
        connection.allow(end - time.monotonic())
        return response

    def _answered(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        kept, started = not conn.is_closed, time.monotonic()
        idle_s = started - conn.used_at
        try:
            return super()._make_request(conn, method, *arguments, **options)  # type: ignore[misc]
        except (OSError, ValueError, HTTPException, HTTPError) as error:
            phase = conn.phase
            if kept:
                self._trusted_since = time.monotonic()
                phase += f" on a connection that was idle for {idle_s:.1f} s"
            where = f"{conn.host}:{conn.port}"
            raise failure_of(error, where, phase, again=kept and method in _REPEATABLE) from None


def pool_classes(dial: Dial) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools by scheme, with connections made by `dial` and by nothing else."""

    class Plain(_Noted, HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return self.noted(dial(self._dns_host, self.port, seconds(self.timeout)))

    class Secure(_Noted, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return self.noted(dial(self._dns_host, self.port, seconds(self.timeout)))

    class PlainPool(_Keeping, HTTPConnectionPool):  # type: ignore[misc]
        ConnectionCls = Plain

    class SecurePool(_Keeping, HTTPSConnectionPool):  # type: ignore[misc]
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
