"""Stand-ins for answers that no real Vault gives, and relays to a real one."""

import contextlib
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.authority import Certificate
from tests.servers.vault import Vault

_LOGIN = b'{"auth": {"client_token": "hvs.x", "lease_duration": 60, "renewable": false}}'


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Yield the address of a server that accepts every login, answers other requests with these bytes, and closes."""
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
    """Relay connections of a socket file to Vault's TLS listener, as an agent beside the provider does."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        _relay_all(listening, vault, lambda connection: connection)
        yield


@contextmanager
def demanding_certificates(certificate: Certificate, vault: Vault) -> Iterator[str]:
    """Yield the address of a listener that requires a client certificate of the same CA, and relays to Vault."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate.ca_file))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        _relay_all(listening, vault, lambda connection: context.wrap_socket(connection, server_side=True))
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"


def _relay_all(
    listening: socket.socket, vault: Vault, accepted: Callable[[socket.socket], socket.socket]
) -> None:
    """Relay each connection, after `accepted`, to Vault's TLS listener, until `listening` is closed."""
    context = ssl.create_default_context(cafile=str(vault.ca_file))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # what can be read is data, no ticket of a session
    host, _, port = vault.address.removeprefix("https://").rpartition(":")

    def relay() -> None:
        while True:
            try:
                raw, _ = listening.accept()
            except OSError:  # closed
                return
            with contextlib.suppress(ssl.SSLError):
                connection = accepted(raw)
                upstream = context.wrap_socket(
                    socket.create_connection((host, int(port))), server_hostname=host
                )
                threading.Thread(target=_relay, args=(connection, upstream), daemon=True).start()

    threading.Thread(target=relay, daemon=True).start()


def _relay(connection: socket.socket, upstream: ssl.SSLSocket) -> None:
    """Pass on the bytes of both sides until one ends; in one thread, as OpenSSL requires."""
    with connection, upstream, contextlib.suppress(OSError):
        while True:
            both = (connection, upstream)
            ready: list[socket.socket] = [
                each for each in both if isinstance(each, ssl.SSLSocket) and each.pending()
            ]
            ready = ready or select.select(both, [], [])[0]
            for source, target in ((connection, upstream), (upstream, connection)):
                if source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    target.sendall(data)


def _serve(listening: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # closed
            return
        threading.Thread(target=_answer, args=(connection, answer), daemon=True).start()


def _answer(connection: socket.socket, answer: bytes) -> None:
    with connection, contextlib.suppress(ConnectionError):  # who has read enough of it goes
        is_login = _request(connection).startswith(b"POST /v1/auth/")
        connection.sendall(http("200 OK", _LOGIN, Connection="close") if is_login else answer)


def _request(connection: socket.socket) -> bytes:
    """Read and return a whole request: closing a connection with unread bytes would take the answer back."""
    request = b""
    while True:
        head, divider, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if divider and len(body) >= (int(length[1]) if length else 0):
            return request
        piece = connection.recv(65536)
        if not piece:
            return request
        request += piece
