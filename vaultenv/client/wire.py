"""Requests to one Vault: one after another, pipelined on one connection, or spread over a few."""

from vaultenv.client.connection import Connection, connect, proxy_headers
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Answer, AnswerReader, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ssl import _SSLContext
    from collections.abc import Sequence

    from vaultenv.client.address import Address
    from vaultenv.client.proxy import Proxy
    from vaultenv.deadline import Deadline

WINDOW = 32
CONNECTIONS = 4


class Wire:
    """Keeps its connections open between requests; `headers` go with every request. Nothing is sent twice
    here.
    """

    __slots__ = (
        "_base",
        "_context",
        "_idle",
        "_proxy",
        "_request_s",
        "_server_name",
        "address",
        "deadline",
        "headers",
    )

    def __init__(
        self,
        address: "Address",
        context: "_SSLContext | None",
        server_name: str,
        request_s: float,
        deadline: "Deadline",
        proxy: "Proxy | None" = None,
    ) -> None:
        self.address = address
        self.headers: dict[str, str] = {}
        self._context = context
        self._server_name = server_name
        self._request_s = request_s
        self.deadline = deadline
        self._proxy = proxy if context is not None else None
        self._base = address.prefix
        if proxy and context is None:  # a plain request names Vault to the proxy (RFC 9112, section 3.2.2)
            self._proxy = proxy
            self._base = address.origin + address.prefix
            self.headers |= dict(line.split(": ", 1) for line in proxy_headers(proxy))
        self._idle: list[_Stream] = []

    def one(self, request: Request) -> Answer:
        """The answer to one request; raises WireFailure."""
        outcome = self.pipelined([request])[0]
        if isinstance(outcome, WireFailure):
            raise outcome
        return outcome

    def pipelined(self, requests: "Sequence[Request]") -> "list[Answer | WireFailure]":
        """The answers in order, from one connection with up to 32 requests in flight."""
        outcomes: list[Answer | WireFailure] = []
        stream: _Stream | None = None
        try:
            while len(outcomes) < len(requests):
                stream = stream or self._stream()
                window = requests[len(outcomes) : len(outcomes) + WINDOW]
                stream.send(self._encoded(window), self._until())
                for _ in window:
                    outcomes.append(stream.receive(self._until()))
                self._give_back(stream)
                stream = None
        except WireFailure as failure:
            if stream:
                stream.close()
            outcomes += [failure] * (len(requests) - len(outcomes))
        return outcomes

    def spread(self, requests: "Sequence[Request]") -> "list[Answer | WireFailure]":
        """The answers in order, from up to four connections with one request in flight on each."""
        outcomes: dict[int, Answer | WireFailure] = {}
        lanes: list[_Stream | None] = [None] * min(CONNECTIONS, len(requests))
        waiting: dict[int, int] = {}
        todo = list(range(len(requests)))
        while todo or waiting:
            for lane in range(len(lanes)):
                if lane in waiting:
                    index = waiting.pop(lane)
                    outcomes[index], lanes[lane] = self._receive(lanes[lane])
                if todo:
                    index = todo.pop(0)
                    failure, lanes[lane] = self._send(lanes[lane], requests[index])
                    if failure:
                        outcomes[index] = failure
                    else:
                        waiting[lane] = index
        self._idle += [stream for stream in lanes if stream]
        return [outcomes[index] for index in range(len(requests))]

    def close(self) -> None:
        """Close the connections; the next request opens a new one."""
        while self._idle:
            self._idle.pop().close()

    def _send(
        self, stream: "_Stream | None", request: Request
    ) -> "tuple[WireFailure | None, _Stream | None]":
        try:
            stream = stream or self._stream()
            stream.send(self._encoded([request]), self._until())
        except WireFailure as failure:
            if stream:
                stream.close()
            return failure, None
        return None, stream

    def _receive(self, stream: "_Stream | None") -> "tuple[Answer | WireFailure, _Stream | None]":
        assert stream  # noqa: S101 (a lane that waits has a stream)
        try:
            answer = stream.receive(self._until())
        except WireFailure as failure:
            stream.close()
            return failure, None
        if stream.reusable:
            return answer, stream
        stream.close()
        return answer, None

    def _until(self) -> float:
        return self.deadline.sooner(self._request_s)

    def _encoded(self, requests: "Sequence[Request]") -> bytes:
        return b"".join(
            request.encode(self.address.authority, self._base, self.headers) for request in requests
        )

    def _stream(self) -> "_Stream":
        if self._idle:
            return self._idle.pop()
        return _Stream(connect(self.address, self._context, self._server_name, self._until(), self._proxy))

    def _give_back(self, stream: "_Stream") -> None:
        if stream.reusable:
            self._idle.append(stream)
        else:
            stream.close()


class _Stream:
    """A connection with the reader of its answers."""

    __slots__ = ("_connection", "_reader")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader = AnswerReader(connection)

    @property
    def reusable(self) -> bool:
        return self._reader.reusable

    def send(self, data: bytes, until: float) -> None:
        self._connection.send(data, until)

    def receive(self, until: float) -> Answer:
        if not self._reader.reusable:
            raise WireFailure("server closed the connection before it answered all requests", sent=True)
        return self._reader.next(until)

    def close(self) -> None:
        self._connection.close()
