"""The proxy for connections to Vault, chosen by Go's rules (https://pkg.go.dev/golang.org/x/net/http/httpproxy)."""

from __future__ import annotations

from _socket import inet_pton

from vaultenv.basics.record import Record
from vaultenv.basics.text import whole_number
from vaultenv.client.address import Address, parse_address
from vaultenv.variable_types import proxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


_AF_INET, _AF_INET6 = 2, 10  # as Linux numbers them on every architecture of the launcher
_HEX = b"0123456789abcdefABCDEF"


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
    address = parse_address(f"http://{authority.partition('/')[0]}", variable)
    user, _, password = credentials.partition(":")
    return Proxy(address, f"{_unquoted(user)}:{_unquoted(password)}" if credentials else "")


def _unquoted(text: str) -> str:
    """Return the text with its percent escapes decoded (RFC 3986, section 2.1); a percent sign that begins none stays."""
    first, *others = text.encode("utf-8").split(b"%")
    decoded = [
        bytes((int(other[:2], 16),)) + other[2:]
        if len(other) > 1 and not other[:2].strip(_HEX)
        else b"%" + other
        for other in others
    ]
    return b"".join([first, *decoded]).decode("utf-8", "surrogateescape")


def _is_local(host: str) -> bool:
    packed = _packed(host)
    return host == "localhost" or packed == _packed("::1") or (len(packed) == 4 and packed[0] == 127)


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
    name, port = _name_and_port(entry)
    if port and port != str(address.port):
        return False
    if name.startswith(("*.", ".")):
        return host.endswith(name.lstrip("*"))
    packed = _packed(name)
    return _packed(host) == packed if packed else host == name or host.endswith(f".{name}")


def _name_and_port(entry: str) -> tuple[str, str]:
    """Return the name and the port, "" without one, of `name[:port]`; an IPv6 address with a port is in brackets."""
    is_bare = entry.endswith("]") or (entry.count(":") != 1 and not entry.startswith("["))
    name, _, port = (entry, "", "") if is_bare else entry.rpartition(":")
    return name.strip("[]"), port


def _in_network(host: str, network: str) -> bool:
    base, _, bits = network.partition("/")
    address, start = _packed(host), _packed(base)
    length = whole_number(bits, 8 * len(start))
    if not address or len(address) != len(start) or length is None:
        return False
    shift = 8 * len(start) - length
    return int.from_bytes(address, "big") >> shift == int.from_bytes(start, "big") >> shift


def _packed(text: str) -> bytes:
    """Return the 4 or 16 bytes of an IP address, b"" for any other text."""
    for family in (_AF_INET, _AF_INET6):
        try:
            return inet_pton(family, text)
        except OSError:
            continue
    return b""
