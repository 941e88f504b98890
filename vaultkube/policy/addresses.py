"""Vault addresses that an annotation may name.

The address receives the ServiceAccount's token, so only the operator may allow addresses.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from vaultkube.addresses import Address, is_public
from vaultkube.errors import ForbiddenAddress

_NEVER = frozenset({"localhost", "metadata.google.internal"})
_OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PRINTABLE = re.compile(r"[!-\[\]-~]*")


def check_address(address: str, operators: str, listed: Iterable[str], *, allow_private: bool) -> None:
    """Raise ForbiddenAddress, with the reason, if no annotation may name `address`.

    `operators` is the operator's own address, which is always allowed; `listed` are the other allowed ones. Addresses are
    compared by scheme, host, port and path; the case of scheme and host, default ports and a final slash are ignored.
    """
    parts = _split(address)
    if is_same_server(address, operators):
        return
    host = (parts.hostname or "").rstrip(".")
    if host in _NEVER or host.endswith(".localhost"):
        raise _forbidden(address, "this host is never allowed")
    if not allow_private and not _is_public(host):
        raise _forbidden(
            address, "it is a private or local address; the operator can set VAULT_ALLOW_PRIVATE_ADDR"
        )
    if not any(is_same_server(address, entry) for entry in listed):
        raise _forbidden(address, "ask the operator to add it to VAULT_ADDR_ALLOWLIST of the webhook")


def is_same_server(address: str, other: str) -> bool:
    """Return whether both are addresses of one server; False for text that is not an address."""
    try:
        return _comparable(_split(address)) == _comparable(_split(other))
    except ForbiddenAddress:
        return False


def is_of_own_pod(address: str) -> bool:
    """Return whether the address leads to the loopback interface or a socket of the pod that connects to it."""
    if address.startswith("unix:///"):
        return True
    try:
        return (_split(address).hostname or "") in _OWN_HOSTS
    except ForbiddenAddress:
        return False


def _split(address: str) -> SplitResult:
    """Return the parts of the address; raise ForbiddenAddress if URL parsers could disagree: `urlsplit` drops line breaks."""
    if not _PRINTABLE.fullmatch(address):
        raise _forbidden(address, "it must not contain blanks, backslashes or characters outside of ASCII")
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise _forbidden(address, "it is not a URL") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.netloc.endswith(":"):
        raise _forbidden(address, "it must be https://HOST[:PORT] or http://HOST[:PORT]")
    if "@" in parts.netloc or "?" in address or "#" in address:
        raise _forbidden(address, "it must not hold user information, a query or a fragment")
    return parts


def _forbidden(address: str, why: str) -> ForbiddenAddress:
    shown = address.rpartition("@")[2] if "@" in address else address
    return ForbiddenAddress(f"{shown!r} is not allowed: {why}")


def _comparable(parts: SplitResult) -> tuple[str, str, int | None, str]:
    scheme = parts.scheme.lower()
    return (
        scheme,
        (parts.hostname or "").rstrip("."),
        parts.port or _DEFAULT_PORTS.get(scheme),
        parts.path.rstrip("/"),
    )


def _is_public(host: str) -> bool:
    """Return whether `host` is a name, or an address (in any spelling that `inet_aton` knows) outside all reserved ranges."""
    try:
        address: Address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return True
    return is_public(address)
