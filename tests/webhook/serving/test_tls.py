"""The serving certificate: reloaded when it changes, kept when the new one is broken."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from webhook.certificates.making import make_certificate
from webhook.serving import tls
from webhook.serving.tls import ReloadingContext


def write(folder: Path, *hosts: str) -> None:
    certificate = make_certificate(hosts, days=1)
    for name, text in (
        ("ca.crt", certificate.ca),
        ("tls.crt", certificate.chain),
        ("tls.key", certificate.key),
    ):
        (folder / name).write_bytes(text)


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def contexts(tmp_path: Path, reports: list[str]) -> ReloadingContext:
    write(tmp_path, "localhost")
    return ReloadingContext(str(tmp_path / "tls.crt"), str(tmp_path / "tls.key"), reports.append)


def served_names(contexts: ReloadingContext, ca_file: Path) -> tuple[object, ...]:
    """Return the names in the certificate that a client sees."""
    left, right = socket.socketpair()
    server = threading.Thread(target=lambda: contexts.get().wrap_socket(right, server_side=True).close())
    server.start()
    client = ssl.create_default_context(cafile=ca_file)
    client.check_hostname = False
    with client.wrap_socket(left) as connection:
        certificate = connection.getpeercert()
    server.join()
    assert certificate
    return tuple(certificate["subjectAltName"])


def test_the_context_is_the_same_while_the_files_are(contexts: ReloadingContext) -> None:
    assert contexts.get() is contexts.get()


@pytest.mark.parametrize(("group", "is_accepted"), [("prime256v1", True), ("secp384r1", False)])
def test_a_client_cannot_choose_a_group_whose_handshake_takes_more_work(
    contexts: ReloadingContext, group: str, is_accepted: bool
) -> None:
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE
    client_context.set_ecdh_curve(group)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    server = contexts.get().wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError if is_accepted else ssl.SSLError) as raised:
        server.do_handshake()
    assert isinstance(raised.value, ssl.SSLWantReadError) is is_accepted


def test_a_new_certificate_is_served_to_the_next_connection(
    tmp_path: Path, contexts: ReloadingContext
) -> None:
    assert served_names(contexts, tmp_path / "ca.crt") == (("DNS", "localhost"),)
    write(tmp_path, "new.example.com")
    assert served_names(contexts, tmp_path / "ca.crt") == (("DNS", "new.example.com"),)


def test_a_broken_certificate_leaves_the_old_one(
    tmp_path: Path, contexts: ReloadingContext, reports: list[str]
) -> None:
    old = contexts.get()
    (tmp_path / "tls.crt").write_text("half a certif")
    assert contexts.get() is old
    assert contexts.get() is old
    assert len(reports) == 1
    write(tmp_path, "again.example.com")
    assert contexts.get() is not old


@pytest.fixture
def connected(contexts: ReloadingContext, tmp_path: Path) -> Iterator[tuple[tls.ServerSocket, ssl.SSLSocket]]:
    """The two ends of a connection: the server's, the client's."""
    left, right = socket.socketpair()
    found: list[ssl.SSLSocket] = []
    server = threading.Thread(
        target=lambda: found.append(contexts.get().wrap_socket(right, server_side=True))
    )
    server.start()
    client = ssl.create_default_context(cafile=tmp_path / "ca.crt").wrap_socket(
        left, server_hostname="localhost"
    )
    server.join()
    with client, found[0]:
        assert isinstance(found[0], tls.ServerSocket)
        yield found[0], client


def test_bytes_sent_together_are_one_record(
    connected: tuple[tls.ServerSocket, ssl.SSLSocket],
) -> None:
    server, client = connected
    with server.together():
        server.sendall(b"head ")
        server.sendall(b"body")
    server.sendall(b"next")
    assert [client.recv(100), client.recv(100)] == [b"head body", b"next"]


def test_an_answer_that_an_error_ends_is_not_sent(
    connected: tuple[tls.ServerSocket, ssl.SSLSocket],
) -> None:
    server, client = connected
    with pytest.raises(RuntimeError), server.together():
        server.sendall(b"half an ans")
        raise RuntimeError
    server.sendall(b"next")
    assert client.recv(100) == b"next"


def test_a_client_that_says_nothing_is_dropped(
    contexts: ReloadingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_IO_TIMEOUT_S", 0.1)
    left, right = socket.socketpair()
    with left, right, pytest.raises(TimeoutError):
        right.settimeout(None)
        contexts.get().wrap_socket(right, server_side=True)
