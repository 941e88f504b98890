"""Connections of urllib3 that are dialled by us, and whose timeout is the time left for all that follows.

Two things urllib3 leaves open: it resolves a name by itself, after any check that came before; and it gives
every single `recv` the whole timeout, so that one byte a second lasts for ever.
"""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Dial = Callable[[str, int, float], socket.socket]
"""Host, port and seconds to a connected socket."""


class _Budget(socket.socket):
    """A socket whose `settimeout` bounds all operations after it together, not each by itself."""

    _end: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._end = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def _spend(self) -> None:
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            super().settimeout(left)

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        self._spend()
        return super().recv_into(*arguments, **options)

    def send(self, *arguments: Any, **options: Any) -> int:
        self._spend()
        return super().send(*arguments, **options)

    def sendall(self, *arguments: Any, **options: Any) -> None:
        self._spend()
        super().sendall(*arguments, **options)


class BudgetSocket(_Budget):
    """Without TLS."""


class BudgetTLSSocket(_Budget, ssl.SSLSocket):
    """With TLS; its handshake has one timeout as a whole (CPython, Modules/_ssl.c)."""


def tls_context(ca_file: str, verify: bool) -> ssl.SSLContext:
    """Return a context that trusts the system's CAs and those of `ca_file`; raise OSError or ssl.SSLError.

    `verify` false: no certificate is checked.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = BudgetTLSSocket
    context.set_alpn_protocols(["http/1.1"])
    if ca_file:
        context.load_verify_locations(ca_file)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def pool_classes(dial: Dial) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools by scheme, with connections made by `dial` and by nothing else."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self._dns_host, self.port, _seconds(self.timeout))

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self._dns_host, self.port, _seconds(self.timeout))

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

        def _validate_conn(self, conn: Any) -> None:
            """Connect, without urllib3's warning: that a certificate is not checked is the operator's decision."""
            if conn.is_closed:
                conn.connect()

    return {"http": PlainPool, "https": SecurePool}


def _seconds(timeout: Any) -> float:
    return float(timeout)
