"""Reviews read and written by the thread that watches connections, past gunicorn's parser and Flask.

Handing a request to a thread and its connection back costs as much as most decisions, and gunicorn's parser with Flask
costs that once more. Only requests as the API server sends them are read here, in the plainest form of RFC 9112: a POST
whose header fields are all known and none of which is about the connection. Every other request is gunicorn's.
"""

import re
import ssl
import time
from email.utils import formatdate
from enum import Enum
from typing import Any, NamedTuple

from vaultkube.remember import remember_last
from webhook.serving.reviewer import Answer

_LIMIT = 32_768
"""Longest request that is read here; it bounds the work of one review in the thread that watches connections, too."""
_HEAD_LIMIT = 8192
_RECORD = 16_384
_HEAD_END = b"\r\n\r\n"
_BEGIN = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.[01]\r\n")
_HEAD = re.compile(
    rb"POST /(pods|secrets|configmaps)(?:\?([!-~]{0,1000}))? HTTP/1\.1\r\n((?:[A-Za-z-]+:[ \t]*[!-~](?:[ -~]*[!-~])?\r\n)+)\r\n"
)
_FIELD = re.compile(rb"([A-Za-z-]+):[ \t]*([^\r]+)\r\n")
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
        b"traceparent",
        b"tracestate",
    ]
)
_SMALL = re.compile(rb"[0-9]{1,5}")


class Request(NamedTuple):
    """A review: its resource, the query of its URL, and the body."""

    resource: str
    query: bytes
    body: bytes


class State(Enum):
    """Why there is no review."""

    COMING = "the request has not come as a whole"
    UNUSUAL = "it is another request, or too long to be held here"


def receive(sock: Any, received: bytes) -> tuple[bytes, Request | State]:
    """Return `received` with what has come since, and the review that it is; OSError, or EOFError, if the connection is gone.

    Nothing that the TLS layer has taken in stays there, where the poller would not see it: each read takes a whole record.
    """
    found = parse(received)
    try:
        while found is State.COMING:
            data = sock.recv(_RECORD)
            if not data:
                raise EOFError
            received += data
            found = parse(received)
    except (BlockingIOError, ssl.SSLWantReadError):
        pass
    return received, found


def parse(received: bytes) -> Request | State:
    """Return the review that was received, alone and as a whole."""
    end = received.find(_HEAD_END)
    if end < 0:
        can_become_one = b"\r\n" not in received or _BEGIN.match(received)
        return State.COMING if can_become_one and len(received) < _HEAD_LIMIT else State.UNUSUAL
    start = end + len(_HEAD_END)
    head = _HEAD.fullmatch(received, 0, min(start, _HEAD_LIMIT))
    length = _body_length(head[3]) if head else None
    if head is None or length is None or start + length > _LIMIT or len(received) > start + length:
        return State.UNUSUAL
    if len(received) < start + length:
        return State.COMING
    return Request(head[1].decode("ascii"), head[2] or b"", received[start:])


def _body_length(fields: bytes) -> int | None:
    """Return the length of the body; None if the header fields hold more than is understood here."""
    found = [(name.lower(), value) for name, value in _FIELD.findall(fields)]
    by_name = dict(found)
    length = by_name.get(_LENGTH, b"")
    if len(by_name) < len(found) or not by_name.keys() <= _FIELDS or _HOST not in by_name:
        return None
    return int(length) if _SMALL.fullmatch(length) else None


def send(sock: Any, text: bytes) -> bytes:
    """Send what the connection takes now; return the rest. OSError if the connection is broken."""
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[sock.send(rest) :]
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        pass
    return bytes(rest)


def message(answer: Answer) -> bytes:
    """Return the answer as it is sent on a connection that stays open."""
    return (
        f"HTTP/1.1 {answer.status}\r\nDate: {_date(int(time.time()))}\r\nConnection: keep-alive\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n\r\n"
    ).encode("ascii") + answer.body


@remember_last
def _date(now_s: int) -> str:
    return formatdate(now_s, usegmt=True)
