"""A client with keep-alive connections, like the API server's: it sends in a closed loop, or at a fixed rate.

It has one thread and does as little work as possible for each request, as it shares the machine with the server.
"""

import select
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.authority import with_key_usage

_HEADERS_END = b"\r\n\r\n"
_STALLED_S = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a run: the seconds of each answer, and of the whole run."""

    latencies_s: list[float]
    took_s: float

    @property
    def per_second(self) -> float:
        """Return the number of answers in a second."""
        return len(self.latencies_s) / self.took_s

    def percentile_ms(self, share: float) -> float:
        """Return the latency within which this share of the answers arrived, in milliseconds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class Connection:
    """A keep-alive connection; raises on any status but 200."""

    def __init__(self, address: tuple[str, int], ca_file: Path, path: str, body: bytes) -> None:
        context = ssl.create_default_context(cafile=with_key_usage(ca_file))
        raw = socket.create_connection(address)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="localhost")
        self.socket.setblocking(False)  # a session ticket is readable, but no answer
        head = f"POST {path}?timeout=10s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._message = head.encode() + body
        self._received = b""

    def send(self) -> None:
        """Send the request."""
        self.socket.sendall(self._message)

    def receive(self) -> bool:
        """Read the bytes that have arrived; return whether the answer is complete."""
        while True:
            try:
                data = self.socket.recv(65536)
            except ssl.SSLWantReadError:
                return False
            if not data:
                raise ConnectionError("the server closed the connection in the middle of an answer")
            self._received += data
            if self._is_whole():
                self._received = b""
                return True

    def _is_whole(self) -> bool:
        end = self._received.find(_HEADERS_END)
        if end < 0:
            return False
        head = self._received[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            raise ConnectionError(head.splitlines()[0].decode("latin-1"))
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        return len(self._received) >= end + len(_HEADERS_END) + length


def closed_loop(connections: list[Connection], seconds: float) -> Load:
    """Send the next request of each connection as soon as its answer has arrived."""
    poll, by_number, sent_at = _watched(connections)
    latencies: list[float] = []
    started = now = time.perf_counter()
    for connection in connections:
        sent_at[connection.socket.fileno()] = time.perf_counter()
        connection.send()
    while sent_at:
        for number, _ in _ready(poll):
            if not by_number[number].receive():
                continue
            now = time.perf_counter()
            latencies.append(now - sent_at.pop(number))
            if now - started < seconds:
                sent_at[number] = time.perf_counter()
                by_number[number].send()
    return Load(latencies, now - started)


def burst(connections: list[Connection]) -> Load:
    """Send one request on every connection at once."""
    poll, by_number, sent_at = _watched(connections)
    latencies: list[float] = []
    started = now = time.perf_counter()
    for number, connection in by_number.items():
        sent_at[number] = started
        connection.send()
    while sent_at:
        for number, _ in _ready(poll):
            if by_number[number].receive():
                now = time.perf_counter()
                latencies.append(now - sent_at.pop(number))
    return Load(latencies, now - started)


def paced(connections: list[Connection], seconds: float, per_second: float) -> Load:
    """Send requests at even intervals, on any free connection; the wait for a free one counts as latency."""
    poll, by_number, due_at = _watched(connections)
    free, latencies = list(connections), []
    started = time.perf_counter()
    due = iter(started + index / per_second for index in range(int(seconds * per_second)))
    following: float | None = next(due)
    while following is not None or due_at:
        now = time.perf_counter()
        while following is not None and following <= now and free:
            connection = free.pop()
            due_at[connection.socket.fileno()] = following
            connection.send()
            following = next(due, None)
        wait_s = _STALLED_S if following is None or not free else max(0.0, following - time.perf_counter())
        for number, _ in poll.poll(wait_s):
            if by_number[number].receive():
                latencies.append(time.perf_counter() - due_at.pop(number))
                free.append(by_number[number])
    return Load(latencies, time.perf_counter() - started)


def _watched(connections: list[Connection]) -> tuple[select.epoll, dict[int, Connection], dict[int, float]]:
    poll = select.epoll()
    by_number = {connection.socket.fileno(): connection for connection in connections}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    return poll, by_number, {}


def _ready(poll: select.epoll) -> Iterator[tuple[int, int]]:
    ready = poll.poll(_STALLED_S)
    if not ready:
        raise TimeoutError("no answer came")
    yield from ready
