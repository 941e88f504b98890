"""Health and figures over HTTP, for the kubelet's probes and for Prometheus."""

import socket
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

_TIMEOUT_S = 2.0


class Figure(NamedTuple):
    """A figure of /metrics; one whose name ends in `_total` only grows."""

    name: str
    help: str
    value: float

    def __str__(self) -> str:
        """Return its lines: https://prometheus.io/docs/instrumenting/exposition_formats/."""
        type_ = "counter" if self.name.endswith("_total") else "gauge"
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {type_}\n{self.name} {self.value:.17g}\n"


class _Server(ThreadingHTTPServer):
    """Listens on IPv6 and IPv4 where no host is named, as pods may have either."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        is_any = not address[0] and socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if is_any or ":" in address[0] else socket.AF_INET
        self._is_any = is_any
        super().__init__(address, handler)

    def server_bind(self) -> None:
        if self._is_any:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Health:
    """Answers /health/live, /health/ready by `problem` ("" for none), and /metrics by `figures`."""

    def __init__(
        self, address: tuple[str, int], problem: Callable[[], str], figures: Callable[[], Iterable[Figure]]
    ) -> None:
        """Listen; raise OSError where that is not possible."""

        class Handler(BaseHTTPRequestHandler):
            timeout = _TIMEOUT_S

            def do_GET(self) -> None:
                status, text = _answer(self.path.partition("?")[0], problem, figures)
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Log nothing: probes come every few seconds."""

        self._server = _Server(address, Handler)

    def start(self) -> None:
        """Answer from now on, in threads of its own."""
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def _answer(
    path: str, problem: Callable[[], str], figures: Callable[[], Iterable[Figure]]
) -> tuple[int, str]:
    if path == "/health/live":
        return 200, "ok\n"
    if path == "/health/ready":
        found = problem()
        return (503, found + "\n") if found else (200, "ok\n")
    if path == "/metrics":
        return 200, "".join(map(str, figures()))
    return 404, "there are /health/live, /health/ready and /metrics\n"
