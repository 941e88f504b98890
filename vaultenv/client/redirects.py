"""Redirects (RFC 9110, section 15.4): followed only within Vault's own address, because they carry the token."""

from __future__ import annotations

from vaultenv.client.address import parse_address
from vaultenv.client.http import Answer, Request
from vaultenv.errors import InvalidSetting, VaultUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.client.address import Address

_STATUSES = (301, 302, 307, 308)


def redirected(address: Address, request: Request, answer: Answer) -> Request | None:
    """Return the request to send instead; None if the answer is not a redirect.

    Raises VaultUnavailable for a redirect to another address, as a standby server sends.
    """
    location = answer.headers.get("location", "")
    if answer.status not in _STATUSES or not location:
        return None
    target = location if location.startswith("/") else _target(address, location)
    return Request(request.method, target.removeprefix(address.prefix), request.body, request.repeatable)


def _target(address: Address, location: str) -> str:
    scheme, _, rest = location.partition("://")
    authority, slash, path = rest.partition("/")
    try:
        other = parse_address(f"{scheme}://{authority}")
    except InvalidSetting:
        other = None
    if other is None or other.origin != address.origin:
        shown = other.origin if other else "something else"
        raise VaultUnavailable(
            f"{address.origin} redirects to {shown}, where the token does not follow: set VAULT_ADDR to "
            "the active Vault or to its load balancer"
        )
    return slash + path
