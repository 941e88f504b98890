"""Reviews read, begun and answered by the thread that watches connections."""

import io
import json
import socket
import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from functools import partial
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
from webhook.admission.needs import Need, SecretObject, Steps, advance
from webhook.admission.review import AdmissionRequest, Decision
from webhook.serving.fast_path import Incoming, Request, State, parse_head
from webhook.serving.reviewer import Answer, Review, Reviewer
from webhook.serving.sending import message, send

POST = (
    b"POST /pods?timeout=10s HTTP/1.1\r\nHost: vault-webhook.vault-webhook.svc:443\r\n"
    b"User-Agent: kube-apiserver-admission\r\nContent-Length: 4\r\nAccept: application/json, */*\r\n"
    b"Content-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\nbody"
)
"""As the API server sends it."""


HEAD = POST.removesuffix(b"body")
REQUEST = Request("pods", b"timeout=10s", b"body")


def parse(*pieces: bytes, allowed: bool = True) -> Request | State:
    """Return the result of a connection that receives these pieces."""
    incoming = Incoming(0.0, lambda _segment: allowed)
    found: Request | State = State.COMING
    for piece in pieces:
        assert found is State.COMING
        found = incoming.add(piece)
    return found


def test_a_review_is_complete_with_its_last_byte() -> None:
    assert parse(POST) == REQUEST
    assert {parse(POST[:length]) for length in range(1, len(POST))} == {State.COMING}
    assert parse(*(bytes([byte]) for byte in POST)) == REQUEST


@given(st.lists(st.integers(1, len(POST) - 1), unique=True).map(sorted))
def test_a_review_in_pieces_is_the_same(cuts: list[int]) -> None:
    ends = [*cuts, len(POST)]
    assert parse(*(POST[start:end] for start, end in zip([0, *cuts], ends, strict=True))) == REQUEST


def test_each_request_has_its_own_segment_and_length_behind_the_same_fields() -> None:
    segments: list[bytes] = []
    for segment in (b"one", b"two"):
        incoming = Incoming(0.0, lambda found: not segments.append(found))  # type: ignore[func-returns-value]
        assert incoming.add(POST.replace(b"/pods", b"/%b/pods" % segment)) == REQUEST
    assert segments == [b"one", b"two"]
    assert parse(POST.replace(b"Length: 4", b"Length: 5") + b"!") == REQUEST._replace(body=b"body!")
    assert parse(POST) == REQUEST


def test_a_caller_is_denied_before_its_body_has_come() -> None:
    assert parse(POST.removesuffix(b"body"), allowed=False) is State.DENIED
    assert parse(POST, allowed=False) is State.DENIED


def test_the_segment_of_the_path_is_the_callers_proof() -> None:
    seen: list[bytes] = []
    incoming = Incoming(0.0, lambda segment: not seen.append(segment))  # type: ignore[func-returns-value]
    assert incoming.add(POST.replace(b"/pods", b"/secret_path-1/pods")) == REQUEST
    assert seen == [b"secret_path-1"]


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 10.0.0.1:8443\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n\r\n"


def test_the_probe_of_the_kubelet_is_known() -> None:
    assert parse(HEALTH) is State.HEALTH
    assert parse(HEALTH.replace(b"Accept: */*", b"Content-Length: 4")) is State.UNUSUAL
    assert parse(HEALTH.replace(b"healthz", b"readyz")) is State.UNUSUAL


def test_each_byte_of_a_long_body_is_looked_at_once() -> None:
    body = b"x" * 1_000_000
    incoming = Incoming(0.0, lambda _segment: True)
    assert incoming.add(HEAD.replace(b": 4", b": %d" % len(body))) is State.COMING
    for start in range(0, len(body) - 1000, 1000):
        assert incoming.add(body[start : start + 1000]) is State.COMING
    assert incoming.add(body[-1000:]) == Request("pods", b"timeout=10s", body)


@pytest.mark.parametrize(
    ("old", "new", "resource"),
    [
        (b"/pods?timeout=10s", b"/secrets", "secrets"),
        (b"/pods", b"/configmaps", "configmaps"),
        (b"/pods", b"/mutate", "pods"),
        (b"Content-Length", b"content-LENGTH", "pods"),
        (b"Host: ", b"Host:", "pods"),
    ],
)
def test_other_spellings_of_a_request_are_accepted(old: bytes, new: bytes, resource: str) -> None:
    found = parse(POST.replace(old, new))
    assert isinstance(found, Request)
    assert (found.resource, found.body) == (resource, b"body")


@pytest.mark.parametrize(
    "received",
    [
        pytest.param(POST + b"P", id="more behind it"),
        pytest.param(POST.replace(b"POST", b"GET"), id="another method"),
        pytest.param(POST.replace(b"/pods", b"/nodes"), id="another path"),
        pytest.param(POST.replace(b"/pods", b"//pods"), id="another form of the path"),
        pytest.param(POST.replace(b"HTTP/1.1", b"HTTP/1.0"), id="another version"),
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
        pytest.param(HEAD.replace(b": 4", b": 8388609"), id="very long"),
        pytest.param(HEAD.replace(b": 4", b": -4"), id="negative length"),
        pytest.param(HEAD.replace(b": 4", b": +4"), id="signed length"),
        pytest.param(HEAD.replace(b": 4", b": 4, 4"), id="list of lengths"),
        pytest.param(HEAD.replace(b"Content-Length: 4\r\n", b""), id="no length"),
    ],
)
def test_any_other_request_is_left_to_gunicorn(received: bytes) -> None:
    assert parse(received) is State.UNUSUAL


@pytest.mark.parametrize(
    "received",
    [
        pytest.param(POST.replace(b"HTTP/1.1", b" HTTP/1.1"), id="space in the request line"),
        pytest.param(b"GET / HTTP/2.0\r\n", id="no version of ours"),
        pytest.param(b"\x16\x03\x01\r\n", id="no HTTP"),
        pytest.param(b"G" * 20_000, id="no line"),
        pytest.param(HEAD[:-2] + b"Accept: b\r\n" * 4000, id="endless headers"),
        pytest.param(HEAD.replace(b"gzip", b"g" * 9000), id="long header"),
    ],
)
def test_bytes_that_cannot_become_a_request_are_refused(received: bytes) -> None:
    assert parse(received) is State.BAD


@pytest.mark.timed
@pytest.mark.parametrize(
    "piece", [b"-", b"a: x\r\n", b"a:" + b" " * 80, b"traceparent: x", b"a:" + b" x" * 40]
)
def test_a_head_of_a_stranger_takes_a_moment_whatever_is_in_it(piece: bytes) -> None:
    text = b"POST /pods HTTP/1.1\r\n" + piece * (8000 // len(piece)) + b"\r\n\r\n"
    before = time.thread_time()
    for _ in range(50):
        assert parse_head(text) is None
    assert time.thread_time() - before < 1.0


def test_a_head_is_no_longer_than_eight_kibibytes() -> None:
    piece = b"POST /pods HTTP/1.1\r\nAccept: "
    assert parse(piece, b"x" * (8191 - len(piece))) is State.COMING
    assert parse(piece, b"x" * (8192 - len(piece))) is State.BAD


def pieces() -> st.SearchStrategy[bytes]:
    """Return bytes that may break or change a request."""
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
def test_an_accepted_request_has_the_same_meaning_for_gunicorn(changes: list[tuple[int, int, bytes]]) -> None:
    received = POST
    for at, dropped, added in changes:
        received = received[:at] + added + received[at + dropped :]
    parsed = parse(received) if received else State.COMING
    if isinstance(parsed, State):
        return
    parser = http.get_parser(Config(), [received], ("192.0.2.1", 40000))
    request = next(parser)
    assert (request.method, request.path) == ("POST", f"/{parsed.resource}")
    assert not request.should_close()
    assert request.body.read() == parsed.body
    assert parser.unreader.take_buffered() == b""


class Deciding:
    """Decides on no change, after a need for a Secret or after a moment of work."""

    def __init__(self, **label: bool) -> None:
        self._label = label
        self.begun = 0
        self.long_of: list[str] = []

    def begin(self, _resource: str, _request: AdmissionRequest, deadline: Deadline) -> Steps[Decision]:
        self.begun += 1
        if self._label.get("needs"):
            yield SecretObject("shop", "s")
        if self._label.get("works"):
            end = time.thread_time() + 0.02
            while time.thread_time() < end:
                deadline.check()
        if self._label.get("fails"):
            raise RuntimeError
        return Decision()

    def begin_long(
        self, steps: Steps[Decision], request: AdmissionRequest, _deadline: Deadline
    ) -> Need | Decision:
        self.long_of.append(request.uid)
        return advance(steps.__next__)

    def finish(self, steps: Steps[Decision], need: Need | Decision, _deadline: Deadline) -> Decision:
        while not isinstance(need, Decision):
            need = advance(partial(steps.send, None))
        return need

    def ready(self, _deadline: Deadline) -> bool:
        return True


class Reviewing:
    """A Reviewer with its metrics and decisions."""

    def __init__(self, **label: bool) -> None:
        self.metrics, self.admission = NoMetrics(), Deciding(**label)
        metrics: Any = self.metrics
        self.reviewer = Reviewer(self.admission, metrics, 8.0, lambda _request, _reason: None)

    def begin(self, body: bytes = review_of()) -> Answer | Review:
        return self.reviewer.begin("pods", b"timeout=10s", body)


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


def test_the_message_is_http_and_leaves_the_connection_open() -> None:
    reviewing = Reviewing()
    answer = reviewing.begin()
    assert isinstance(answer, Answer)
    response = read(message(answer))
    assert (response.status, response.reason) == (200, "OK")
    assert not response.will_close
    assert parsedate_to_datetime(response.headers["Date"])
    assert json.loads(response.read())["response"] == {"uid": "u-1", "allowed": True}
    assert reviewing.metrics.outcomes == [("pods", "unchanged")]


def test_a_body_that_is_not_a_review_is_answered_at_once() -> None:
    answer = Reviewing().begin(b"{")
    assert isinstance(answer, Answer)
    response = read(message(answer))
    assert (response.status, response.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_a_decision_with_a_need_is_finished_with_the_work_done_so_far(log: io.StringIO) -> None:
    reviewing = Reviewing(needs=True)
    review = reviewing.begin()
    assert isinstance(review, Review)
    assert (reviewing.metrics.outcomes, log.getvalue()) == ([], "")
    assert json.loads(review.finish().body)["response"] == {"uid": "u-1", "allowed": True}
    assert (reviewing.admission.begun, reviewing.metrics.outcomes) == (1, [("pods", "unchanged")])
    assert not reviewing.admission.long_of


def test_a_decision_with_more_than_a_moment_of_work_is_begun_again(log: io.StringIO) -> None:
    reviewing = Reviewing(works=True)
    review = reviewing.begin()
    assert isinstance(review, Review)
    assert (reviewing.metrics.outcomes, log.getvalue()) == ([], "")
    assert json.loads(review.finish().body)["response"] == {"uid": "u-1", "allowed": True}
    assert (reviewing.admission.begun, reviewing.metrics.outcomes) == (2, [("pods", "unchanged")])
    assert reviewing.admission.long_of == ["u-1"]


@pytest.mark.parametrize("needs", [False, True])
def test_an_unexpected_error_is_answered_once(needs: bool) -> None:
    reviewing = Reviewing(needs=needs, fails=True)
    review = reviewing.begin()
    answer = review.finish() if isinstance(review, Review) else review
    assert json.loads(answer.body)["response"]["status"]["reason"] == "InternalError"
    assert reviewing.metrics.outcomes == [("pods", "internal")]


@pytest.fixture
def pair() -> Iterable[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def test_a_request_in_parts_is_received_part_by_part(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    incoming = Incoming(0.0, lambda _segment: True)
    assert incoming.receive(ours) is State.COMING
    theirs.sendall(POST[:20])
    assert incoming.receive(ours) is State.COMING
    assert incoming.received() == POST[:20]
    theirs.sendall(POST[20:])
    assert incoming.receive(ours) == REQUEST
    theirs.close()
    with pytest.raises(EOFError):
        Incoming(0.0, lambda _segment: True).receive(ours)


class Drip:
    """A connection with one byte for each read, without end."""

    def __init__(self) -> None:
        self.reads = 0

    def recv(self, _size: int) -> bytes:
        self.reads += 1
        return b"P"


def test_a_connection_is_read_a_bounded_number_of_times() -> None:
    drip = Drip()
    assert Incoming(0.0, lambda _segment: True).receive(drip) is State.MORE
    assert drip.reads <= 16


def test_bytes_that_the_client_does_not_read_are_returned(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    assert send(ours, b"short") == b""
    text = b"x" * (8 << 20)
    rest = send(ours, text)
    assert 0 < len(rest) < len(text)
    assert text.endswith(rest)
