"""Connecting within a given time, with slow resolvers and silent addresses."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable
from vaultkube.net import dial as dial_module
from vaultkube.net.dial import DialError, LookupsBusy, Resolver, dial, on_behalf_of
from vaultkube.vault.client import new_client

SILENT = "192.0.2.1"
"""An address that nobody answers at (RFC 5737); here, the connection waits for its whole timeout."""


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let names resolve only once the event is set."""
    answer = threading.Event()

    def look_up(_name: str, port: int, **_options: Any) -> Any:
        answer.wait(3)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(dial_module, "_resolver", Resolver())
    yield answer
    answer.set()


@pytest.fixture
def silent_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name resolve to two addresses, the first of which is silent."""

    def look_up(_name: str, port: int, **_options: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in (SILENT, "127.0.0.1")
        ]

    connect = socket.socket.connect

    def wait(self: socket.socket, address: Any) -> None:
        if address[0] == SILENT:
            time.sleep(self.gettimeout() or 30)
            raise TimeoutError("timed out")
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", wait, raising=False)


def vault_read(address: str, budget_s: float) -> None:
    client = new_client(address, ca="", token="t", remaining_s=lambda: budget_s)
    client.adapter.get("/v1/a/data/b")


def api_server_read(address: str, budget_s: float) -> None:
    Cluster(Connection(address)).get("Secret", "a", "b", Deadline(budget_s))


@pytest.mark.timed
@pytest.mark.usefixtures("resolver")
@pytest.mark.parametrize("read", [vault_read, api_server_read])
def test_a_slow_resolver_does_not_outlast_the_deadline(read: Any) -> None:
    began = time.monotonic()
    with pytest.raises((requests.ConnectionError, ClusterUnavailable)):
        read("http://slow.example.com:8200", 0.5)
    assert time.monotonic() - began < 1.5


@pytest.mark.usefixtures("silent_first")
def test_a_silent_first_address_leaves_time_for_the_second(port: int) -> None:
    with dial("two.example.com", port, 1.0) as connected:
        assert connected.getpeername() == ("127.0.0.1", port)
        timeout_s = connected.gettimeout()
        assert timeout_s
        assert 0.1 < timeout_s <= 0.5


def test_a_server_that_vanishes_ends_a_silent_connection_within_a_minute(port: int) -> None:
    """Nothing else tells a watch, which waits for minutes, that its server has lost its power."""
    with dial("127.0.0.1", port, 5) as connected:
        idle_s, every_s, count = (
            connected.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert idle_s + every_s * count <= 60


def test_each_reason_is_named(port: int, resolver: threading.Event) -> None:
    with pytest.raises(DialError, match="name look-up: timed out"):
        dial("slow.example.com", port, 0.05)
    resolver.set()
    dial("slow.example.com", port, 5).close()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = listening.getsockname()[1]
    with pytest.raises(DialError, match=r"connecting: 127\.0\.0\.1: Connection refused"):
        dial("127.0.0.1", closed, 5)


def test_a_name_without_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(DialError, match=r"name look-up: none\.example\.com has no address"):
        dial("none.example.com", 443, 5)


def test_an_address_needs_no_look_up(port: int, resolver: threading.Event) -> None:
    assert not resolver.is_set()
    dial("127.0.0.1", port, 1).close()


def test_look_ups_that_do_not_end_are_limited_and_leave_room_for_other_hosts(
    resolver: threading.Event,
) -> None:
    lookups = Resolver(4)
    for _ in range(3):
        with pytest.raises(DialError, match="timed out"):
            lookups.resolve("slow.example.com", 443, time.monotonic() + 0.02)
    with pytest.raises(LookupsBusy):
        lookups.resolve("slow.example.com", 443, time.monotonic() + 0.02)
    with pytest.raises(DialError, match="timed out"):
        lookups.resolve("other.example.com", 443, time.monotonic() + 0.02)
    resolver.set()
    assert lookups.resolve("slow.example.com", 443, time.monotonic() + 5)


def test_many_hosts_of_one_namespace_leave_room_for_other_namespaces(resolver: threading.Event) -> None:
    lookups = Resolver(4)
    with on_behalf_of("greedy"):
        for number in range(3):
            with pytest.raises(DialError, match="timed out"):
                lookups.resolve(f"slow{number}.example.com", 443, time.monotonic() + 0.02)
        with pytest.raises(LookupsBusy):
            lookups.resolve("slow.example.com", 443, time.monotonic() + 0.02)
    with on_behalf_of("quiet"), pytest.raises(DialError, match="timed out"):
        lookups.resolve("slow.example.com", 443, time.monotonic() + 0.02)
