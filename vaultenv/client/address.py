"""Addresses of Vault: `http(s)://host[:port][/prefix]` and `unix:///path`."""

from __future__ import annotations

from vaultenv.basics.host import host_and_port
from vaultenv.basics.record import Record
from vaultenv.errors import InvalidSetting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_PORTS = {"http": 80, "https": 443}
_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/$&+,:;=@")
_IN_WORD = _SAFE - frozenset(b"/$&+,:;=@")
_IN_PREFIX = frozenset(map(chr, _SAFE)) | {"%"}


class Address(Record):
    """The address of a Vault server; `prefix` is the path before `/v1`, without a final slash."""

    __slots__ = ("host", "port", "prefix", "scheme")

    def __init__(self, scheme: str, host: str, port: int, prefix: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.prefix = prefix

    @property
    def authority(self) -> str:
        """Host and port for a Host header and messages, without the scheme's default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, for messages."""
        return f"unix://{self.host}" if self.scheme == "unix" else f"{self.scheme}://{self.authority}"


def parse_address(text: str, variable: str = "VAULT_ADDR") -> Address:
    """Return the address in a setting; raise InvalidSetting, which names `variable`, for any other text."""
    scheme, divider, rest = text.strip().partition("://")
    scheme = scheme.lower()
    if divider and scheme == "unix" and rest.startswith("/"):
        return Address("unix", rest, 0, "")
    authority, _, prefix = rest.partition("/")
    found = host_and_port(authority, _PORTS.get(scheme, 0))
    if not divider or scheme not in _PORTS or not found or not _IN_PREFIX.issuperset(prefix):
        raise InvalidSetting(f"{variable} is not an address: write https://host:port")
    return Address(scheme, *found, _cleaned(prefix))


def _cleaned(prefix: str) -> str:
    """Return the path as Go's path.Join has it: with its `.` and `..` resolved, and a single slash before each part."""
    parts: list[str] = []
    for part in prefix.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "".join([f"/{part}" for part in parts])


def query_text(pairs: Sequence[tuple[str, str]]) -> str:
    """Return the query of these pairs with its `?`, encoded as Go's url.Values does; "" for none."""
    return "?" + "&".join(f"{_word(name)}={_word(value)}" for name, value in pairs) if pairs else ""


def _word(text: str) -> str:
    data = text.encode("utf-8", "replace")
    return "".join(chr(byte) if byte in _IN_WORD else "+" if byte == 32 else f"%{byte:02X}" for byte in data)


def quoted(path: str) -> str:
    """Percent-encode a path as Go's url.URL does (RFC 3986, section 3.3)."""
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in path.encode("utf-8"))
