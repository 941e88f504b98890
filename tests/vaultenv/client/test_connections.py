"""Connections: made, used again, and replaced when one is lost."""

import os
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.vaultenv.client.reading import KV, LEASED, LOGIN, MOUNT, USERPASS, client, fields, in_turn, read
from tests.vaultenv.client.stand_in import StandIn, answer, stand_in
from vaultenv.basics.deadline import Deadline
from vaultenv.client import wire
from vaultenv.client.address import parse_address
from vaultenv.client.connection import connect
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Request
from vaultenv.errors import VaultEnvError
from vaultenv.references.secret import Secret


@pytest.mark.timed
def test_slow_reads_go_over_four_connections() -> None:
    def slow(stream: socket.socket, head: bytes) -> None:
        time.sleep(0.2)
        stream.sendall(LEASED)

    with stand_in(slow) as server:
        began = time.monotonic()
        outcomes = read(server, *(f"db/creds/{number}" for number in range(20)))
        assert time.monotonic() - began < 1.5
        assert all(fields(outcome) == {"k": "v"} for outcome in outcomes)


@pytest.mark.timed
def test_kv_reads_are_pipelined_on_one_connection() -> None:
    def late(stream: socket.socket, head: bytes) -> None:
        if b"/first " in head:
            time.sleep(0.3)
        stream.sendall(KV)

    with stand_in(late) as server:
        began = time.monotonic()
        read(server, "a/data/first", *(f"a/data/{number}" for number in range(20)))
        assert time.monotonic() - began < 0.6


MANY = 400
"""So many that a second connection is worth the time it takes to make on the slowest machine."""


def read_after_login(server: StandIn, count: int) -> list[Secret | VaultEnvError]:
    """Log in, announcing so many reads, and read them."""
    reader = client(server, **USERPASS)
    try:
        reader.login(count)
        return reader.read([(f"a/data/{number}", "") for number in range(count)])
    finally:
        reader.close()


@pytest.mark.parametrize(("count", "connections"), [(MANY, 2), (1, 1)])
def test_many_reads_share_a_connection_made_while_vault_works_on_the_login(
    count: int, connections: int
) -> None:
    peers = set()

    def echo(stream: socket.socket, head: bytes) -> None:
        peers.add(stream.getpeername())
        number = head.split()[1].rpartition(b"/")[2]
        stream.sendall(LOGIN if b"login" in head else answer("200 OK", b'{"data":{"n":"%s"}}' % number))

    with stand_in(echo) as server:
        outcomes = read_after_login(server, count)
    assert [fields(outcome)["n"] for outcome in outcomes] == [str(number) for number in range(count)]
    assert len(peers) == connections


@pytest.mark.parametrize(("idle_s", "connections"), [(3600.0, 1), (0.0, 2)])
def test_a_connection_that_was_idle_for_long_is_not_used_again(
    idle_s: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have closed it, so that a lost dynamic read could have been done or not."""
    monkeypatch.setattr(wire, "IDLE_S", idle_s)
    peers = set()

    def leased(stream: socket.socket, head: bytes) -> None:
        peers.add(stream.getpeername())
        stream.sendall(LEASED)

    with stand_in(leased) as server:
        reader = client(server)
        outcomes = [*reader.read([("db/creds/a", "")]), *reader.read([("db/creds/b", "")])]
        reader.close()
    assert all(fields(outcome) == {"k": "v"} for outcome in outcomes)
    assert len(peers) == connections


def test_a_connection_begun_beforehand_serves_the_first_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        requests = begun(listener.getsockname()[1])
        stream = listener.accept()[0]
    with answering(lambda: stream):  # where another connection would be refused
        assert requests.one(Request("GET", "/v1/a")).status == 200
    requests.close()


def test_a_connection_refused_beforehand_fails_only_the_first_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    requests = begun(port)
    with socket.create_server(("127.0.0.1", port)) as listener:
        with pytest.raises(WireFailure, match="connection refused"):
            requests.one(Request("GET", "/v1/a"))
        with answering(lambda: listener.accept()[0]):
            assert requests.one(Request("GET", "/v1/a")).status == 200
    requests.close()


def begun(port: int) -> wire.Wire:
    requests = wire.Wire(parse_address(f"http://127.0.0.1:{port}"), None, 3.0, Deadline(3.0))
    requests.begin()
    return requests


@contextmanager
def answering(connection: Callable[[], socket.socket]) -> Iterator[None]:
    """Answer one request on the connection during the `with` statement."""

    def answer_one() -> None:
        with connection() as stream:
            stream.recv(4096)
            stream.sendall(KV)

    thread = threading.Thread(target=answer_one)
    thread.start()
    yield
    thread.join()


def test_reads_lost_on_the_second_connection_are_repeated() -> None:
    peers = []

    def lose_the_second(stream: socket.socket, head: bytes) -> None:
        if stream.getpeername() not in peers:
            peers.append(stream.getpeername())
            if len(peers) == 2:
                raise OSError
        stream.sendall(LOGIN if b"login" in head else MOUNT["kv"] if b"mounts" in head else KV)

    with stand_in(lose_the_second) as server:
        assert all(fields(outcome) == {"k": "v"} for outcome in read_after_login(server, MANY))
    assert len(peers) > 2


def test_a_reset_connection_has_no_peer() -> None:
    def reset(stream: socket.socket, head: bytes) -> None:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()

    with stand_in(reset) as server:
        until = time.monotonic() + 3
        connection = connect(parse_address(server.address), None, until)
        connection.send(b"GET / HTTP/1.1\r\n\r\n", until)
        with pytest.raises(WireFailure, match="connection reset"):
            connection.receive(until)
        with pytest.raises(WireFailure, match="not connected"):
            _ = connection.peer
        connection.close()


def test_an_address_may_be_a_unix_socket(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "vault"))
    listener.listen()

    def serve() -> None:
        stream = listener.accept()[0]
        with stream:
            for data in (LOGIN, KV):
                stream.recv(65536)
                stream.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    reader = client(StandIn(0, ""), VAULT_ADDR=f"unix://{tmp_path}/vault", **USERPASS)
    reader.login(1)
    assert fields(reader.read([("a/data/b", "")])[0]) == {"k": "v"}
    reader.close()
    thread.join()
    listener.close()


def test_work_is_done_while_vault_works_on_the_login_and_again_with_each_attempt() -> None:
    began, done = threading.Event(), threading.Event()
    attempts: list[bool] = []

    def wait(stream: socket.socket, head: bytes) -> None:
        began.set()
        assert done.wait(10)
        done.clear()
        stream.sendall(LOGIN if len(attempts) > 1 else answer("503 Service Unavailable", b"{}"))

    def work() -> None:
        attempts.append(began.wait(10))
        began.clear()
        done.set()

    with stand_in(wait) as server:
        reader = client(server, **USERPASS)
        reader.login(1, work)
        assert reader.token
        reader.close()
    assert attempts == [True, True]


def test_a_server_that_closes_after_each_answer_gets_new_connections() -> None:
    def close_after(stream: socket.socket, head: bytes) -> None:
        body = b'{"auth":{"client_token":"t"},"data":{"k":"v"}}'
        stream.sendall(answer("200 OK", body, b"Connection: close"))
        stream.close()

    with stand_in(close_after) as server:
        assert all(fields(outcome) == {"k": "v"} for outcome in read_after_login(server, 20))
        assert len(server.heads) == 21


def test_a_server_that_closes_within_a_pipeline_is_not_sent_another_one() -> None:
    def close_after(stream: socket.socket, head: bytes) -> None:
        stream.sendall(answer("200 OK", b'{"data":{"k":"v","type":"kv"}}', b"Connection: close"))
        stream.close()

    with stand_in(close_after) as server:
        outcomes = read(server, *(f"a/data/{number}" for number in range(20)))
    assert [fields(outcome)["k"] for outcome in outcomes] == ["v"] * 20


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    """Prevent this process from opening any file or socket."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_socket_that_cannot_be_made_is_reported_as_a_failed_dial() -> None:
    """An address family that the kernel lacks has the same effect."""
    reader = client(StandIn(80, "http"), VAULT_MAX_RETRIES="0")
    with no_more_descriptors():
        (outcome,) = reader.read([("a/data/b", "")])
    assert "dial tcp 127.0.0.1:80: connect: too many open files" in str(outcome)


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that drops what begins a connection, as an address behind a firewall or of a dead node does."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        while True:  # until its queue is full
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.3)
            try:
                waiting.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        yield port


def test_a_silent_address_leaves_time_for_the_other_ones_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go divides the time too; before, the first one used it up in each attempt."""
    with silent_port() as silent, stand_in(in_turn(KV)) as server:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (silent, server.port)
        ]
        monkeypatch.setattr("vaultenv.client.connection.getaddrinfo", lambda *_: found)
        server.address = f"http://vault.example:{server.port}"
        (outcome,) = read(server, "a/data/b", VAULT_MAX_RETRIES="0")
        assert fields(outcome) == {"k": "v"}
