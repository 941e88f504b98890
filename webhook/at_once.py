"""Answers that are given where connections are watched: to a request that has come as a whole, if nothing is waited for.

To hand a request to a thread and its connection back costs as much as most answers. An attempt either gives the whole
answer or leaves no trace: a thread then begins with what was received.
"""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from gunicorn import http
from gunicorn.http import wsgi

from webhook.deadline import MustWait

AT_ONCE = "webhook.at_once"
"""True in the WSGI environment where nothing may be waited for; the application raises MustWait where it would."""

_LIMIT = 65_536
_RECORD = 16_384
_HEAD_END = b"\r\n\r\n"
_BEGIN = re.compile(rb"[A-Z]+ [^ \r\n]+ HTTP/1\.[01]\r\n")
_FOR_A_THREAD = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade)[ \t]*:")
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([^\r]*?)[ \t]*(?=\r\n)")

_SMALL = re.compile(rb"[0-9]{1,5}")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def receive(sock: Any, received: bytes) -> bytes:
    """Return `received` and what has come since; OSError if the connection is broken, EOFError if it has ended."""
    with suppress(BlockingIOError, ssl.SSLWantReadError):
        while len(received) < _LIMIT:
            data = sock.recv(_RECORD)
            if not data:
                raise EOFError
            received += data
    return received


def is_whole(received: bytes) -> bool | None:
    """Whether this is all of one request; None if it is too long or too unusual to be told here.

    What is allowed is not decided here but by gunicorn, which parses it.
    """
    end = received.find(_HEAD_END)
    if not _BEGIN.match(received):
        return None if b"\r\n" in received or len(received) >= _RECORD else False
    if end < 0:
        return None if len(received) >= _RECORD else False
    head = received[: end + 2].lower()
    lengths = _LENGTH.findall(head)
    if len(lengths) > 1 or not all(map(_SMALL.fullmatch, lengths)) or _FOR_A_THREAD.search(head):
        return None
    whole = end + len(_HEAD_END) + sum(map(int, lengths))
    return None if len(received) > whole or whole > _LIMIT else len(received) == whole


def answer(application: Application, cfg: Any, conn: Any, received: bytes) -> tuple[bytes, bool] | None:
    """Return the answer to a whole request, and whether the connection is kept; None if a thread must give it."""
    try:
        request = next(http.get_parser(cfg, _only(received), conn.client))
        return _answer(application, cfg, conn, request)
    except (MustWait, Exception):  # what is wrong with it, a thread meets again and answers
        return None


def send(sock: Any, text: bytes) -> bytes:
    """Send what the connection takes now; return the rest. OSError if the connection is broken."""
    sent = 0
    with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        while sent < len(text):
            sent += sock.send(text[sent:])
    return text[sent:]


def _answer(application: Application, cfg: Any, conn: Any, request: Any) -> tuple[bytes, bool]:
    written = _Written()
    response, environ = wsgi.create(request, written, conn.client, conn.server, cfg)
    environ["wsgi.multithread"] = True
    environ[AT_ONCE] = True
    parts = application(environ, response.start_response)
    try:
        for part in parts:
            response.write(part)
        response.close()
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return b"".join(written.parts), not response.should_close()


def _only(received: bytes) -> Iterator[bytes]:
    yield received
    raise MustWait  # gunicorn reads more from it than has come


class _Written:
    """Stands for the connection while an answer is written."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.sendall = self.parts.append
