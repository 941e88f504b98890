"""The fast path: the thread that watches connections reads reviews without gunicorn's parser and Flask.

Passing a request to a thread and its connection back costs as much as most decisions, and gunicorn's parser with Flask
costs the same again. Only requests in the API server's form are read here, in the simplest syntax of RFC 9112: a POST
with only known header fields, none of which is about the connection; and the kubelet's GET of `/healthz`. gunicorn
handles every other request, once its whole head has arrived.
"""

import re
import ssl
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from vaultkube.remember import anything, remember

SHORT_BYTES = 32_768
"""The longest body for a decision in the thread that watches connections: it bounds the time of one decision there."""
_BODY_LIMIT = 8 << 20
_HEAD_LIMIT = 8192
_RECORD = 16_384
READS = 16
"""The most records to read from one connection at a time, so that one with many small records delays no other."""
_HEAD_END = b"\r\n\r\n"
_BEGIN = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.[01]\r\n")
_LINE = re.compile(
    rb"POST /(?:([A-Za-z0-9_-]{1,128})/)?(pods|secrets|configmaps|objects|mutate)(?:\?([!-~]{0,1000}))? HTTP/1\.1"
)
_LINES = re.compile(rb"(?:[A-Za-z-]+:[ \t]*[!-~](?:[ -~]*[!-~])?\r\n)+\r\n")
PATHS = {
    "pods": "pods",
    "secrets": "secrets",
    "configmaps": "configmaps",
    "objects": "objects",
    "mutate": "pods",
}
"""The resource of each path; `mutate` is that of HashiCorp's injector, for pods."""
_HEALTH = re.compile(
    rb"GET /healthz HTTP/1\.1\r\n(?:(?!Content-|Transfer-|Expect)[A-Z][A-Za-z-]*: [ -~]*\r\n)*\r\n",
    re.IGNORECASE,
)
_LENGTH = b"content-length"
_HOST = b"host"
_FIELDS = frozenset(
    [
        _LENGTH,
        _HOST,
        b"user-agent",
        b"accept",
        b"accept-encoding",
        b"content-type",
        b"tracestate",
    ]
)
_TRACEPARENT = re.compile(rb"^traceparent:[ \t]*([!-~]{1,512})\r\n", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(rb"[0-9]{1,7}")


class Request(NamedTuple):
    """A review: its resource, the query of its URL, the body, and its `traceparent`."""

    resource: str
    query: bytes
    body: bytes
    traceparent: str = ""


class Head(NamedTuple):
    """The head of a review: path segment, resource, query, start and end of the body, and `traceparent`."""

    segment: bytes
    resource: str
    query: bytes
    start: int
    end: int
    traceparent: str


class State(Enum):
    """The reasons why there is no review."""

    COMING = "the request has not come as a whole"
    MORE = "more may have come than was read"
    DENIED = "the caller is not the API server"
    HEALTH = "it asks whether the webhook lives"
    UNUSUAL = "it is another request, whose head has come as a whole"
    BAD = "it cannot become a request, or its head is too long"
    LATE = "it has not begun in time"


class Incoming:
    """The received part of a request; each byte is examined once."""

    __slots__ = (
        "_allows",
        "_head",
        "_is_request",
        "_received",
        "_searched",
        "is_awaited",
        "is_late",
        "until",
    )

    def __init__(self, until: float, allows: Callable[[bytes], bool], received: bytes = b"") -> None:
        """Begin a request that must have arrived by `until`, in seconds of the monotonic clock.

        `allows` returns whether a caller with this segment is the API server.
        """
        self.until = until
        self.is_awaited = False
        self.is_late = False
        self._allows = allows
        self._received = bytearray(received)
        self._searched = 0
        self._head: Head | None = None
        self._is_request = False

    def receive(self, sock: Any) -> Request | State:
        """Read the bytes that have arrived on a non-blocking socket; OSError or EOFError if the client has gone."""
        found = self._find() if self._received else State.COMING
        try:
            for _ in range(READS):
                if found is not State.COMING:
                    return found
                data = sock.recv(_RECORD)
                if not data:
                    raise EOFError
                found = self.add(data)
        except (BlockingIOError, ssl.SSLWantReadError):
            return State.COMING
        return State.MORE if found is State.COMING else found

    def add(self, data: bytes) -> Request | State:
        """Add more bytes to the request, and return it if it is complete."""
        self._received += data
        return self._find()

    @property
    def has_begun(self) -> bool:
        """Whether a byte of the request has arrived."""
        return bool(self._received)

    def received(self) -> bytes:
        """Return all received bytes."""
        return bytes(self._received)

    def _find(self) -> Request | State:
        if self._head is None:
            state = self._find_head()
            if state is not None:
                return state
        return self._find_body()

    def _find_head(self) -> State | None:
        end = self._received.find(_HEAD_END, max(0, self._searched - len(_HEAD_END)))
        self._searched = len(self._received)
        if end < 0:
            return State.COMING if self._can_become_request() else State.BAD
        start = end + len(_HEAD_END)
        text = bytes(self._received[:start])
        if start == len(self._received) and _HEALTH.fullmatch(text):
            return State.HEALTH
        head = parse_head(text) if start <= _HEAD_LIMIT else None
        if head is None:
            return State.UNUSUAL if start <= _HEAD_LIMIT and _BEGIN.match(text) else State.BAD
        if not self._allows(head.segment):
            return State.DENIED
        self._head = head
        return None

    def _find_body(self) -> Request | State:
        head, length = self._head, len(self._received)
        if head is None or length > head.end:
            return State.UNUSUAL
        if length < head.end:
            return State.COMING
        return Request(head.resource, head.query, bytes(self._received[head.start :]), head.traceparent)

    def _can_become_request(self) -> bool:
        if not self._is_request and b"\r\n" in self._received:
            if not _BEGIN.match(self._received):
                return False
            self._is_request = True
        return len(self._received) < _HEAD_LIMIT


def parse_head(text: bytes) -> Head | None:
    """Return the head of a review in the API server's form; None for any other."""
    line, _, lines = text.partition(b"\r\n")
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    lines, traceparent = _without_traceparent(lines)
    try:
        length = _body_length(lines)
    except _Unusual:
        return None
    resource = PATHS[match[2].decode("ascii")]
    return Head(match[1] or b"", resource, match[3] or b"", len(text), len(text) + length, traceparent)


def _without_traceparent(lines: bytes) -> tuple[bytes, str]:
    """Return the header fields without `traceparent`, which differs in each review, and its value."""
    if b"raceparent:" not in lines:
        return lines, ""
    match = _TRACEPARENT.search(lines)
    if match is None:
        return lines, ""
    return lines[: match.start()] + lines[match.end() :], match[1].decode("ascii")


class _Unusual(Exception):
    """The header fields are not those that the API server sends."""


def _read_length(lines: bytes) -> int:
    """Return the length of the body; raise _Unusual for header fields that this parser does not support."""
    if not _LINES.fullmatch(lines):
        raise _Unusual
    found = [line.partition(b":")[::2] for line in lines.removesuffix(_HEAD_END).split(b"\r\n")]
    by_name = {name.lower(): value.lstrip(b" \t") for name, value in found}
    length = by_name.get(_LENGTH, b"")
    is_plain = len(by_name) == len(found) and by_name.keys() <= _FIELDS
    if not (is_plain and _HOST in by_name and _NUMBER.fullmatch(length) and int(length) <= _BODY_LIMIT):
        raise _Unusual
    return int(length)


_body_length = remember(_read_length, public=anything, longest=512, entries=64)
"""The length by header fields, in a cache: the API server sends the same fields with bodies of the same length.

No field in `_FIELDS` may be secret.
"""
