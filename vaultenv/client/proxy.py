"""The proxy for connections to Vault, chosen by Go's rules (https://pkg.go.dev/golang.org/x/net/http/httpproxy)."""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.basics.text import whole_number
from vaultenv.client.address import Address, parse_address
from vaultenv.variable_types import proxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Proxy(Record):
    """An HTTP proxy, and its credentials as `user:password` ("" without); its repr shows no credentials."""

    __slots__ = ("address", "credentials")

    def __init__(self, address: Address, credentials: str) -> None:
        self.address = address
        self.credentials = credentials

    def __repr__(self) -> str:
        return f"Proxy({self.address.origin})"


def proxy_for(address: Address, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy of VAULT_PROXY_ADDR, else of HTTPS_PROXY or HTTP_PROXY unless NO_PROXY excludes the host.

    `environ` holds variables under their upper-case names. Raises InvalidSetting for a proxy that is not
    HTTP.
    """
    if address.scheme == "unix":
        return None
    if own := environ.get("VAULT_PROXY_ADDR"):
        return _parsed(own, "VAULT_PROXY_ADDR")
    name = f"{address.scheme.upper()}_PROXY"
    text = environ.get(name, "")
    if not text or _is_local(address.host) or excluded(address, environ.get("NO_PROXY", "")):
        return None
    return _parsed(text, name)


def _parsed(text: str, variable: str) -> Proxy:
    credentials, _, authority = proxy(variable, text).partition("://")[2].rpartition("@")
    return Proxy(parse_address(f"http://{authority.partition('/')[0]}", variable), credentials)


def _is_local(host: str) -> bool:
    return host == "localhost" or host == "::1" or (_ipv4(host) or 0) >> 24 == 127


def excluded(address: Address, no_proxy: str) -> bool:
    """Return whether NO_PROXY applies: `*`, names with their subdomains, addresses or networks, each with an
    optional port.
    """
    return any(_applies(entry.strip().lower(), address) for entry in no_proxy.split(",") if entry.strip())


def _applies(entry: str, address: Address) -> bool:
    host = address.host.lower().rstrip(".")
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(host, entry)
    name, _, port = (
        entry.strip("[]").rpartition(":") if entry.count(":") == 1 else (entry.strip("[]"), "", "")
    )
    if port and port != str(address.port):
        return False
    if name.startswith(("*.", ".")):
        return host.endswith(name.lstrip("*"))
    return host == name or (host.endswith(f".{name}") and _ipv4(name) is None)


def _in_network(host: str, network: str) -> bool:
    base, _, bits = network.partition("/")
    address, start = _ipv4(host), _ipv4(base)
    length = whole_number(bits, 32)
    if address is None or start is None or length is None:
        return False
    shift = 32 - length
    return address >> shift == start >> shift


def _ipv4(text: str) -> int | None:
    numbers = [whole_number(part, 255) for part in text.split(".")]
    if len(numbers) != 4:
        return None
    address = 0
    for number in numbers:
        if number is None:
            return None
        address = address << 8 | number
    return address
