"""Connecting for several namespaces: silent name servers cost only the namespace that names them."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from vaultkube.net.dial import on_behalf_of
from webhook.registry.addresses import AddressPolicy
from webhook.registry.breaker import Breaker
from webhook.registry.dial import Dialler
from webhook.registry.failures import RegistryFailure
from webhook.registry.hosts import parse_pattern

POLICY = AddressPolicy([parse_pattern("127.0.0.1")])


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Yield a name server that answers for slow.example.com only once the event is set, after its clients have given up."""
    answer, real = threading.Event(), socket.getaddrinfo

    def look_up(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("slow."):
            answer.wait(30)
        return real("127.0.0.1" if name.startswith("slow.") else name, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield answer
    answer.set()


def test_unanswered_look_ups_use_up_the_share_of_one_namespace_only(
    port: int, name_server: threading.Event
) -> None:
    dialler = Dialler(POLICY, Breaker())

    def dial(namespace: str, host: str, timeout_s: float = 0.2) -> str:
        with on_behalf_of(namespace):
            try:
                dialler.dial(host, port, timeout_s).close()
            except RegistryFailure as failure:
                return failure.detail
            return "connected"

    threads = [
        threading.Thread(target=dial, args=("greedy", f"slow.{number}.example.com")) for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [dial("greedy", "127.0.0.1") for _ in range(4)] == [
        f"127.0.0.1:{port}: name look-up: too many are under way"
    ] * 4
    assert dial("other", "127.0.0.1", 5) == "connected"
    name_server.set()
    assert dial("greedy", "127.0.0.1", 5) == "connected"


def test_a_lack_of_look_ups_does_not_count_against_the_host(port: int, name_server: threading.Event) -> None:
    breaker = Breaker(failures=1)
    dialler = Dialler(POLICY, breaker)
    threads = [
        threading.Thread(target=_fail, args=(dialler, f"slow.{number}.example.com", port))
        for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _fail(dialler, "127.0.0.1", port, timeout_s=1.1)
    name_server.set()
    dialler.dial("127.0.0.1", port, 5).close()


def _fail(dialler: Dialler, host: str, port: int, timeout_s: float = 0.1) -> None:
    with pytest.raises(RegistryFailure):
        dialler.dial(host, port, timeout_s)
