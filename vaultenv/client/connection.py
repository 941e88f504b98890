"""One connection to Vault, plain or TLS, with a time limit for every operation."""

from __future__ import annotations

import time
from _socket import AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, getaddrinfo, socket
from _ssl import SSLWantReadError, SSLZeroReturnError

from vaultenv.client.failures import (
    WireFailure,
    dial_failure,
    exchange_failure,
    handshake_failure,
    with_remedy,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.client.address import Address
    from vaultenv.client.proxy import Proxy
    from vaultenv.client.tls import Tls

    Peer = tuple[int, int, Any]

_CHUNK = 65536


class _Socket(socket):
    """A socket that can be weakly referenced, which the TLS object requires."""

    __slots__ = ("__weakref__",)


def adopted(family: int, descriptor: int) -> socket:
    """Return the socket of a descriptor that listening has accepted."""
    return _Socket(family, SOCK_STREAM, 0, descriptor)


class Connection:
    """A connected stream of bytes; every failure is a WireFailure."""

    __slots__ = ("_socket", "_tls")

    def __init__(self, plain: socket, tls: Any | None) -> None:
        self._socket = plain
        self._tls = tls

    @property
    def peer(self) -> Peer | None:
        """Return the family, protocol and address of the other end, so that `connect` can reach the same machine;
        None for a Unix socket, which needs no look-up. Raises WireFailure if the connection is over.
        """
        if self._socket.family == AF_UNIX:
            return None
        try:
            return self._socket.family, self._socket.proto, self._socket.getpeername()
        except OSError as error:
            raise exchange_failure(error) from None

    def complete(self, address: Address, tls: Tls | None, until: float) -> None:
        """Wait for the end of the handshake; raise WireFailure, closed, if it fails."""
        if tls is None or self._tls is None:
            return
        try:
            _limit(self._socket, until)
            self._tls.do_handshake()
        except OSError as error:
            self.close()
            raise handshake_failure(address, tls, error) from None

    def send(self, data: bytes, until: float) -> None:
        """Send all bytes before the monotonic time `until`."""
        try:
            while data:
                _limit(self._socket, until)
                data = data[(self._tls.write(data) if self._tls else self._socket.send(data)) :]
        except OSError as error:
            raise exchange_failure(error) from None

    def receive(self, until: float) -> bytes:
        """Return the next bytes, at least one; b"" at the end of the stream."""
        try:
            _limit(self._socket, until)
            return self._tls.read(_CHUNK) if self._tls else self._socket.recv(_CHUNK)
        except SSLZeroReturnError:
            return b""
        except OSError as error:
            raise exchange_failure(error) from None

    def is_silent(self) -> bool:
        """Return whether the other end has neither closed the stream nor sent data; does not wait."""
        try:
            self._socket.settimeout(0)
            self._tls.read(1) if self._tls else self._socket.recv(1)
        except (BlockingIOError, SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close without a TLS close_notify, as no data is in flight."""
        self._socket.close()


def _limit(plain: socket, until: float) -> None:
    """Limit the next operation to the monotonic time `until`; raise TimeoutError if that has passed."""
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    plain.settimeout(left_s)


def connect(
    address: Address,
    tls: Tls | None,
    until: float,
    proxy: Proxy | None = None,
    peer: Peer | None = None,
) -> Connection:
    """Return a connection to the first of the host's addresses that answers; with `tls` its handshake has begun, and
    `complete` must follow.

    With `peer`, no name is looked up. Raises WireFailure before the monotonic time `until`, or soon after it
    when a name server does not answer.
    """
    at = proxy.address if proxy else address
    try:
        plain = _open(*peer, at, until) if peer else _dial(at, until)
    except WireFailure as failure:
        raise with_remedy(failure, proxy is not None) from None
    if proxy and tls is not None:
        _open_tunnel(plain, address, proxy, until)
    if tls is None:
        return Connection(plain, None)
    try:
        name = (tls.server_name or address.host).removesuffix(".")  # certificates have no dot at the end
        wrapped = tls.context._wrap_socket(plain, False, name)
        plain.settimeout(0)
        wrapped.do_handshake()
    except SSLWantReadError:
        pass
    except OSError as error:
        plain.close()
        raise handshake_failure(address, tls, error) from None
    return Connection(plain, wrapped)


def _open_tunnel(plain: socket, address: Address, proxy: Proxy, until: float) -> None:
    """Make the proxy connect to Vault (CONNECT: RFC 9110, section 9.3.6)."""
    stream = Connection(plain, None)
    host = f"[{address.host}]" if ":" in address.host else address.host
    target = f"{host}:{address.port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", *proxy_headers(proxy), "", ""]
    try:
        stream.send("\r\n".join(lines).encode("utf-8"), until)
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < _CHUNK:
            answer += stream.receive(until) or b"\r\n\r\n"
    except WireFailure as failure:
        plain.close()
        raise WireFailure(f"proxyconnect tcp: {proxy.address.origin}: {failure}", sent=False) from None
    status = answer.partition(b" ")[2][:3]
    if status != b"200":
        plain.close()
        shown = status.decode("ascii", "replace") or "nothing"
        text = f"proxyconnect tcp: {proxy.address.origin} answered {shown} for {target}: check NO_PROXY"
        raise WireFailure(text, sent=False)


def proxy_headers(proxy: Proxy) -> list[str]:
    """Return the header lines with the proxy's credentials (RFC 7617)."""
    if not proxy.credentials:
        return []
    from binascii import b2a_base64

    credentials = proxy.credentials.encode("utf-8", "surrogateescape")
    return [f"Proxy-Authorization: Basic {b2a_base64(credentials, newline=False).decode()}"]


def _dial(address: Address, until: float) -> socket:
    if address.scheme == "unix":
        return _open(AF_UNIX, 0, address.host.encode(), address, until)
    try:
        found = getaddrinfo(address.host.encode("ascii"), str(address.port).encode(), 0, SOCK_STREAM)
    except OSError as error:
        raise dial_failure(address, "", error) from None
    failure = WireFailure(f"dial tcp: lookup {address.host}: no such host", sent=False)
    for at, (family, _, protocol, _, target) in enumerate(found):
        try:
            return _open(family, protocol, target, address, _share(until, len(found) - at))
        except WireFailure as error:
            failure = error
    raise failure


def _share(until: float, addresses: int) -> float:
    """Return the monotonic time for the first of so many addresses, so that one that is silent leaves time for the others."""
    now = time.monotonic()
    return now + (until - now) / addresses


def _open(family: int, protocol: int, target: Any, address: Address, until: float) -> socket:
    plain: socket | None = None
    try:
        plain = _Socket(family, SOCK_STREAM, protocol)
        _limit(plain, until)
        plain.connect(target)
        if family != AF_UNIX:
            plain.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    except OSError as error:
        if plain:
            plain.close()
        shown = address.host if family == AF_UNIX else _shown(target)
        raise dial_failure(address, shown, error) from None
    return plain


def _shown(target: tuple[object, ...]) -> str:
    host, port = target[0], target[1]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
