"""A server with chosen faults, which no real Vault shows on demand."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, bytes], None]
"""Handles a connection after the head of each request has been read."""


class StandIn:
    """The address of the server, and the heads of all received requests."""

    def __init__(self, port: int, scheme: str, listener: socket.socket | None = None) -> None:
        self.address = f"{scheme}://127.0.0.1:{port}"
        self.port = port
        self.heads: list[bytes] = []
        self._listener = listener
        self._connections: list[socket.socket] = []

    def hold(self, connection: socket.socket) -> None:
        """Keep the connection open until the server ends."""
        self._connections.append(connection)

    def hang_up(self) -> None:
        """End all connections, also idle ones."""
        for connection in self._connections:
            with suppress(OSError):  # it has ended
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def go(self) -> None:
        """Refuse further connections."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None


@contextmanager
def stand_in(behaviour: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    """Yield a server on loopback with that behaviour on every connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = StandIn(listener.getsockname()[1], "https" if context else "http", listener)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_serve, args=(plain, behaviour, server, context))
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        server.go()
        acceptor.join()
        server.hang_up()
        for thread in threads:
            thread.join(10)


def _serve(
    plain: socket.socket, behaviour: Behaviour, server: StandIn, context: ssl.SSLContext | None
) -> None:
    plain.settimeout(8)
    try:
        with context.wrap_socket(plain, server_side=True) if context else plain as stream:
            server.hold(stream)
            while head := _head(stream):
                server.heads.append(head)
                behaviour(stream, head)
    except (OSError, StopIteration):
        plain.close()


def _head(stream: socket.socket) -> bytes:
    """Return a request up to the end of its head, with its body if it has a length; b"" at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        byte = stream.recv(1)
        if not byte:
            return b""
        data += byte
    for line in data.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            stream.recv(int(line.partition(b":")[2]), socket.MSG_WAITALL)
    return data


def answer(status: str, body: bytes = b"", *headers: bytes) -> bytes:
    """Return a whole HTTP answer."""
    lines = [b"HTTP/1.1 " + status.encode(), b"Content-Length: %d" % len(body), *headers, b"", b""]
    return b"\r\n".join(lines) + body
