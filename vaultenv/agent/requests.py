"""Requests of programs to the agent's listener: HTTP/1.1 and 1.0 (RFC 9112) with limited heads and bodies."""

from __future__ import annotations

from vaultenv.basics.jsontext import dumps
from vaultenv.basics.text import whole_number
from vaultenv.client.http import HEAD, Request
from vaultenv.variable_types import CONNECTION_HEADERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.client.connection import Connection

HEAD_LIMIT, BODY_LIMIT = 64 << 10, 1 << 20
_LONGEST_SIZE = 8
_OLD = "HTTP/1.0"
_VERSIONS = (_OLD, "HTTP/1.1")
TOKEN, NAMESPACE = "x-vault-token", "x-vault-namespace"
_AUTHORIZATION, _BEARER = "authorization", "bearer "
_OF_A_CONNECTION = CONNECTION_HEADERS | {"accept-encoding", "host", "proxy-connection"}
_CHARACTERS = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class NotServed(Exception):
    """Raised for a request that is not forwarded; has the status and the message of the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Passed(Request):
    """A request as received, without the headers of its connection. Its repr shows no value."""

    __slots__ = ("content", "fields", "is_last")

    def __init__(
        self, method: str, target: str, fields: Mapping[str, str], content: bytes, is_last: bool
    ) -> None:
        super().__init__(method, target)
        self.fields = dict(fields)
        self.content = content
        self.is_last = is_last

    @property
    def token(self) -> str:
        """The token of the request, or ""."""
        bearer = self.fields.get(_AUTHORIZATION, "")
        token = bearer[len(_BEARER) :] if bearer.lower().startswith(_BEARER) else ""
        return self.fields.get(TOKEN, "") or token.strip()

    def give(self, token: str) -> None:
        """Set the token of the request."""
        self.fields.pop(_AUTHORIZATION, None)
        self.fields[TOKEN] = token

    def encode(self, host: str, base: str, headers: Mapping[str, str]) -> bytes:
        """Return the bytes to send."""
        lines = [f"{self.method} {base}{self.target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in {**headers, **self.fields}.items()]
        if self.content or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(self.content)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.content


class RequestReader:
    """Reads the requests on one connection, one after the other."""

    __slots__ = ("_buffer", "_connection")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = b""

    def next(self, until: float) -> Passed | None:
        """Return the next request, or None at the end of the connection; raise WireFailure at the time `until`, or NotServed."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > HEAD_LIMIT:
                raise NotServed(431, "the head of the request is too long")
            data = self._connection.receive(until)
            if not data:
                return None
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        method, target, version, fields = _parsed(head.decode("latin-1"))
        content = self._content(fields, until)
        is_last = version == _OLD or "close" in fields.get("connection", "").lower()
        end_to_end = {name: value for name, value in fields.items() if name not in _OF_A_CONNECTION}
        return Passed(method, target, end_to_end, content, is_last)

    def _content(self, fields: Mapping[str, str], until: float) -> bytes:
        if "transfer-encoding" in fields:
            return self._chunks(fields, until)
        size = whole_number(fields.get("content-length", "0"), BODY_LIMIT)
        if size is None:
            raise NotServed(413, f"a body has at most {BODY_LIMIT} bytes")
        if size:
            self._go_on(fields, until)
        return self._exactly(size, until)

    def _go_on(self, fields: Mapping[str, str], until: float) -> None:
        if "100-continue" in fields.get("expect", "").lower():
            self._connection.send(b"HTTP/1.1 100 Continue\r\n\r\n", until)

    def _chunks(self, fields: Mapping[str, str], until: float) -> bytes:
        """Return a chunked body (RFC 9112, section 7.1); refuse one with a length too, which is ambiguous."""
        if fields["transfer-encoding"].lower() != "chunked" or "content-length" in fields:
            raise NotServed(400, "a body has a Content-Length, or is chunked")
        self._go_on(fields, until)
        parts, total = [], 0
        while size := self._chunk_size(until):
            total += size
            if total > BODY_LIMIT:
                raise NotServed(413, f"a body has at most {BODY_LIMIT} bytes")
            parts.append(self._exactly(size, until))
            if self._line(until):
                raise NotServed(400, "a chunk is longer than it says")
        left = HEAD_LIMIT
        while line := self._line(until):  # trailers
            left -= len(line)
            if left < 0:
                raise NotServed(431, "the trailers of the request are too long")
        return b"".join(parts)

    def _chunk_size(self, until: float) -> int:
        digits = self._line(until).partition(b";")[0].strip()
        if not digits or len(digits) > _LONGEST_SIZE or digits.strip(b"0123456789abcdefABCDEF"):
            raise NotServed(400, "a chunk has no size")
        return int(digits, 16)

    def _line(self, until: float) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > HEAD_LIMIT:
                raise NotServed(431, "a line of the body is too long")
            data = self._connection.receive(until)
            if not data:
                raise NotServed(400, "the body is not whole")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, size: int, until: float) -> bytes:
        parts, have = [self._buffer], len(self._buffer)
        while have < size and (data := self._connection.receive(until)):
            parts.append(data)
            have += len(data)
        whole = b"".join(parts)
        if have < size:
            raise NotServed(400, "the body is not whole")
        self._buffer = whole[size:]
        return whole[:size]


def field_text(text: str) -> str:
    """Return a setting's text as a header value, one Latin-1 character for each byte, as in received requests."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def answered(status: int, headers: Mapping[str, str], body: bytes, method: str = "") -> bytes:
    """Return the bytes of an answer; an answer to HEAD has the length from Vault's header."""
    lines = [f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}"]
    end_to_end = {name: value for name, value in headers.items() if name not in _OF_A_CONNECTION}
    lines += [f"{name}: {value}" for name, value in end_to_end.items()]
    length = headers.get("content-length", "") if method == HEAD else str(len(body))
    if status != 204 and length:
        lines.append(f"content-length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def refused(status: int, why: str) -> bytes:
    """Return an error answer in the form of Vault's errors."""
    body = dumps({"errors": [why]}).encode()
    return answered(status, {"content-type": "application/json"}, body)


def _parsed(head: str) -> tuple[str, str, str, dict[str, str]]:
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not _is_name(words[0]) or not _is_target(words[1]) or words[2] not in _VERSIONS:
        raise NotServed(400, "this is no request of HTTP/1.1")
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        is_ambiguous = name.lower() == "content-length" and name.lower() in fields
        if not colon or not _is_name(name) or is_ambiguous or any(char in value for char in "\r\n\0"):
            raise NotServed(400, "a header of the request is none")
        fields[name.lower()] = value.strip()
    return words[0], words[1], words[2], fields


def _is_target(text: str) -> bool:
    return text.startswith("/") and not any(char < " " or char == "\x7f" for char in text)


def _is_name(text: str) -> bool:
    return bool(text) and _CHARACTERS.issuperset(text)
