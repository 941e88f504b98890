"""Stand-ins for what a real Vault cannot be told to answer, and a relay from a socket file to a real one."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.vault import Vault

_LOGIN = b'{"auth": {"client_token": "hvs.x", "lease_duration": 60, "renewable": false}}'


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Yield the address of a server that lets everybody log in, and answers anything else with these bytes, then closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, answer), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer of HTTP/1.1; headers have `_` for `-`."""
    fields = {"Content_Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


@contextmanager
def relaying(path: Path, vault: Vault) -> Iterator[None]:
    """Relay what comes over a socket file to Vault's TLS listener, as an agent beside the provider does."""
    context = ssl.create_default_context(cafile=str(vault.ca_file))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    host, _, port = vault.address.removeprefix("https://").rpartition(":")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def relay() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:  # closed
                    return
                upstream = context.wrap_socket(
                    socket.create_connection((host, int(port))), server_hostname=host
                )
                for ends in ((connection, upstream), (upstream, connection)):
                    threading.Thread(target=_copy, args=ends, daemon=True).start()

        threading.Thread(target=relay, daemon=True).start()
        yield


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass


def _serve(listening: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # closed
            return
        with connection:
            request = connection.recv(65536)
            is_login = request.startswith(b"POST /v1/auth/")
            connection.sendall(http("200 OK", _LOGIN, Connection="close") if is_login else answer)
