"""Health and metrics on a listener of their own: a process that shares no thread, and no TLS, with what it watches.

One thread serves all connections, which have a few seconds each. What it answers was found out before, by another thread
(`Watch`), so that a slow API server delays no answer.
"""

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from webhook.serving.strangers import Strangers

_REQUEST_S = 3.0
_HEAD_BYTES = 8192
_PROBE_S = 5.0
_SILENT_S = 30.0
"""The workers are taken for dead when they have answered nothing for so long."""

Answer = tuple[int, str, bytes]
"""Status, content type and body."""
_REASONS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


class Watch:
    """Asks the webhook for its health on its own port, as a client does, and remembers what was found."""

    def __init__(
        self,
        probe: Callable[[], bool],
        problems: Sequence[Callable[[], str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Each of `problems` returns why the webhook is not ready, or an empty text."""
        self._probe = probe
        self._problems = problems
        self._clock = clock
        self._answered: float | None = None
        self._answers = False
        self._problem = "the webhook starts"
        self._ending = False

    def look(self) -> None:
        """Find out, once."""
        self._answers = self._probe()
        if self._answers:
            self._answered = self._clock()
        found = ("" if self._answers else "the workers do not answer", *(one() for one in self._problems))
        self._problem = next(filter(None, found), "")

    def answers(self) -> bool:
        """Return whether the workers answered the last time."""
        return self._answers

    def end(self) -> None:
        """Be not ready from now on: the process ends."""
        self._ending = True

    def live(self) -> Answer:
        """Return 200 unless workers that answered once have long been silent."""
        if self._answered is not None and self._clock() - self._answered > _SILENT_S:
            return _plain(503, f"the workers have not answered for {_SILENT_S:.0f} s")
        return _plain(200, "ok")

    def ready(self) -> Answer:
        """Return 200 if the certificate is good, the workers answer, and the API server answers them."""
        problem = "the webhook ends" if self._ending else self._problem
        return _plain(503, problem) if problem else _plain(200, "ok")


def answers(address: tuple[str, int], *, tls: bool, timeout_s: float = _PROBE_S) -> bool:
    """Return whether a worker at this address answers `/healthz`; whose certificate it has is another question."""
    try:
        with _connection(address, tls, timeout_s) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _connection(address: tuple[str, int], tls: bool, timeout_s: float) -> socket.socket:
    plain = socket.create_connection(address, timeout_s)
    if not tls:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(plain)
    except OSError:
        plain.close()
        raise


@dataclass(eq=False)
class _Client:
    socket: socket.socket
    until: float
    received: bytes = b""
    answer: bytes = field(default=b"", repr=False)


class HealthServer:
    """Answers GET requests of a few paths over HTTP, one for each connection."""

    def __init__(self, listening: socket.socket, views: dict[str, Callable[[], Answer]]) -> None:
        """`views` return at once; `listening` is of `listen`."""
        self._listening = listening
        self._listening.setblocking(False)
        self._views = views
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._clients: dict[_Client, None] = {}
        self._strangers: Strangers[_Client] = Strangers()

    def serve(self, stop: threading.Event) -> None:
        """Answer until `stop` is set. Runs in a thread of its own."""
        while not stop.is_set():
            for key, _ in self._selector.select(0.5):
                self._accept() if key.data is None else self._go_on(key.data)
            now = time.monotonic()
            for client in [client for client in self._clients if client.until <= now]:
                self._close(client)
        for client in list(self._clients):
            self._close(client)
        self._listening.close()

    def _accept(self) -> None:
        try:
            connection, source = self._listening.accept()
        except OSError:
            return
        connection.setblocking(False)
        client = _Client(connection, time.monotonic() + _REQUEST_S)
        self._clients[client] = None
        self._selector.register(connection, selectors.EVENT_READ, client)
        oldest = self._strangers.add(client, str(source[0]))
        if oldest is not None:
            self._close(oldest)

    def _go_on(self, client: _Client) -> None:
        if client not in self._clients:  # closed by one before it
            return
        try:
            if client.answer:
                self._send(client)
            else:
                self._receive(client)
        except BlockingIOError:
            return
        except OSError:
            self._close(client)

    def _receive(self, client: _Client) -> None:
        piece = client.socket.recv(_HEAD_BYTES)
        client.received += piece
        if not piece or len(client.received) > _HEAD_BYTES:
            self._close(client)
        elif b"\r\n\r\n" in client.received:
            client.answer = _message(self._answer(client.received))
            self._selector.modify(client.socket, selectors.EVENT_WRITE, client)
            self._send(client)

    def _answer(self, head: bytes) -> Answer:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1")
        view = self._views.get(path) if method == b"GET" else None
        return view() if view else _plain(404, "there is /healthz, /readyz and /metrics")

    def _send(self, client: _Client) -> None:
        sent = client.socket.send(client.answer)
        client.answer = client.answer[sent:]
        if not client.answer:
            self._close(client)

    def _close(self, client: _Client) -> None:
        self._strangers.remove(client)
        del self._clients[client]
        self._selector.unregister(client.socket)
        client.socket.close()


def _plain(status: int, text: str) -> Answer:
    return status, "text/plain; charset=utf-8", f"{text}\n".encode()


def _message(answer: Answer) -> bytes:
    status, content_type, body = answer
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body


def listen(address: tuple[str, int]) -> socket.socket:
    """Return a socket that listens at the address, of which `::` is every one; OSError if that is not possible."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    return socket.create_server(address, family=family, dualstack_ipv6=address[0] == "::", backlog=128)


def local_address(listening: tuple[str, int]) -> tuple[str, int]:
    """Return the address by which this machine reaches a listener at the address."""
    host, port = listening
    return {"::": "127.0.0.1", "0.0.0.0": "127.0.0.1"}.get(host, host), port  # noqa: S104


def metrics_view(expose: Callable[[], tuple[bytes, str]]) -> Callable[[], Answer]:
    """Return the view of the figures that `expose` gives."""

    def view() -> Answer:
        text, content_type = expose()
        return 200, content_type, text

    return view
