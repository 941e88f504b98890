"""Health and metrics over HTTP, for the kubelet's probes and for Prometheus, on a listener of their own.

One thread serves all connections, each for at most a few seconds, and calls the views.
"""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vaultkube.errors import InvalidSetting
from vaultkube.net.strangers import Strangers

_REQUEST_S = 3.0
_HEAD_BYTES = 8192
_BACKLOG = 128

Answer = tuple[int, str, bytes]
"""Status, content type and body."""
View = Callable[[], Answer]
_FIGURES = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""
_REASONS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


@dataclass(eq=False)
class _Client:
    socket: socket.socket
    until: float
    received: bytes = b""
    answer: bytes = field(default=b"", repr=False)


class HealthServer:
    """Answers GET requests of a few paths over HTTP, one for each connection."""

    def __init__(self, listening: socket.socket, views: Mapping[str, View]) -> None:
        """`views` are by path, and must return soon, as all connections wait; `listening` is a socket from `listen`."""
        self._listening = listening
        self._listening.setblocking(False)
        self._views = views
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._clients: dict[_Client, None] = {}
        self._strangers: Strangers[_Client] = Strangers()

    def serve(self, stop: threading.Event) -> None:
        """Answer until `stop` is set."""
        while not stop.is_set():
            for key, _ in self._selector.select(0.5):
                self._accept() if key.data is None else self._go_on(key.data)
            now = time.monotonic()
            for client in [client for client in self._clients if client.until <= now]:
                self._close(client)
        for client in list(self._clients):
            self._close(client)
        self._listening.close()

    def start(self) -> None:
        """Answer in a thread of its own until the process ends."""
        threading.Thread(target=self.serve, args=(threading.Event(),), name="health", daemon=True).start()

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
        if client not in self._clients:  # closed for a connection before it
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
        return view() if view else plain(404, f"there are {', '.join(self._views)}")

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


def plain(status: int, text: str) -> Answer:
    """Return an answer of one line of text."""
    return status, "text/plain; charset=utf-8", f"{text}\n".encode()


def _message(answer: Answer) -> bytes:
    status, content_type, body = answer
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body


def listen(address: tuple[str, int], setting: str = "HEALTH_ADDR") -> socket.socket:
    """Return a socket that listens at the address of a setting; raise InvalidSetting if that is not possible.

    `::` and an empty host mean all addresses of IPv6 and IPv4.
    """
    try:
        return _listening(*address)
    except OSError as error:
        raise InvalidSetting(
            f"{setting} cannot be listened on ({error.strerror}): name a free port"
        ) from None


def _listening(host: str, port: int) -> socket.socket:
    if host not in ("", "::"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    try:
        return socket.create_server(
            ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
        )
    except (OSError, ValueError):  # a node without IPv6
        return socket.create_server(("0.0.0.0", port), backlog=_BACKLOG)  # noqa: S104


def new_health_server(
    address: tuple[str, int], problem: Callable[[], str], figures: Callable[[], str]
) -> HealthServer:
    """Return a server of /health/live, of /health/ready from `problem` ("" if ready), and of /metrics from `figures`.

    Raises InvalidSetting if HEALTH_ADDR, `address`, cannot be listened on.
    """

    def ready() -> Answer:
        found = problem()
        return plain(503, found) if found else live()

    views = {
        "/health/live": live,
        "/health/ready": ready,
        "/metrics": lambda: (200, _FIGURES, figures().encode()),
    }
    return HealthServer(listen(address), views)


def live() -> Answer:
    """Return 200: a process that answers is alive."""
    return plain(200, "ok")
