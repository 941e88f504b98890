"""Pools of urllib3 whose connections are dialled by us: urllib3 resolves a name by itself, after any check before."""

import socket
import time
from http.client import HTTPException
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from vaultkube.net.keepalive import REPEATABLE, Dial, Keeping, Noted, kept_pools
from webhook.registry.faults import failure_of

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
    """Return urllib3's pools by scheme, with connections made by `dial`, which raises RegistryFailure."""
    return kept_pools(dial, _Followed, _Answering)
