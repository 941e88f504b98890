"""Connections to registries are reused for a limited time, and a dead one does not use up the time of a read."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.webhook.registry import hostile
from tests.webhook.registry.attacks import BUDGET_S, fetch, refusal
from tests.webhook.registry.hostile import image
from tests.webhook.registry.hostile_server import HostileServer, Visit
from vaultkube.deadline import Deadline
from vaultkube.net import keepalive
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageQuery

pytestmark = pytest.mark.timed


@pytest.fixture
def seen(server: HostileServer) -> list[socket.socket]:
    """The server's end of the connection of each request for an image named `app`, in order."""
    connections: list[socket.socket] = []

    def behave(visit: Visit) -> None:
        connections.append(visit.connection)
        image()(visit)

    server.serve("app", behave)
    return connections


def test_one_connection_serves_many_requests(
    server: HostileServer, seen: list[socket.socket], client: RegistryClient
) -> None:
    for number in range(3):
        fetch(client, f"{server.host}/app/app:{number}")
    assert len(seen) == 6 and len(set(map(id, seen))) == 1


def test_a_connection_that_was_idle_for_long_is_not_reused(
    server: HostileServer,
    seen: list[socket.socket],
    client: RegistryClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keepalive, "MAX_IDLE_S", 0.1)
    fetch(client, f"{server.host}/app/app:1")
    time.sleep(0.2)
    fetch(client, f"{server.host}/app/app:2")
    assert len(set(map(id, seen))) == 2


@pytest.mark.parametrize("death", [hostile.silence, hostile.hang_up], ids=["silent", "reset"])
def test_several_dead_connections_cost_one_attempt_and_the_image_is_read(
    server: HostileServer, client: RegistryClient, death: Callable[[Visit], None]
) -> None:
    """A gateway that lost its connections has this effect: only new connections are answered."""
    living: list[socket.socket] = []
    dead: list[socket.socket] = []
    deaths: list[str] = []
    together = threading.Barrier(6)

    def behave(visit: Visit) -> None:
        if visit.connection in dead:
            deaths.append(visit.path)
            return death(visit)
        if "/manifests/" in visit.path and not visit.path.endswith("/alone"):
            living.append(visit.connection)
            together.wait(5)
        return image()(visit)

    server.serve("app", behave)

    def fetch_six(tag: str) -> None:
        queries = [ImageQuery(f"{server.host}/app/app:{tag}{number}") for number in range(6)]
        threads = [threading.Thread(target=client.fetch, args=(query, Deadline(10))) for query in queries]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    fetch_six("before")
    dead += living
    assert fetch(client, f"{server.host}/app/app:alone").command == ("good",)
    fetch_six("after")
    assert len(living) == 12 and len(deaths) == 1


def test_a_slow_answer_on_a_reused_connection_is_read_to_its_end(
    server: HostileServer, client: RegistryClient
) -> None:
    """The first half of the time is for the beginning of the answer."""

    def slow_body(visit: Visit) -> None:
        visit.send_response(200)
        content = hostile.manifest_of(hostile.config_of("good"))
        visit.send_header("Content-Length", str(len(content)))
        visit.end_headers()
        visit.wfile.write(content[:10])
        time.sleep(BUDGET_S * 0.6)
        visit.wfile.write(content[10:])

    server.serve("app", image())
    fetch(client, f"{server.host}/app/app:1")
    server.serve("app", lambda visit: (slow_body if "/manifests/" in visit.path else image())(visit))
    assert fetch(client, f"{server.host}/app/app:2").command == ("good",)


@pytest.fixture
def mute() -> Iterator[str]:
    """Yield a host that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def in_handshake(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    return f"{mute}/app", f"{mute}: TLS handshake: timed out"


def not_tls(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    return f"{plain.host}/app", f"{plain.host}: TLS handshake: SSLError "


def unanswered(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    return server.serve("app", hostile.silence), f"{server.host}: waiting for the answer: timed out"


def unread(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    return server.serve("app", hostile.drip_body), f"{server.host}: reading the answer: timed out"


def token_server(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    reference = server.serve("app", hostile.challenge(f'Bearer realm="https://{mute}/token"'))
    return reference, f"{mute}: TLS handshake: timed out"


def not_http(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    def behave(visit: Visit) -> None:
        visit.wfile.write(b"SSH-2.0-x\r\n")
        visit.close_connection = True

    return (
        server.serve("app", behave),
        f"{server.host}: waiting for the answer: this is not valid HTTP: BadStatusLine",
    )


def denied(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    return "169.254.169.254/app", "169.254.169.254:443: connecting: its addresses are denied: 169.254.169.254"


def nobody(server: HostileServer, plain: HostileServer, mute: str) -> tuple[str, str]:
    return "127.0.0.1:1/app", "127.0.0.1:1: connecting: 127.0.0.1: Connection refused"


@pytest.mark.parametrize(
    "trouble", [in_handshake, not_tls, unanswered, unread, token_server, not_http, denied, nobody]
)
def test_the_log_names_host_and_phase_and_the_message_does_not(
    server: HostileServer,
    plain: HostileServer,
    mute: str,
    client: RegistryClient,
    caplog: pytest.LogCaptureFixture,
    trouble: Callable[[HostileServer, HostileServer, str], tuple[str, str]],
) -> None:
    reference, line = trouble(server, plain, mute)
    message = refusal(client, reference)
    assert line in caplog.records[-1].getMessage()
    assert line.partition(": ")[2] not in message
