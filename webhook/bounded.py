"""Exchanges of requests that end with a deadline, however slowly the other side answers, and within a size.

requests gives each `recv` the whole timeout, so that a byte a second lasts for ever, and reads a body to its end.
"""

import functools
import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from webhook.adapter import ContextAdapter, Unwarned, seconds
from webhook.registry.connection import BudgetSocket, budgeted


class BoundedAdapter(ContextAdapter):
    """An adapter whose TLS connections are those of `context`; `remaining_s` is asked before each exchange.

    Raises what requests raises; an answer above `limit_bytes` is requests.exceptions.ContentDecodingError.
    """

    def __init__(self, context: ssl.SSLContext, remaining_s: Callable[[], float], limit_bytes: int) -> None:
        self._remaining_s = remaining_s
        self._limit_bytes = limit_bytes
        super().__init__(context, {"http": _PlainPool, "https": _SecurePool})

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer with its whole body."""
        left = self._remaining_s()
        if left <= 0:
            raise requests.Timeout("no time is left", request=request)
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(request, True, urllib3.Timeout(total=left), verify, cert, proxies)  # type: ignore[arg-type]  # requests takes it
        response.raw = io.BytesIO(self._body(response))
        return response

    def _body(self, response: requests.Response) -> bytes:
        try:
            body: bytes = response.raw.read(self._limit_bytes + 1, decode_content=False)
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError(error, request=response.request) from error
        finally:
            response.close()
        if len(body) > self._limit_bytes:
            raise requests.exceptions.ContentDecodingError(
                f"the answer is longer than {self._limit_bytes} bytes"
            )
        return body


@functools.lru_cache(maxsize=16)
def bounded_context(ca: str, *, skip_verify: bool) -> ssl.SSLContext:
    """Return a context that trusts the certificates in PEM of `ca`, else the system's; raise ssl.SSLError, ValueError."""
    context = ssl.create_default_context(cadata=ca.encode("ascii", "ignore").decode() or None)
    return budgeted(context, not skip_verify)


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _dial(self._dns_host, self.port, seconds(self.timeout))


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _dial(self._dns_host, self.port, seconds(self.timeout))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(Unwarned, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


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
