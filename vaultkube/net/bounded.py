"""HTTP exchanges with a deadline for the whole answer, however slow the server is, and a limit of its size.

requests applies the whole timeout to each `recv`, so that a byte a second could last for ever, and reads any body.
"""

import io
import ssl
from collections.abc import Callable
from typing import Any

import requests
import urllib3
from urllib3.exceptions import HTTPError

from vaultkube.net.adapter import ContextAdapter
from vaultkube.net.dial import dial
from vaultkube.net.keepalive import RetryingPool, pools
from vaultkube.net.room import AnswerRoom, NoRoom, Room

_PIECE_BYTES = 1 << 16


class BoundedClient(ContextAdapter):
    """Sends requests over keep-alive connections with the TLS of `context`; for use by many threads.

    With `repeats`, a request on a reused connection gets half of the budget, so that the caller can retry on a new one.
    """

    def __init__(
        self, context: ssl.SSLContext, limit_bytes: int, *, repeats: bool = False, server_name: str = ""
    ) -> None:
        self._limit_bytes = limit_bytes
        super().__init__(context, _RETRYING_POOLS if repeats else _POOLS, server_name=server_name)

    def add_headers(self, request: Any, **_options: Any) -> None:
        """Encode header values as UTF-8, as Go's clients do: http.client would send Latin-1, or refuse the text."""
        for name, value in request.headers.items():
            request.headers[name] = value.encode() if isinstance(value, str) else value

    def exchange(self, request: requests.PreparedRequest, budget_s: float) -> requests.Response:
        """Return the answer with its whole body within `budget_s`.

        Raises the exceptions of requests, and NoRoom for an answer above `limit_bytes`.
        """
        if budget_s <= 0:
            raise requests.Timeout("no time is left", request=request)
        request.headers["Accept-Encoding"] = "identity"
        try:
            response = super().send(request, True, urllib3.Timeout(total=budget_s))  # type: ignore[arg-type]  # requests takes it
        except (HTTPError, ValueError) as error:  # requests does not convert all of urllib3's errors
            raise requests.ConnectionError(error, request=request) from error
        response.raw = io.BytesIO(self._body(response))
        return response

    def _body(self, response: requests.Response) -> bytes:
        room, pieces = self._room(), []
        try:
            while piece := response.raw.read(_PIECE_BYTES, decode_content=False):
                room.reserve(len(piece))
                pieces.append(piece)
        except NoRoom:
            raise
        except (HTTPError, OSError, ValueError) as error:
            raise requests.ConnectionError(error, request=response.request) from error
        finally:
            response.close()
        return b"".join(pieces)

    def _room(self) -> AnswerRoom:
        return Room(self._limit_bytes)


class BoundedAdapter(BoundedClient):
    """An adapter for a session of requests; calls `remaining_s` before each exchange for its time limit."""

    def __init__(self, context: ssl.SSLContext, remaining_s: Callable[[], float], room: Room) -> None:
        self._remaining_s = remaining_s
        self._shared = room
        super().__init__(context, room.size_bytes)

    def _room(self) -> Room:
        return self._shared

    def send(self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any) -> requests.Response:
        """Return the answer with its whole body."""
        return self.exchange(request, self._remaining_s())


_POOLS = pools(dial)
_RETRYING_POOLS = pools(dial, pool=RetryingPool)
