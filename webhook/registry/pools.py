"""Pools of urllib3 whose connections are dialled by us: urllib3 resolves a name by itself, after any check before."""

import socket
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from webhook.adapter import seconds
from webhook.kept import REPEATABLE, Keeping, Noted
from webhook.registry.faults import failure_of

Dial = Callable[[str, int, float], socket.socket]
"""Host, port and seconds to a connected socket; raises RegistryFailure."""

_MAX_HEAD_BYTES = 64 * 1024
"""Of the status line and all headers."""


class _Followed(Noted):
    """A connection that notes as well how far its request has come."""

    phase = ""
    sock: Any

    def request(self, *arguments: Any, **options: Any) -> None:
        self.phase = "sending the request"
        super().request(*arguments, **options)

    def getresponse(self) -> Any:
        """Return the answer; its `expect` is the socket's, for the body."""
        self.phase, connected = "waiting for the answer", self.sock
        connected.expect(_MAX_HEAD_BYTES)
        response = super().getresponse()  # type: ignore[misc]
        response.expect = connected.expect
        return response

    def noted(self, connected: socket.socket) -> socket.socket:
        self.phase = "TLS handshake"
        return super().noted(connected)


class _Answering(Keeping):
    """A pool whose failures are all RegistryFailure."""

    def _answered(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        kept, started = not conn.is_closed, time.monotonic()
        idle_s = started - conn.used_at
        try:
            return super()._answered(conn, method, *arguments, **options)
        except (OSError, ValueError, HTTPException, HTTPError) as error:
            phase = conn.phase
            if kept:
                phase += f" on a connection that was idle for {idle_s:.1f} s"
            where = f"{conn.host}:{conn.port}"
            raise failure_of(error, where, phase, again=kept and method in REPEATABLE) from None


def pool_classes(dial: Dial) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools by scheme, with connections made by `dial` and by nothing else."""

    class Plain(_Followed, HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return self.noted(dial(self._dns_host, self.port, seconds(self.timeout)))

    class Secure(_Followed, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return self.noted(dial(self._dns_host, self.port, seconds(self.timeout)))

    class PlainPool(_Answering, HTTPConnectionPool):  # type: ignore[misc]
        ConnectionCls = Plain

    class SecurePool(_Answering, HTTPSConnectionPool):  # type: ignore[misc]
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
