"""hvac in the webhook: a faulty Vault costs the time of one admission, and gets no token twice."""

import contextlib
import itertools
import socket
import ssl
import threading
import time

import hvac
import pytest
import requests

from tests.servers.authority import Authority
from tests.vaultenv.client.stand_in import Behaviour, answer, stand_in
from vaultenv.errors import TooMuch, VaultUnavailable
from vaultkube.deadline import Deadline
from vaultkube.net.room import Room
from vaultkube.vault.client import ANSWERS_BYTES, new_client
from vaultkube.vault.reader import HvacReader

SECRET = answer("200 OK", b'{"data":{"data":{"k":"v"},"metadata":{"version":1}}}')
BUDGET_S = 0.6
ENOUGH_S = 30.0


def client(address: str, ca: str = "", budget_s: float = ENOUGH_S) -> hvac.Client:
    return new_client(address, ca=ca, token="the-token", remaining_s=Deadline(budget_s).remaining_s)


def read(address: str, *paths: str, budget_s: float = ENOUGH_S) -> list[object]:
    """Return the outcomes of reading these paths, all under one deadline."""
    made = client(address, budget_s=budget_s)
    with contextlib.closing(made.adapter):
        return list(HvacReader(made).read([(path, "") for path in paths]))


def silent(_stream: socket.socket, _head: bytes) -> None:
    time.sleep(2 * BUDGET_S)


def drip(stream: socket.socket, _head: bytes) -> None:
    """Send an endless answer, one byte at a time."""
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in itertools.count():
        stream.sendall(b" ")
        time.sleep(0.02)


def drip_head(stream: socket.socket, _head: bytes) -> None:
    stream.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        stream.sendall(b"X-%d: 1\r\n" % number)
        time.sleep(0.05)


def huge(stream: socket.socket, _head: bytes) -> None:
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (4 * ANSWERS_BYTES))
    for _ in range(2 * ANSWERS_BYTES // 65536):
        stream.sendall(b" " * 65536)


@pytest.mark.parametrize("namespace", ["équipe", "команда"])
def test_a_vault_namespace_is_sent_as_utf_8(namespace: str) -> None:
    heads = []

    def note(stream: socket.socket, head: bytes) -> None:
        heads.append(head)
        stream.sendall(SECRET)

    with stand_in(note) as server:
        made = new_client(
            server.address, ca="", namespace=namespace, remaining_s=Deadline(ENOUGH_S).remaining_s
        )
        with contextlib.closing(made.adapter):
            HvacReader(made).read([("a/data/b", "")])
    assert f"X-Vault-Namespace: {namespace}\r\n".encode() in heads[0]


@pytest.mark.parametrize("behaviour", [silent, drip, drip_head])
@pytest.mark.timed
def test_however_slow_vault_is_all_reads_end_with_the_deadline(behaviour: Behaviour) -> None:
    with stand_in(behaviour) as server:
        began = time.monotonic()
        outcomes = read(
            server.address,
            "a/data/b",
            "a/data/c",
            "a/data/d",
            "a/data/e",
            "a/data/f",
            "a/data/g",
            budget_s=BUDGET_S,
        )
        assert time.monotonic() - began < BUDGET_S + 1
    assert [type(outcome) for outcome in outcomes] == [VaultUnavailable] * 6


def test_an_answer_above_the_limit_is_not_read_to_its_end() -> None:
    with stand_in(huge) as server:
        (outcome,) = read(server.address, "a/data/b")
    assert_too_large(outcome, "a/data/b")


def assert_too_large(outcome: object, path: str) -> None:
    assert isinstance(outcome, TooMuch)
    assert str(outcome).startswith(f"{path}: with it Vault's answers take more than 4194304 bytes together")


def holding(value: bytes) -> Behaviour:
    body = b'{"data":{"data":{"k":' + value + b'},"metadata":{"version":1}}}'
    return lambda stream, _head: stream.sendall(answer("200 OK", body))


@pytest.mark.parametrize(
    "value",
    [b'"' + b"x" * 390 * 1024 + b'"', b"[" + b"1," * 10_000 + b"1]", b"[" + b"[]," * 5_000 + b"[]]"],
    ids=["text", "numbers", "lists"],
)
def test_of_many_answers_those_beyond_the_limit_of_memory_are_refused_by_name(value: bytes) -> None:
    paths = [f"a/data/{number}" for number in range(24)]
    with stand_in(holding(value)) as server:
        outcomes = read(server.address, *paths)
    too_large = [
        path for path, outcome in zip(paths, outcomes, strict=True) if isinstance(outcome, Exception)
    ]
    assert 0 < len(too_large) < 24
    for path, outcome in zip(paths, outcomes, strict=True):
        if path in too_large:
            assert_too_large(outcome, path)


def test_commas_inside_of_text_do_not_count_as_values() -> None:
    with stand_in(holding(b'"' + rb"\\\"," * 200_000 + b'"')) as server:
        (outcome,) = read(server.address, "a/data/b")
    assert not isinstance(outcome, Exception)


@pytest.mark.parametrize(("room_bytes", "fewest", "most"), [(121 * 1024, 1, 59), (119 * 1024, 0, 0)])
def test_however_small_the_answers_their_number_is_bounded(room_bytes: int, fewest: int, most: int) -> None:
    with stand_in(lambda stream, _head: stream.sendall(answer("404 Not Found", b"{}"))) as server:
        made = client(server.address)
        with contextlib.closing(made.adapter):
            reader = HvacReader(made, Room(room_bytes))
            outcomes = reader.read([(f"a/data/{number}", "") for number in range(60)])
        assert fewest <= len(server.heads) <= most
    assert isinstance(outcomes[-1], TooMuch)


def test_paths_are_read_a_few_at_a_time() -> None:
    """The stand-in answers only when two requests have arrived."""
    both = threading.Barrier(2)

    def together(stream: socket.socket, _head: bytes) -> None:
        both.wait(5)
        stream.sendall(SECRET)

    with stand_in(together) as server:
        outcomes = read(server.address, "a/data/b", "a/data/c")
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]


def test_the_token_does_not_follow_a_redirect() -> None:
    def moved(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(
            answer("307 Temporary Redirect", b"", b"Location: " + elsewhere.address.encode() + b"/v1/a")
        )

    with stand_in(lambda stream, _head: stream.sendall(SECRET)) as elsewhere, stand_in(moved) as server:
        (outcome,) = read(server.address, "a/data/b")
        assert isinstance(outcome, Exception)
        assert elsewhere.heads == []


def test_nothing_ambient_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_TOKEN", "of-the-webhook")
    with stand_in(lambda stream, _head: stream.sendall(SECRET)) as server:
        (outcome,) = read(server.address, "a/data/b")
        assert not isinstance(outcome, Exception)
        (head,) = server.heads
    assert b"the-token" in head
    assert b"of-the-webhook" not in head


def test_only_the_given_authority_is_trusted(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    certificate = authority.issue("bounded", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    stranger = Authority(tmp_path_factory.mktemp("stranger")).ca_file.read_text()
    with stand_in(lambda stream, _head: stream.sendall(SECRET), context) as server:
        assert fetched(server.address, authority.ca_file.read_text()) == {"k": "v"}
        for ca in (stranger, ""):
            with pytest.raises(requests.exceptions.SSLError):
                fetched(server.address, ca)


def fetched(address: str, ca: str) -> object:
    """Return the fields at a path, read by hvac itself."""
    with contextlib.closing(client(address, ca).adapter) as adapter:
        return adapter.get("/v1/a/data/b")["data"]["data"]
