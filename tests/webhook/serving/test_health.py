"""Health on a listener of its own: what it answers, and that hostile clients keep nobody from it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.webhook.clock import Clock
from webhook.serving import health
from webhook.serving.health import Answer, HealthServer, Watch, listen, local_address

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


def test_silent_clients_keep_nobody_from_an_answer(serve: Serve) -> None:
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


def watch(clock: Clock, answers: list[bool], problems: list[str]) -> Watch:
    return Watch(lambda: answers[0], [lambda: problems[0]], clock)


def test_ready_is_who_answers_and_has_no_problem() -> None:
    answers, problems = [False], [""]
    watching = watch(Clock(), answers, problems)
    assert watching.ready()[::2] == (503, b"the webhook starts\n")
    watching.look()
    assert watching.ready()[::2] == (503, b"the workers do not answer\n")
    answers[0] = True
    watching.look()
    assert watching.ready()[0] == 200
    problems[0] = "the certificate has ended"
    watching.look()
    assert watching.ready()[::2] == (503, b"the certificate has ended\n")
    assert watching.live()[0] == 200


def test_who_ends_is_not_ready() -> None:
    watching = watch(Clock(), [True], [""])
    watching.look()
    watching.end()
    assert watching.ready()[::2] == (503, b"the webhook ends\n")


def test_workers_that_answered_and_are_silent_for_long_are_dead() -> None:
    clock, answers = Clock(), [False]
    watching = watch(clock, answers, [""])
    clock.now_s = 2000
    watching.look()
    assert watching.live()[0] == 200, "they have only begun: a restart helps nobody"
    answers[0] = True
    watching.look()
    answers[0] = False
    clock.now_s = 2029
    watching.look()
    assert watching.live()[0] == 200
    clock.now_s = 2031
    assert watching.live()[0] == 503


def test_a_listener_of_every_address_is_reached_at_this_machine() -> None:
    assert local_address(("::", 8443)) == ("127.0.0.1", 8443)
    assert local_address(("192.0.2.1", 8443)) == ("192.0.2.1", 8443)
