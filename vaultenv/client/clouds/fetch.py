"""One request to a service of the cloud."""

from __future__ import annotations

from vaultenv.client.address import parse_address
from vaultenv.client.answers import body_of
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Request
from vaultenv.client.tls import Tls, Trust, client_context
from vaultenv.client.wire import Wire
from vaultenv.errors import LoginFailed, VaultUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from vaultenv.basics.deadline import Deadline
    from vaultenv.settings import Settings

_LATER = (410, 429)
"""Statuses of metadata services that are busy, or being updated for some seconds
(https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#rate-limiting)."""


def fetch(
    settings: Settings,
    deadline: Deadline,
    url: str,
    headers: Mapping[str, str],
    method: str = "GET",
    body: str | None = None,
) -> bytes:
    """Return the body of a 200 answer of a cloud's service; raise LoginFailed, which names the service, or
    VaultUnavailable if it does not answer before the deadline.
    """
    scheme, _, rest = url.partition("://")
    authority, _, target = rest.partition("/")
    address = parse_address(f"{scheme}://{authority}", "the address of the cloud's metadata")
    if " " in target or not all(
        text.isascii() and text.isprintable() for text in (target, *headers.values())
    ):
        raise LoginFailed(f"failed to read login data: {address.origin}: a path or credential cannot be sent")
    trust = Trust(system_file=settings.system_ca_file, system_directories=settings.system_ca_directories)
    is_safe = scheme == "https"
    tls = Tls(client_context(trust, "", "", False), "", trust.variable()) if is_safe else None
    wire = Wire(address, tls, settings.client_timeout_s, deadline)
    wire.headers |= headers
    shown = f"{address.origin}/{target.partition('?')[0]}"
    try:
        answer = wire.one(Request(method, f"/{target}", body))
    except WireFailure as failure:
        raise VaultUnavailable(f"failed to read login data: {method} {shown}: {failure}") from None
    finally:
        wire.close()
    if answer.status != 200:
        is_outage = answer.status >= 500 or answer.status in _LATER
        kind = VaultUnavailable if is_outage else LoginFailed
        raise kind(f"failed to read login data: {method} {shown} answered {answer.status}")
    return answer.body


def fetch_json(
    settings: Settings,
    deadline: Deadline,
    url: str,
    headers: Mapping[str, str],
    method: str = "GET",
    body: str | None = None,
) -> dict[str, Any]:
    """Return the JSON object in a 200 answer of a cloud's service; errors as for `fetch`."""
    return body_of(fetch(settings, deadline, url, headers, method, body))
