"""A listener on the loopback interface, whose connections are those of `client.connection`."""

from __future__ import annotations

from _socket import IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, socket

from vaultenv.client.connection import Connection, adopted

_AF_INET, _SOL_SOCKET, _SO_REUSEADDR = 2, 1, 2  # as Linux numbers them on every architecture of the launcher
_BACKLOG = 32
_HOST = "127.0.0.1"


class Listening:
    """Connections to a port of 127.0.0.1."""

    __slots__ = ("_socket", "port")

    def __init__(self, port: int) -> None:
        """Listen on the port, 0 for any that is free; raise OSError."""
        self._socket = socket(_AF_INET, SOCK_STREAM)
        self._socket.setsockopt(_SOL_SOCKET, _SO_REUSEADDR, 1)
        self._socket.bind((_HOST, port))
        self._socket.listen(_BACKLOG)
        self.port: int = self._socket.getsockname()[1]

    def accept(self) -> Connection:
        """Return the next connection; raise OSError."""
        descriptor, _ = self._socket._accept()  # type: ignore[attr-defined]
        made = adopted(_AF_INET, descriptor)
        made.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return Connection(made, None)
