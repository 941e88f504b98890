"""Health on a listener of its own: its answers, which hostile clients do not delay."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from vaultkube.errors import InvalidSetting
from vaultkube.net import health
from vaultkube.net.health import Answer, HealthServer, listen, new_health_server

Serve = Callable[[dict[str, Callable[[], Answer]]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    stop, threads = threading.Event(), []

    def start(views: dict[str, Callable[[], Answer]]) -> int:
        listening = listen(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
        threads.append(threading.Thread(target=HealthServer(listening, views).serve, args=[stop]))
        threads[-1].start()
        return port

    yield start
    stop.set()
    for thread in threads:
        thread.join()


def ok() -> Answer:
    return 200, "text/plain", b"ok\n"


def get(port: int, path: str = "/healthz") -> requests.Response:
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5)


def test_paths_are_answered_and_others_named(serve: Serve) -> None:
    port = serve({"/healthz": ok, "/metrics": lambda: (200, "text/plain", b"x" * 3_000_000)})
    assert get(port).text == "ok\n"
    assert get(port, "/healthz?verbose").ok
    assert len(get(port, "/metrics").content) == 3_000_000
    assert get(port, "/pods").status_code == 404
    assert requests.post(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 404


def test_a_request_may_come_in_pieces(serve: Serve) -> None:
    port = serve({"/healthz": ok})
    with socket.create_connection(("127.0.0.1", port)) as client:
        for piece in (b"GET /heal", b"thz HTTP/1.1\r\nHost: x\r\n", b"\r\n"):
            client.sendall(piece)
            time.sleep(0.02)
        assert client.recv(1024).startswith(b"HTTP/1.1 200 OK\r\n")


def test_silent_clients_delay_no_answer(serve: Serve) -> None:
    port = serve({"/healthz": ok})
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    try:
        assert get(port).ok
    finally:
        for client in silent:
            client.close()


def test_a_client_that_is_silent_for_long_is_closed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_REQUEST_S", 0.2)
    port = serve({"/healthz": ok})
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        assert client.recv(1) == b""


def test_a_head_without_end_is_closed(serve: Serve) -> None:
    port = serve({"/healthz": ok})
    with (
        socket.create_connection(("127.0.0.1", port), 5) as client,
        pytest.raises((ConnectionResetError, BrokenPipeError)),
    ):
        for _ in range(100):
            client.sendall(b"x" * 1000)
            time.sleep(0.01)
    assert get(port).ok


@pytest.mark.parametrize("host", ["", "::"])
def test_every_address_is_that_of_both_families(host: str) -> None:
    with listen((host, 0)) as listening:
        port = listening.getsockname()[1]
        for address in ("127.0.0.1", "::1"):
            socket.create_connection((address, port), 5).close()


def test_live_ready_and_figures_have_their_paths() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    problems = ["Vault is away"]
    new_health_server(address, lambda: problems[0], lambda: "things 1\n").start()
    assert get(address[1], "/health/live").text == "ok\n"
    answer = get(address[1], "/health/ready")
    assert (answer.status_code, answer.text) == (503, "Vault is away\n")
    problems[0] = ""
    assert get(address[1], "/health/ready").text == "ok\n"
    answer = get(address[1], "/metrics")
    assert (answer.text, answer.headers["Content-Type"]) == (
        "things 1\n",
        "text/plain; version=0.0.4; charset=utf-8",
    )
    assert get(address[1], "/").text == "there are /health/live, /health/ready, /metrics\n"


def test_an_address_in_use_is_an_invalid_setting() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        pytest.raises(InvalidSetting, match="HEALTH_ADDR cannot be listened on"),
    ):
        new_health_server(listening.getsockname(), lambda: "", lambda: "")
