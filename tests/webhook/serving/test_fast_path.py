"""What may be answered where connections are watched, and that an attempt leaves no trace."""

import io
import json
import socket
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse
from typing import Any

import pytest
from gunicorn import http
from gunicorn.config import Config
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.admission.test_review import review_of
from tests.webhook.serving.test_app import NoMetrics
from vaultkube.deadline import Deadline
from webhook.admission.review import AdmissionRequest, Decision
from webhook.serving.fast_path import Request, State, answer, parse, receive, send
from webhook.serving.reviewer import Reviewer

POST = (
    b"POST /pods?timeout=10s HTTP/1.1\r\nHost: vault-vaultkube.vault.resolver-webhook.svc:443\r\n"
    b"User-Agent: kube-apiserver-admission\r\nContent-Length: 4\r\nAccept: application/json, */*\r\n"
    b"Content-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\nbody"
)
"""As the API server sends it."""


def test_a_review_is_taken_with_its_last_byte() -> None:
    assert parse(POST) == Request("pods", b"body")
    assert {parse(POST[:length]) for length in range(len(POST))} == {State.COMING}


@pytest.mark.parametrize(
    ("old", "new", "resource"),
    [
        (b"/pods?timeout=10s", b"/secrets", "secrets"),
        (b"/pods", b"/configmaps", "configmaps"),
        (b"Content-Length", b"content-LENGTH", "pods"),
        (b"Host: ", b"Host:", "pods"),
    ],
)
def test_other_forms_of_the_same_are_taken(old: bytes, new: bytes, resource: str) -> None:
    assert parse(POST.replace(old, new)) == Request(resource, b"body")


HEAD = POST.removesuffix(b"body")


@pytest.mark.parametrize(
    "received",
    [
        pytest.param(POST + b"P", id="more behind it"),
        pytest.param(POST.replace(b"POST", b"GET"), id="another method"),
        pytest.param(POST.replace(b"/pods", b"/nodes"), id="another path"),
        pytest.param(POST.replace(b"/pods", b"//pods"), id="another form of the path"),
        pytest.param(POST.replace(b"HTTP/1.1", b"HTTP/1.0"), id="another version"),
        pytest.param(POST.replace(b"HTTP/1.1", b" HTTP/1.1"), id="space in the request line"),
        pytest.param(POST.replace(b"10s", b"1" * 4000), id="long request line"),
        pytest.param(POST.replace(b"Accept: ", b"Transfer-Encoding: "), id="chunked"),
        pytest.param(POST.replace(b"Accept: ", b"Expect: "), id="waits for leave"),
        pytest.param(POST.replace(b"Accept: ", b"Connection: "), id="about the connection"),
        pytest.param(POST.replace(b"Accept: ", b"Content-Encoding: "), id="packed"),
        pytest.param(POST.replace(b"Accept: ", b"Content-Length: "), id="two lengths"),
        pytest.param(POST.replace(b"Accept: ", b"Host: "), id="two hosts"),
        pytest.param(POST.replace(b"Host: ", b"Accept: "), id="no host"),
        pytest.param(POST.replace(b"Host: ", b"Host : "), id="space before the colon"),
        pytest.param(POST.replace(b"\r\nAccept: ", b"\r\n Accept: "), id="folded"),
        pytest.param(POST.replace(b"\r\nAccept: ", b"\nAccept: "), id="bare line feed"),
        pytest.param(POST.replace(b"gzip", b"gzip\0"), id="control character"),
        pytest.param(POST.replace(b"gzip", b"gz\xefp"), id="not ASCII"),
        pytest.param(POST.replace(b"gzip", b""), id="empty field"),
        pytest.param(HEAD.replace(b": 4", b": 40000"), id="long"),
        pytest.param(HEAD.replace(b": 4", b": 8388608"), id="very long"),
        pytest.param(HEAD.replace(b": 4", b": -4"), id="negative length"),
        pytest.param(HEAD.replace(b": 4", b": +4"), id="signed length"),
        pytest.param(HEAD.replace(b": 4", b": 4, 4"), id="list of lengths"),
        pytest.param(HEAD.replace(b"Content-Length: 4\r\n", b""), id="no length"),
        pytest.param(b"GET / HTTP/2.0\r\n", id="no version of ours"),
        pytest.param(b"\x16\x03\x01\r\n", id="no HTTP"),
        pytest.param(b"G" * 20_000, id="no line"),
        pytest.param(HEAD[:-2] + b"Accept: b\r\n" * 4000, id="endless headers"),
        pytest.param(HEAD.replace(b"gzip", b"g" * 9000), id="long header"),
    ],
)
def test_what_is_unusual_or_long_is_gunicorns(received: bytes) -> None:
    assert parse(received) is State.UNUSUAL


def pieces() -> st.SearchStrategy[bytes]:
    """Bytes that break, bend or end a request."""
    words = [
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b",",
        b"\0",
        b"\xff",
        b"?",
        b"#",
        b"%",
        b"+",
        b"0",
        b"4",
        b"body",
    ]
    fields = [
        b"Content-Length: 4\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"Host: b\r\n",
        b"A_b: c\r\n",
    ]
    return st.sampled_from([*words, *fields, POST, b"HTTP/1.0", b"GET "]) | st.binary(max_size=3)


@given(st.lists(st.tuples(st.integers(0, len(POST)), st.integers(0, 3), pieces()), max_size=3))
def test_what_is_taken_gunicorn_takes_alike(changes: list[tuple[int, int, bytes]]) -> None:
    received = POST
    for at, dropped, added in changes:
        received = received[:at] + added + received[at + dropped :]
    taken = parse(received)
    if isinstance(taken, State):
        return
    parser = http.get_parser(Config(), [received], ("192.0.2.1", 40000))
    request = next(parser)
    assert (request.method, request.path) == ("POST", f"/{taken.resource}")
    assert not request.should_close()
    assert request.body.read() == taken.body
    assert parser.unreader.take_buffered() == b""


class Deciding:
    """Decides that nothing is changed, after it has waited or worked as it is told."""

    def __init__(self, **what: bool) -> None:
        self._what = what

    def decide(self, _resource: str, _review: AdmissionRequest, deadline: Deadline) -> Decision:
        if self._what.get("waits"):
            deadline.remaining_s()
        while self._what.get("works"):
            deadline.check()
        return Decision()

    def ready(self, _deadline: Deadline) -> bool:
        return True


class Reviewed:
    def __init__(self, **what: bool) -> None:
        self.metrics = NoMetrics()
        admission: Any = Deciding(**what)
        metrics: Any = self.metrics
        self.reviewer = Reviewer(admission, metrics, lambda _request, _reason: None)


class _Stream:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._text)


def read(text: bytes) -> HTTPResponse:
    stream: Any = _Stream(text)
    response = HTTPResponse(stream)
    response.begin()
    return response


def test_the_answer_is_http_and_keeps_the_connection() -> None:
    reviewed = Reviewed()
    text = answer(reviewed.reviewer, Request("pods", review_of()))
    assert text
    response = read(text)
    assert (response.status, response.reason) == (200, "OK")
    assert not response.will_close
    assert parsedate_to_datetime(response.headers["Date"])
    assert json.loads(response.read())["response"] == {"uid": "u-1", "allowed": True}
    assert reviewed.metrics.outcomes == [("pods", "unchanged")]


def test_what_is_no_review_is_answered_too() -> None:
    text = answer(Reviewed().reviewer, Request("pods", b"{"))
    assert text
    assert (read(text).status, read(text).headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


@pytest.mark.parametrize("what", ["waits", "works"])
def test_a_decision_that_takes_time_is_for_a_thread_and_leaves_no_trace(what: str, log: io.StringIO) -> None:
    reviewed = Reviewed(**{what: True})
    assert answer(reviewed.reviewer, Request("pods", review_of())) is None
    assert (reviewed.metrics.outcomes, log.getvalue()) == ([], "")


@pytest.fixture
def pair() -> Iterable[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def test_as_much_is_received_as_has_come(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert receive(ours, POST[:10]) == (POST[:10], State.COMING)
    theirs.sendall(POST[10:20])
    assert receive(ours, POST[:10]) == (POST[:20], State.COMING)
    theirs.sendall(POST[20:])
    assert receive(ours, POST[:20]) == (POST, Request("pods", b"body"))
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
