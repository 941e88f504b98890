"""Exchanges of requests that end with a deadline, however slowly the other side answers, and within a size.

requests gives each `recv` the whole timeout, so that a byte a second lasts for ever, and reads a body to its end.
"""

import functools
import io
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import requests
import urllib3
from urllib3.exceptions import HTTPError

from vaultkube.net.adapter import ContextAdapter
from vaultkube.net.budget import BudgetSocket, budgeted
from vaultkube.net.keepalive import Repeating, kept_pools
from vaultkube.net.room import NoRoom, Room

_PIECE_BYTES = 1 << 16


class Exchanges(ContextAdapter):
    """Exchanges over TLS connections of `context`, which are kept; for use by many threads.

    Who `repeats` whatever fails gets to know in half of the time that a kept connection is dead.
    """

    def __init__(self, context: ssl.SSLContext, limit_bytes: int, *, repeats: bool = False) -> None:
        self._limit_bytes = limit_bytes
        super().__init__(context, _REPEATING if repeats else _POOLS)

    def exchange(self, request: requests.PreparedRequest, budget_s: float) -> requests.Response:
        """Return the answer with its whole body within `budget_s`.

        Raises what requests raises; an answer above `limit_bytes` is NoRoom.
        """
        if budget_s <= 0:
            raise requests.Timeout("no time is left", request=request)
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(request, True, urllib3.Timeout(total=budget_s))  # type: ignore[arg-type]  # requests takes it
        response.raw = io.BytesIO(self._body(response))
        return response

    def _body(self, response: requests.Response) -> bytes:
        room, pieces = self._room(), []
        try:
            while piece := response.raw.read(_PIECE_BYTES, decode_content=False):
                room.take(len(piece))
                pieces.append(piece)
        except NoRoom:
            raise
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError(error, request=response.request) from error
        finally:
            response.close()
        return b"".join(pieces)

    def _room(self) -> Room:
        return Room(self._limit_bytes)


class BoundedAdapter(Exchanges):
    """The same for a session of requests, whose answers share `room`; `remaining_s` is asked before each exchange."""

    def __init__(self, context: ssl.SSLContext, remaining_s: Callable[[], float], room: Room) -> None:
        self._remaining_s = remaining_s
        self._shared = room
        super().__init__(context, room.size_bytes)

    def _room(self) -> Room:
        return self._shared

    def send(self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any) -> requests.Response:
        """Return the answer with its whole body."""
        return self.exchange(request, self._remaining_s())


@functools.lru_cache(maxsize=16)
def bounded_context(ca: str, *, skip_verify: bool) -> ssl.SSLContext:
    """Return a context that trusts the certificates in PEM of `ca`, else the system's; raise ssl.SSLError, ValueError."""
    context = ssl.create_default_context(cadata=ca.encode("ascii", "ignore").decode() or None)
    return budgeted(context, not skip_verify)


def _dial(host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a socket connected to the first address that answers, all within `timeout_s`; raise OSError."""
    end = time.monotonic() + timeout_s
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = BudgetSocket(family, kind, protocol)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(max(end - time.monotonic(), 0.001))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


_POOLS = kept_pools(_dial)
_REPEATING = kept_pools(_dial, pool=Repeating)
