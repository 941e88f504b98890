"""Answers on gunicorn's connections: sent at once, or by a thread that waits for the client."""

import ssl
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any

from webhook.serving.fast_path import Request, State
from webhook.serving.reviewer import Answer, Review, Reviewer

DENIED = b"only the API server is answered here\n"
_DENIED = (
    b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%b"
) % (len(DENIED), DENIED)
_HEALTHY = (
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 3\r\n\r\nok\n"
)
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_SEND_AGAIN = (
    b"HTTP/1.1 503 vault-webhook ends this idle connection\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: 0\r\n\r\n"
)
"""The API server sends a review with this answer again, up to ten times (k8s.io/client-go, rest/with_retry.go).

An API server that has sent no review logs the answer as unsolicited, hence the phrase after the status.
"""
_LAST_ANSWERS = {
    State.DENIED: _DENIED,
    State.HEALTH: _HEALTHY,
    State.BAD: _BAD_REQUEST,
    State.LATE: _SEND_AGAIN,
}
"""Answers after which the connection is closed."""


def answer_review(conn: Any, reviewer: Reviewer, request: Request) -> bool:
    """Answer a long review, and return whether the connection stays open. Runs in a thread."""
    return _send_rest(conn, message(reviewer.answer(*request)))


def finish_review(conn: Any, review: Review) -> bool:
    """Finish a review that must wait, send its answer, and return whether the connection stays open.

    Runs in a thread.
    """
    return _send_rest(conn, message(review.finish()))


def send_answer(conn: Any, answer: Answer) -> bool | Callable[[], object]:
    """Send an answer without waiting, and return whether the connection stays open, or a call that sends the rest in a thread."""
    try:
        rest = send(conn.sock, message(answer))
    except OSError:
        return False
    return partial(_send_rest, conn, rest) if rest else True


def send_last_answer(conn: Any, state: State) -> bool:
    """Send the answer in place of a review, and return whether the client may still read it."""
    try:
        send(conn.sock, _LAST_ANSWERS[state])
    except OSError:
        return False
    return True


def _send_rest(conn: Any, rest: bytes) -> bool:
    """Send the bytes that the client did not accept at once, and return whether the connection stays open.

    Runs in a thread.
    """
    conn.sock.setblocking(True)
    try:
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True


def send(sock: Any, text: bytes) -> bytes:
    """Send the bytes that the connection accepts now; return the rest. Raises OSError if the connection is broken."""
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[sock.send(rest) :]
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        pass
    return bytes(rest)


def message(answer: Answer) -> bytes:
    """Return the answer as an HTTP message on a connection that stays open."""
    return (
        f"HTTP/1.1 {answer.status}\r\nDate: {_date(int(time.time()))}\r\nConnection: keep-alive\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n\r\n"
    ).encode("ascii") + answer.body


@lru_cache(1)
def _date(now_s: int) -> str:
    return formatdate(now_s, usegmt=True)
