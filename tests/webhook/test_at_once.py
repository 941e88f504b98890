"""What may be answered where connections are watched, and that an attempt leaves no trace."""

import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from gunicorn.config import Config

from webhook.at_once import AT_ONCE, answer, is_whole, receive, send
from webhook.deadline import MustWait

GET = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /pods?timeout=10s HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"


@pytest.mark.parametrize("request_bytes", [GET, POST, POST.replace(b"Content-Length", b"content-LENGTH")])
def test_a_request_is_whole_with_its_last_byte(request_bytes: bytes) -> None:
    assert is_whole(request_bytes)
    assert not any(is_whole(request_bytes[:length]) for length in range(len(request_bytes)))


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(GET + b"G", id="more behind it"),
        pytest.param(POST.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked"), id="chunked"),
        pytest.param(POST.replace(b"Host: h", b"Expect: 100-continue"), id="waits for leave"),
        pytest.param(POST.replace(b"Host: h", b"Upgrade: h2c"), id="another protocol"),
        pytest.param(POST.replace(b"Host: h", b"Content-Length: 4"), id="two lengths"),
        pytest.param(POST.replace(b": 4", b": 70000").removesuffix(b"body"), id="long"),
        pytest.param(POST.replace(b": 4", b": 8388608").removesuffix(b"body"), id="very long"),
        pytest.param(POST.replace(b": 4", b": -4").removesuffix(b"body"), id="negative"),
        pytest.param(POST.replace(b": 4", b":").removesuffix(b"body"), id="no length"),
        pytest.param(
            POST.replace(b": 4", b" : 4").replace(b"h\r\n", b"h\r\nContent-Length: 4\r\n"), id="length twice"
        ),
        pytest.param(b"GET / HTTP/2.0\r\n", id="another version"),
        pytest.param(b"\x16\x03\x01\r\n", id="no HTTP"),
        pytest.param(b"G" * 20_000, id="no line"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 4000, id="endless headers"),
    ],
)
def test_what_is_unusual_or_long_is_for_a_thread(request_bytes: bytes) -> None:
    assert is_whole(request_bytes) is None


class Conn:
    client = ("192.0.2.1", 40000)
    server = ("192.0.2.2", 8443)


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def plain(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def test_the_answer_is_whole_and_tells_whether_the_connection_is_kept() -> None:
    kept = answer(plain, Config(), Conn, POST)
    assert kept is not None
    assert kept[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert kept[0].endswith(b"\r\n\r\nbody")
    assert kept[1]
    closed = answer(plain, Config(), Conn, POST.replace(b"Host: h", b"Connection: close"))
    assert closed is not None
    assert not closed[1]


def test_the_application_is_told_that_nothing_may_be_waited_for() -> None:
    told: list[bool] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told.append(environ[AT_ONCE])
        return plain(environ, start_response)

    assert answer(application, Config(), Conn, GET)
    assert told == [True]


def failing(error: BaseException) -> Application:
    def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        yield b"a"
        raise error

    return application


@pytest.mark.parametrize("error", [MustWait(), RuntimeError("broken")])
def test_an_answer_that_is_not_given_at_once_is_for_a_thread(error: BaseException) -> None:
    assert answer(failing(error), Config(), Conn, GET) is None


def test_a_request_of_which_gunicorn_wants_more_is_for_a_thread() -> None:
    assert answer(plain, Config(), Conn, POST.removesuffix(b"y")) is None


def test_what_gunicorn_refuses_is_for_a_thread_which_answers_it() -> None:
    assert answer(plain, Config(), Conn, GET.replace(b"Host:", b"Host :")) is None


@pytest.fixture
def pair() -> Iterable[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def test_as_much_is_received_as_has_come(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert receive(ours, b"before ") == b"before "
    theirs.sendall(b"now")
    assert receive(ours, b"before ") == b"before now"
    theirs.close()
    with pytest.raises(EOFError):
        receive(ours, b"")


def test_what_the_client_does_not_take_is_left(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    assert send(ours, b"short") == b""
    text = b"x" * (8 << 20)
    rest = send(ours, text)
    assert 0 < len(rest) < len(text)
    assert text.endswith(rest)
