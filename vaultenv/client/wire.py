"""Requests to one Vault: one after another, pipelined, or spread over a few connections."""

from __future__ import annotations

import time

from vaultenv.client.connection import Connection, connect, proxy_headers
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Answer, AnswerReader, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaultenv.basics.deadline import Deadline
    from vaultenv.client.address import Address
    from vaultenv.client.connection import Peer
    from vaultenv.client.proxy import Proxy
    from vaultenv.client.tls import Tls

    Meanwhile = Callable[[], None]

WINDOW = 32
CONNECTIONS = 4
IDLE_S = 30.0
"""Connections that were idle for longer are not reused: a proxy in between may have dropped them silently."""
WORTH_S = 0.0005
"""A second connection is worth it if its creation takes less than this for each read; it overlaps with the login."""
PATIENCE = 4
"""Abandon the second connection after this many times the expected gain."""


class Wire:
    """Sends requests over connections to one Vault, which stay open; `headers` are sent with every request. Does not
    repeat requests.
    """

    __slots__ = (
        "_base",
        "_begun",
        "_connecting_s",
        "_idle",
        "_is_pipelining",
        "_proxy",
        "_request_s",
        "_tls",
        "address",
        "deadline",
        "headers",
    )

    def __init__(
        self,
        address: Address,
        tls: Tls | None,
        request_s: float,
        deadline: Deadline,
        proxy: Proxy | None = None,
    ) -> None:
        self.address = address
        self.headers: dict[str, str] = {}
        self._tls = tls
        self._request_s = request_s
        self.deadline = deadline
        self._proxy = proxy if tls is not None else None
        self._base = address.prefix
        if proxy and tls is None:  # a plain request names Vault to the proxy (RFC 9112, section 3.2.2)
            self._proxy = proxy
            self._base = address.origin + address.prefix
            self.headers |= dict(line.split(": ", 1) for line in proxy_headers(proxy))
        self._idle: list[_Stream] = []
        self._begun: Connection | WireFailure | None = None
        self._connecting_s = 0.0
        self._is_pipelining = True

    def begin(self) -> None:
        """Dial, and begin the TLS handshake; the first request waits for its end, or fails with the same failure."""
        began = time.monotonic()
        try:
            self._begun = connect(self.address, self._tls, self._until(), self._proxy)
        except WireFailure as failure:
            self._begun = failure
        self._connecting_s = time.monotonic() - began

    def one(self, request: Request) -> Answer:
        """Return the answer to one request; raise WireFailure."""
        outcome = self.pipelined([request])[0]
        if isinstance(outcome, WireFailure):
            raise outcome
        return outcome

    def pipelined(
        self, requests: Sequence[Request], then: int = 0, meanwhile: Meanwhile | None = None
    ) -> list[Answer | WireFailure]:
        """Return the answers in order, over the open connections, with up to 32 requests in flight on each.

        `then` is the number of reads to follow: while Vault works on these requests, a second connection is opened for
        them, if that takes less time than it saves. `meanwhile` is called in that time too. After a broken pipeline,
        requests are spread.
        """
        if not self._is_pipelining:
            return self.spread(requests)
        return self._exchange(requests, max(1, len(self._idle)), WINDOW, then, meanwhile)

    def spread(self, requests: Sequence[Request]) -> list[Answer | WireFailure]:
        """Return the answers in order, over up to four connections with one request in flight on each."""
        return self._exchange(requests, CONNECTIONS, 1)

    def _exchange(
        self,
        requests: Sequence[Request],
        lanes: int,
        window: int,
        then: int = 0,
        meanwhile: Meanwhile | None = None,
    ) -> list[Answer | WireFailure]:
        outcomes: dict[int, Answer | WireFailure] = {}
        todo = list(range(len(requests)))
        flights: list[_Flight] = []
        while todo or flights:
            while todo and len(flights) < lanes:
                share = min(window, -(-len(todo) // (lanes - len(flights))))
                flights += self._sent(todo[:share], requests, outcomes)
                todo = todo[share:]
            if flights:
                self._widen(flights[0].stream, then)
                if meanwhile:
                    meanwhile()
                self._receive(flights.pop(0), requests, outcomes)
        return [outcomes[index] for index in range(len(requests))]

    def _sent(
        self,
        indices: list[int],
        requests: Sequence[Request],
        outcomes: dict[int, Answer | WireFailure],
    ) -> list[_Flight]:
        """Send these requests on one connection and return the flight; after a failure, set it as the outcome of all of
        them, and return no flight.
        """
        stream: _Stream | None = None
        try:
            stream = self._idle_stream() or self._connected(self._until())
            stream.send(self._encoded([requests[index] for index in indices]), self._until())
        except WireFailure as failure:
            self._give_up(stream)
            outcomes |= dict.fromkeys(indices, failure)
            return []
        return [_Flight(stream, indices)]

    def _receive(
        self, flight: _Flight, requests: Sequence[Request], outcomes: dict[int, Answer | WireFailure]
    ) -> None:
        stream, indices = flight.stream, flight.indices
        for at, index in enumerate(indices):
            try:
                outcomes[index] = stream.receive(self._until(), requests[index].method)
            except WireFailure as failure:
                self._is_pipelining = self._is_pipelining and len(indices) == 1
                self._give_up(stream)
                outcomes |= dict.fromkeys(indices[at:], failure)
                return
        if stream.reusable:
            self._keep(stream)
        else:
            self._is_pipelining = False
            stream.close()

    def _give_up(self, stream: _Stream | None) -> None:
        """Close the connection and all idle ones, which may be dead too."""
        if stream:
            stream.close()
        self.close()

    def _widen(self, first: _Stream, reads: int) -> None:
        """Open a second connection for many reads; if that fails, the reads only take longer."""
        worth_s = reads * WORTH_S
        if not self._is_pipelining or self._idle or self._connecting_s >= worth_s:
            return
        try:
            self._keep(self._connected(self.deadline.sooner(PATIENCE * worth_s), first))
        except WireFailure:
            return

    def close(self) -> None:
        """Close the connections; the next request opens a new one."""
        begun, self._begun = self._begun, None
        if isinstance(begun, Connection):
            begun.close()
        while self._idle:
            self._idle.pop().close()

    def _keep(self, stream: _Stream) -> None:
        stream.idle_since = time.monotonic()
        self._idle.append(stream)

    def _idle_stream(self) -> _Stream | None:
        while self._idle:
            stream = self._idle.pop()
            if time.monotonic() - stream.idle_since < IDLE_S and stream.is_silent:
                return stream
            stream.close()
        return None

    def _until(self) -> float:
        return self.deadline.sooner(self._request_s)

    def _encoded(self, requests: Sequence[Request]) -> bytes:
        return b"".join(
            request.encode(self.address.authority, self._base, self.headers) for request in requests
        )

    def _connected(self, until: float, beside: _Stream | None = None) -> _Stream:
        began = time.monotonic()
        begun, self._begun = self._begun, None
        if isinstance(begun, WireFailure):
            raise begun
        if begun:
            began -= self._connecting_s
        peer = beside.peer if beside else None
        made = begun or connect(self.address, self._tls, until, self._proxy, peer)
        made.complete(self.address, self._tls, until)
        self._connecting_s = time.monotonic() - began
        return _Stream(made)


class _Flight:
    """Requests in flight on one connection, by their indices."""

    __slots__ = ("indices", "stream")

    def __init__(self, stream: _Stream, indices: list[int]) -> None:
        self.stream = stream
        self.indices = indices


class _Stream:
    """A connection with the reader of its answers."""

    __slots__ = ("_connection", "_reader", "idle_since")

    def __init__(self, connection: Connection) -> None:
        self.idle_since = 0.0
        self._connection = connection
        self._reader = AnswerReader(connection)

    @property
    def reusable(self) -> bool:
        return self._reader.reusable

    @property
    def peer(self) -> Peer | None:
        return self._connection.peer

    @property
    def is_silent(self) -> bool:
        return self._connection.is_silent()

    def send(self, data: bytes, until: float) -> None:
        self._connection.send(data, until)

    def receive(self, until: float, method: str) -> Answer:
        if not self._reader.reusable:
            raise WireFailure("server closed the connection before it answered all requests", sent=True)
        return self._reader.next(until, method)

    def close(self) -> None:
        self._connection.close()
