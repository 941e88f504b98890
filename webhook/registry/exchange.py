"""Requests with safe redirects, and with retries while the server is busy."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from vaultkube.deadline import Deadline
from webhook.registry.addresses import AddressPolicy
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.realm import parse_url
from webhook.registry.reference import DEFAULT_PORTS
from webhook.registry.transport import Reply, Request, Sender

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, *range(500, 600)}) - {501}
"""501 is no busy server: it answers a HEAD or POST that the server does not support."""
_PAUSES_S = (0.2, 0.6, 1.8)
_THROTTLED_PAUSE_S = 1.0
_MAX_THROTTLED_S = 300.0


class Exchange:
    """Sends requests, follows redirects and retries; it uses plain HTTP only for hosts in the operator's list."""

    def __init__(
        self, transport: Sender, policy: AddressPolicy, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._transport = transport
        self._policy = policy
        self._sleep = sleep

    def send(self, request: Request, deadline: Deadline) -> Reply:
        """Return an answer that is neither a redirect nor that of a busy server.

        Raises RegistryFailure: TOO_MANY_REQUESTS with `retry_after_s` if the wait is longer than the deadline.
        """
        for pause_s in (*_PAUSES_S, None):
            try:
                reply = self._follow(request, deadline)
            except RegistryFailure as error:
                wait_s, failure = (pause_s if error.transient else None), error
            else:
                if reply.status not in _BUSY and reply.status != 429:
                    return reply
                wait_s, failure = _pause(reply, _host(request.url), pause_s)
            if wait_s is None or wait_s >= deadline.remaining_s():
                raise failure
            self._sleep(wait_s)
        raise RegistryFailure(Kind.UNREACHABLE, "every attempt failed")

    def _follow(self, request: Request, deadline: Deadline) -> Reply:
        first = request.url
        for _ in range(_MAX_REDIRECTS + 1):
            scheme, host, _ = parse_url(request.url)
            if scheme == "http" and self._policy.scheme(host) != "http":
                raise RegistryFailure(
                    Kind.UNREACHABLE, f"{host} would be reached without TLS and is not listed"
                )
            reply = self._transport.send(request, deadline)
            if reply.status not in _REDIRECTS:
                return reply if _origin(request.url) == _origin(first) else replace(reply, challenges=())
            request = _redirected(request, reply.headers)
        raise RegistryFailure(Kind.INVALID_ANSWER, f"there are more than {_MAX_REDIRECTS} redirects")


def _redirected(request: Request, headers: Mapping[str, str]) -> Request:
    if request.form is not None:
        raise RegistryFailure(Kind.INVALID_ANSWER, "a form with a token is redirected")
    try:
        target = urljoin(request.url, headers.get("Location", ""))
    except ValueError:
        raise RegistryFailure(Kind.INVALID_ANSWER, "a redirect does not lead to a URL") from None
    scheme, _, url = parse_url(target)
    if request.url.startswith("https:") and scheme == "http":
        raise RegistryFailure(Kind.UNREACHABLE, "a redirect leads from https to http")
    if _origin(url) == _origin(request.url):
        return replace(request, url=url)
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    return replace(request, url=url, headers=headers)


def _origin(url: str) -> tuple[str, str, int]:
    scheme, host, _ = parse_url(url)
    return scheme, host.name, host.port or DEFAULT_PORTS[scheme]


def _host(url: str) -> str:
    return str(parse_url(url)[1])


def _pause(reply: Reply, host: str, pause_s: float | None) -> tuple[float | None, RegistryFailure]:
    requested_s = retry_after_s(reply.headers.get("Retry-After", ""))
    if reply.status == 429:
        wait_s = _THROTTLED_PAUSE_S if requested_s is None else requested_s
        detail = f"{host} answered 429 and asks for {wait_s:.0f} s"
        failure = RegistryFailure(Kind.TOO_MANY_REQUESTS, detail, retry_after_s=min(wait_s, _MAX_THROTTLED_S))
        return (None if pause_s is None else max(wait_s, 0.1)), failure
    failure = RegistryFailure(Kind.UNREACHABLE, f"{host} answered {reply.status}")
    return (None if pause_s is None else max(pause_s, requested_s or 0.0)), failure


def retry_after_s(text: str, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), None for an absent or malformed one."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now())
    except (ValueError, TypeError, OverflowError):
        return None
