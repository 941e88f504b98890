"""One HTTP request to a registry, its token server or its storage, without ambient settings and with limits.

Only the adapter of the package requests is used, because a session would add cookies, ~/.netrc, proxy variables and
redirects of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests
import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead

from vaultkube.deadline import Deadline
from vaultkube.net.adapter import ContextAdapter
from vaultkube.net.tls import client_context
from webhook.registry.dial import Dialler
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.network_failures import from_exception
from webhook.registry.pools import registry_pools
from webhook.registry.realm import parse_url
from webhook.registry.reference import DEFAULT_PORTS

_IDLE_CONNECTIONS = 8
_MAX_ERROR_BODY = 64 * 1024
"""The most bytes of an error's body, and of the overhead of chunks beside a quarter of the body."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; a body longer than `limit_bytes` is not read to its end."""

    method: str
    url: str
    limit_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """A registry's answer; only an answer 200 has its body."""

    status: int
    headers: Mapping[str, str]
    challenges: Sequence[str]
    body: bytes = field(repr=False)
    complete: bool = True
    """Whether the body ended within the limit; if not, `body` is empty."""


class Sender(Protocol):
    """Sends a request and returns the answer: Transport, or Exchange with its redirects and retries."""

    def send(self, request: Request, deadline: Deadline) -> Reply: ...


class Transport:
    """Sends requests over keep-alive connections; for use by many threads."""

    def __init__(self, dialler: Dialler, ca: str, strict: bool) -> None:
        pools = registry_pools(dialler.dial)
        self._adapters = {
            verify: ContextAdapter(
                client_context(ca, beside_system=True, verify=verify, strict=strict),
                pools,
                pool_connections=32,
                pool_maxsize=_IDLE_CONNECTIONS,
            )
            for verify in (True, False)
        }

    def send(self, request: Request, deadline: Deadline) -> Reply:
        """Return the answer, redirects included; raise RegistryFailure (UNREACHABLE, INVALID_ANSWER, …)."""
        left = deadline.remaining_s()
        if left <= 0:
            detail = f"{_address(request.url)}: no request was sent: the time for this image is used up"
            raise RegistryFailure(Kind.UNREACHABLE, detail)
        phase = "making the request"
        try:
            with self._adapters[request.verify].send(
                _prepared(request),
                stream=True,
                timeout=urllib3.Timeout(total=left),  # type: ignore[arg-type]  # requests takes it
            ) as response:
                phase = "reading the answer"
                return _reply(response, request.limit_bytes)
        except (HTTPError, OSError, ValueError) as error:
            raise from_exception(error, _address(request.url), phase) from None

    def close(self) -> None:
        """Close all connections."""
        for adapter in self._adapters.values():
            adapter.close()


def _address(url: str) -> str:
    """Return HOST:PORT of the URL."""
    scheme, host, _ = parse_url(url)
    return host.with_port(DEFAULT_PORTS[scheme])


def _prepared(request: Request) -> requests.PreparedRequest:
    headers = {"Accept-Encoding": "identity", "User-Agent": "vault-webhook", **request.headers}
    return requests.Request(request.method, request.url, headers=headers, data=request.form).prepare()


def _reply(response: requests.Response, limit_bytes: int) -> Reply:
    raw: Any = response.raw
    raw.expect(limit_bytes + limit_bytes // 4 + _MAX_ERROR_BODY)
    challenges = tuple(raw.headers.getlist("WWW-Authenticate"))
    if response.status_code != 200:
        if _declared_length(response) <= _MAX_ERROR_BODY:
            raw.drain_conn()
        return Reply(response.status_code, response.headers, challenges, b"")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RegistryFailure(Kind.INVALID_ANSWER, "the body is encoded, against the request")
    if response.request.method == "HEAD":
        return Reply(200, response.headers, challenges, b"")
    fits = _declared_length(response) <= limit_bytes
    body = raw.read(limit_bytes + 1, decode_content=False) if fits else b""
    if len(body) > limit_bytes or not fits:
        return Reply(200, response.headers, challenges, b"", complete=False)
    if raw.length_remaining:  # urllib3 reports this itself only if no byte arrived
        raise IncompleteRead(len(body), raw.length_remaining)
    return Reply(200, response.headers, challenges, body)


def _declared_length(response: requests.Response) -> int:
    """Return Content-Length.

    If it is missing, an error's body counts as too long, and another as 0, as its bytes are counted.
    """
    text = response.headers.get("Content-Length", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return 0 if response.status_code == 200 else _MAX_ERROR_BODY + 1
