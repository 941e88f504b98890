"""Connection to a host within a time limit, which includes the name look-up and is shared between the addresses.

getaddrinfo(3) has no timeout, so each look-up runs in a thread of its own, and their number is limited.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from vaultkube.addresses import Address
from vaultkube.concurrency import Gate
from vaultkube.net.budget import BudgetSocket

_MAX_LOOKUPS = 32
_LOOKUPS = "look-ups"
_namespace: ContextVar[str] = ContextVar("namespace", default="")
_PROBES = {
    getattr(socket, name): value
    for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
    if hasattr(socket, name)  # a laptop's system may call the first otherwise
}
"""The kernel probes a silent connection after 15 s, and ends it 15 s later where nobody answers: a watch waits for minutes,
and a server that has lost its power, or a gateway that has forgotten the connection, ends none."""


class DialError(OSError):
    """No connection was established; `str()` has the failed step and its reason."""


class LookupsBusy(DialError):
    """The name was not looked up, because too many look-ups are running; this does not mean that the host is wrong."""


@contextmanager
def on_behalf_of(namespace: str) -> Iterator[None]:
    """Count this thread's look-ups of names for that namespace, whose objects may name any number of hosts.

    A context variable holds it, as urllib3 between caller and dialler would not pass it on.
    """
    before = _namespace.set(namespace)
    try:
        yield
    finally:
        _namespace.reset(before)


class Resolver:
    """Looks up names, at most `limit` at a time; no namespace, and without one no host, may use all places."""

    def __init__(self, limit: int = _MAX_LOOKUPS) -> None:
        self._gate = Gate(limit)

    def resolve(self, name: str, port: int, end: float) -> list[Address]:
        """Return the addresses of `name`, at least one, until the monotonic time `end`; raise DialError.

        An abandoned look-up continues in its thread, and frees its place only when the resolver is done.
        """
        holder = _namespace.get() or name
        if not self._gate.enter(_LOOKUPS, holder, _left_s(end)):
            raise LookupsBusy("name look-up: too many are under way")
        found: list[Address] = []
        done = threading.Event()

        def look_up() -> None:
            try:
                found.extend(_addresses(name, port))
            finally:
                self._gate.leave(_LOOKUPS, holder)
                done.set()

        try:
            threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
        except RuntimeError:
            self._gate.leave(_LOOKUPS, holder)
            raise DialError("name look-up: no thread can be started") from None
        if not done.wait(_left_s(end)):
            raise DialError("name look-up: timed out")
        if not found:
            raise DialError(f"name look-up: {name} has no address")
        return found


def connect(addresses: Sequence[Address], port: int, end: float) -> BudgetSocket:
    """Return a socket connected to the first address that answers, its timeout the time left until `end`; raise DialError.

    Each address gets a fair share of the time, so that a silent address does not use up the time of the others.
    """
    reasons = []
    for number, address in enumerate(addresses):
        share_s = _left_s(end) / (len(addresses) - number)
        try:
            return _connected(address, port, share_s, end)
        except OSError as error:
            reasons.append(f"{address}: {error.strerror or error}")
    raise DialError(f"connecting: {'; '.join(reasons[:4])}")


def dial(host: str, port: int, timeout_s: float) -> BudgetSocket:
    """Return a socket connected to `host` within `timeout_s`, its timeout the time left of that; raise DialError."""
    end = time.monotonic() + timeout_s
    try:
        addresses = [ipaddress.ip_address(host)]
    except ValueError:
        addresses = _resolver.resolve(host, port, end)
    return connect(addresses, port, end)


_resolver = Resolver()


def _addresses(name: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(text) for text in dict.fromkeys(str(answer[4][0]) for answer in found)]


def _connected(address: Address, port: int, share_s: float, end: float) -> BudgetSocket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = BudgetSocket(family, socket.SOCK_STREAM)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _PROBES.items():
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
        connection.settimeout(max(share_s, 0.001))
        connection.connect((str(address), port))
        connection.settimeout(max(_left_s(end), 0.001))
    except BaseException:
        connection.close()
        raise
    return connection


def _left_s(end: float) -> float:
    return max(0.0, end - time.monotonic())
