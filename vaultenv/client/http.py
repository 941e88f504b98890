"""HTTP/1.1 messages (RFC 9112): a request as bytes, an answer from a stream; head, body and time are limited."""

from __future__ import annotations

from vaultenv.basics.text import whole_number
from vaultenv.client.failures import WireFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.client.connection import Connection

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 16 * 1024 * 1024
INTERIM_LIMIT = 5  # as many as Go's net/http reads before an answer
_LONGEST_LENGTH = 10**12 - 1
_BODILESS = (204, 304)
HEAD = "HEAD"
"""The method whose answers have no body, even if they have a length."""


class Request:
    """A request to Vault; `repeatable` if a second one has no further effect. Its repr shows no header."""

    __slots__ = ("body", "method", "repeatable", "target")

    def __init__(self, method: str, target: str, body: str | None = None, repeatable: bool = False) -> None:
        self.method = method
        self.target = target
        self.body = body
        self.repeatable = repeatable

    def encode(self, host: str, base: str, headers: Mapping[str, str]) -> bytes:
        """Return the bytes to send; `base` is put before the target."""
        lines = [f"{self.method} {base}{self.target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        body = b""
        if self.body is not None:
            body = self.body.encode("utf-8")
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("utf-8") + body


class Answer:
    """A complete answer: status, headers with lower-case names, body. Its repr shows no body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class AnswerReader:
    """Reads the answers on one connection, one after another; `reusable` until an answer ends the connection."""

    __slots__ = ("_buffer", "_connection", "reusable")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = b""
        self.reusable = True

    def next(self, until: float, method: str) -> Answer:
        """Return the next answer that is not 1xx, to a request of the method; raise WireFailure at a malformed or incomplete
        one, or at the monotonic time `until`.
        """
        status, headers = self._head(until)
        interim = 0
        while status < 200:
            interim += 1
            if interim > INTERIM_LIMIT:
                raise _malformed("it does not end its interim answers")
            status, headers = self._head(until)
        body = b"" if status in _BODILESS or method == HEAD else self._body(headers, until)
        if "close" in headers.get("connection", "").lower():
            self.reusable = False
        return Answer(status, headers, body)

    def _head(self, until: float) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > HEAD_LIMIT:
                raise _malformed("its head is too long")
            self._fill(until)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        status = whole_number(rest[:3], 999)
        if not version.startswith("HTTP/1.") or status is None:
            raise _malformed("it is not HTTP/1.1")
        self.reusable = self.reusable and version == "HTTP/1.1"
        pairs = (line.partition(":") for line in lines[1:])
        return status, {name.lower(): value.strip() for name, _, value in pairs}

    def _body(self, headers: Mapping[str, str], until: float) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks(until)
        length = headers.get("content-length")
        if length is None:
            return self._rest(until)
        size = whole_number(length, _LONGEST_LENGTH)
        if size is None:
            raise _malformed("its length is not a number")
        return self._exactly(size, until)

    def _exactly(self, size: int, until: float) -> bytes:
        if size > BODY_LIMIT:
            raise _malformed(f"it is longer than {BODY_LIMIT} bytes")
        parts, missing = [self._buffer[:size]], size - len(self._buffer)
        self._buffer = self._buffer[size:]
        while missing > 0:
            self._fill(until)
            parts.append(self._buffer[:missing])
            self._buffer, missing = self._buffer[missing:], missing - len(self._buffer)
        return b"".join(parts)

    def _chunks(self, until: float) -> bytes:
        """Return a chunked body (RFC 9112, section 7.1)."""
        parts: list[bytes] = []
        total = 0
        while size := self._chunk_size(until):
            total += size
            if total > BODY_LIMIT:
                raise _malformed(f"it is longer than {BODY_LIMIT} bytes")
            parts.append(self._exactly(size, until))
            self._line(until)
        self._skip_trailers(until)
        return b"".join(parts)

    def _skip_trailers(self, until: float) -> None:
        left = HEAD_LIMIT
        while line := self._line(until):
            left -= len(line)
            if left < 0:
                raise _malformed("its trailers are too long")

    def _chunk_size(self, until: float) -> int:
        digits = self._line(until).partition(b";")[0].strip()
        if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
            raise _malformed("a chunk has no size")
        return int(digits, 16)

    def _line(self, until: float) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > HEAD_LIMIT:
                raise _malformed("a line of it is too long")
            self._fill(until)
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _rest(self, until: float) -> bytes:
        self.reusable = False
        parts = [self._buffer]
        total = len(self._buffer)
        while chunk := self._connection.receive(until):
            parts.append(chunk)
            total += len(chunk)
            if total > BODY_LIMIT:
                raise _malformed(f"it is longer than {BODY_LIMIT} bytes")
        return b"".join(parts)

    def _fill(self, until: float) -> None:
        data = self._connection.receive(until)
        if not data:
            raise WireFailure("unexpected EOF", sent=True)
        self._buffer += data


def _malformed(why: str) -> WireFailure:
    return WireFailure(
        f"malformed HTTP response: {why}: is this the address of Vault?", sent=True, lasting=True
    )
