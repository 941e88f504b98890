"""Health over HTTP, for the kubelet's probes, and figures for Prometheus: ready while the driver reaches this process and the
API server answers.
"""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_LONGEST_REQUEST = 4096
_PROBE_S = 2.0
_THREADS = 2
_PATHS = ("/health/ready", "/health/live", "/metrics")
_ANSWER = "HTTP/1.1 {} {}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}"


class Health:
    """Answers GET /health/ready by `problem`, "" for none, /health/live by answering at all, and /metrics by `figures`.

    A probe has two seconds for its request and is then forgotten, so that silent connections cost two threads.
    """

    def __init__(
        self, address: tuple[str, int], problem: Callable[[], str], figures: Callable[[], str]
    ) -> None:
        self._problem = problem
        self._figures = figures
        host, port = address
        family = socket.AF_INET6 if not host or ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server(
                (host, port), family=family, dualstack_ipv6=not host and socket.has_dualstack_ipv6()
            )
        except OSError:
            if host:
                raise
            self._socket = socket.create_server(("0.0.0.0", port))  # noqa: S104  # a node without IPv6
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="health")

    @property
    def port(self) -> int:
        """The port, also where any was asked for."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Answer from now on, in threads of its own."""
        threading.Thread(target=self._accept, name="health", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._socket.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
                self._pool.submit(self._serve, connection)
            except (OSError, RuntimeError):  # closed
                return

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(_PROBE_S)
                line = connection.recv(_LONGEST_REQUEST).partition(b"\r\n")[0].decode("latin-1")
                connection.sendall(self._answer(line).encode())
            except OSError:
                return

    def _answer(self, request_line: str) -> str:
        words = request_line.split(" ")
        path = words[1].partition("?")[0] if len(words) > 1 else ""
        if path not in _PATHS:
            return _answer(404, "Not Found", "there are " + ", ".join(_PATHS) + "\n")
        if path == "/metrics":
            return _answer(200, "OK", self._figures())
        problem = self._problem() if path == "/health/ready" else ""
        return _answer(503, "Service Unavailable", problem + "\n") if problem else _answer(200, "OK", "ok\n")


def _answer(status: int, reason: str, text: str) -> str:
    return _ANSWER.format(status, reason, len(text.encode()), text)
