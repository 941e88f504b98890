"""Keep-alive pools for registries: their connections follow the address policy, and their failures name the phase.

urllib3 would resolve a name itself, after any check; these connections are made by the caller's function instead.
"""

import socket
import time
from http.client import HTTPException
from typing import Any

from urllib3.exceptions import HTTPError

from vaultkube.net.keepalive import REPEATABLE, Dial, SuspiciousPool, TimestampedConnection, pools
from webhook.registry.network_failures import from_exception

_MAX_HEAD_BYTES = 64 * 1024
"""The most bytes of the status line and all headers."""


class _TracedConnection(TimestampedConnection):
    """A connection that records the phase of its request, and bounds the size of an answer's head."""

    phase = ""
    sock: Any

    def request(self, *arguments: Any, **options: Any) -> None:
        self.phase = "sending the request"
        super().request(*arguments, **options)

    def getresponse(self) -> Any:
        """Return the answer, with the socket's `expect` for reading the body."""
        self.phase, connected = "waiting for the answer", self.sock
        connected.expect(_MAX_HEAD_BYTES)
        response: Any = super().getresponse()
        response.expect = connected.expect
        return response

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self.phase = "TLS handshake"
        return connected


class _RegistryPool(SuspiciousPool):
    """A pool that raises every failure as a RegistryFailure."""

    def _exchange(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        reused, started = not conn.is_closed, time.monotonic()
        idle_s = started - conn.used_at
        try:
            return super()._exchange(conn, method, *arguments, **options)
        except (OSError, ValueError, HTTPException, HTTPError) as error:
            phase = conn.phase
            if reused:
                phase += f" on a connection that was idle for {idle_s:.1f} s"
            address = f"{conn.host}:{conn.port}"
            raise from_exception(
                error, address, phase, is_retryable=reused and method in REPEATABLE
            ) from None


def registry_pools(dial: Dial) -> dict[str, type[Any]]:
    """Return urllib3's pool classes by scheme; `dial` makes their connections and raises RegistryFailure."""
    return pools(dial, _TracedConnection, _RegistryPool)
