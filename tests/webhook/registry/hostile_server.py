"""A server that treats a registry client as only broken or malicious servers do."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.server import ThreadingHTTPServer
from typing import Any

from tests.servers.authority import Certificate
from tests.servers.serving import QuietHandler

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Visit(QuietHandler):
    """One request; a behaviour is a function of it."""

    protocol_version = "HTTP/1.1"

    def answer(
        self,
        status: int = 200,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        media_type: str = MANIFEST,
        length: int | None = None,
    ) -> None:
        """Send a complete answer; `length` replaces the true Content-Length."""
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.visits.append((self.command, self.path, dict(self.headers)))  # type: ignore[attr-defined]
        behaviour = self.server.behaviour_of(self.path)  # type: ignore[attr-defined]
        try:
            behaviour(self)
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET
    do_POST = do_GET


Behaviour = Callable[[Visit], None]


class HostileServer:
    """Serves behaviours by the first part of a repository's name, over TLS unless `certificate` is None."""

    def __init__(self, certificate: Certificate | None, address: str = "127.0.0.1", port: int = 0) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self.dialled: list[str] = []
        """The addresses at which connections came in."""
        self._server = _Server((address, port), Visit, bind_and_activate=False)
        self._server.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._server.socket.close()
        self._server.socket = socket.socket(self._server.address_family, socket.SOCK_STREAM)
        self._server.dialled = self.dialled
        self._server.server_bind()
        self._server.server_activate()
        self._server.behaviour_of = self._behaviour_of  # type: ignore[attr-defined]
        self._server.visits = []  # type: ignore[attr-defined]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.cert_file, certificate.key_file)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.scheme = "https" if certificate else "http"
        self.host = f"{address}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def visits(self) -> list[tuple[str, str, dict[str, str]]]:
        """Method, path and headers of each request, in order."""
        found: list[tuple[str, str, dict[str, str]]] = self._server.visits  # type: ignore[attr-defined]
        return found

    @property
    def url(self) -> str:
        """Scheme and host."""
        return f"{self.scheme}://{self.host}"

    def serve(self, name: str, behaviour: Behaviour) -> str:
        """Behave so for repositories and paths under `name`; return the reference of an image there."""
        self.behaviours[name] = behaviour
        return f"{self.host}/{name}/app:1"

    def stop(self) -> None:
        """End the thread and close the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _behaviour_of(self, path: str) -> Behaviour:
        name = path.removeprefix("/v2/").strip("/").partition("/")[0].partition("?")[0]
        return self.behaviours.get(name, lambda visit: visit.answer(404))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    dialled: list[str]

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self.dialled.append(connection.getsockname()[0].removeprefix("::ffff:"))
        return connection, peer

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class DrippingHandshake:
    """A server whose TLS handshake is one byte in 0.2 seconds: the start of a record that never ends."""

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return "{}:{}".format(*self._socket.getsockname())

    def __exit__(self, *error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.sendall(b"\x16\x03\x03\x40\x00\x02")
                    while True:
                        connection.sendall(b"x")
                        time.sleep(0.2)
                except OSError:
                    continue
