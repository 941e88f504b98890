"""From a host to a connected socket: one resolution, every address vetted, connected to what was vetted."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from vaultkube.net.budget import BudgetSocket
from webhook.registry.addresses import Address, AddressPolicy, lookup_name
from webhook.registry.breaker import Breaker
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.gate import Gate
from webhook.registry.reference import DEFAULT_PORTS, Host

Found = TypeVar("Found")

_MAX_LOOKUPS = 32
_LOOKUPS = "look-ups of names"
_FAIR_S = 1.0
"""With less time than this, a failure says nothing of the host."""
_namespace: ContextVar[str] = ContextVar("namespace", default="")


class Dialler:
    """Connects to the hosts that the policy allows."""

    def __init__(self, policy: AddressPolicy, breaker: Breaker) -> None:
        self._policy = policy
        self._breaker = breaker
        self._lookups = Gate(_MAX_LOOKUPS)

    @contextmanager
    def on_behalf_of(self, namespace: str) -> Iterator[None]:
        """What this thread dials within is for that namespace: urllib3, which stands between, would not pass it on."""
        before = _namespace.set(namespace)
        try:
            yield
        finally:
            _namespace.reset(before)

    def dial(self, name: str, port: int, timeout_s: float) -> socket.socket:
        """Return a connected socket with what is left of `timeout_s`; raise RegistryFailure (UNREACHABLE)."""
        end = time.monotonic() + timeout_s
        host = Host(name.strip("[]").lower(), 0 if port in DEFAULT_PORTS.values() else port)
        place = host.with_port(port)
        if not self._policy.allows_name(host, port):
            raise _failure(place, "name look-up: a name of the cluster, and not in REGISTRY_PRIVATE_HOSTS")
        if self._breaker.open((host, port)):
            raise _failure(place, "it failed several times in a row and is left alone for some seconds")
        self._take_lookup(place, end)
        had_time = timeout_s >= _FAIR_S
        found = self._counted(host, port, had_time, lambda: self._resolve(host, port, end))
        allowed = [address for address in found if self._policy.allows(host, port, address)]
        if not allowed:
            raise _failure(place, f"connecting: its addresses are denied: {_listing(found)}")
        connection = self._counted(host, port, had_time, lambda: _connect(place, allowed, port, end))
        self._breaker.succeeded((host, port))
        return connection

    def _counted(self, host: Host, port: int, had_time: bool, step: Callable[[], Found]) -> Found:
        try:
            return step()
        except RegistryFailure:
            if had_time:
                self._breaker.failed((host, port))
            raise

    def _take_lookup(self, place: str, end: float) -> None:
        """Go where `_resolve` leaves when the resolver is done, which may be long after `end`."""
        if not self._lookups.enter(_LOOKUPS, _namespace.get(), max(0.0, end - time.monotonic())):
            raise _failure(place, "name look-up: too many are under way")

    def _resolve(self, host: Host, port: int, end: float) -> list[Address]:
        """Look up in a thread of its own: getaddrinfo(3) has no timeout."""
        name, place = lookup_name(host, self._policy.listed(host, port)), host.with_port(port)
        namespace = _namespace.get()
        answers: list[list[Address]] = []
        done = threading.Event()

        def look_up() -> None:
            try:
                answers.append(_addresses(name, port))
            finally:
                self._lookups.leave(_LOOKUPS, namespace)
                done.set()

        try:
            threading.Thread(target=look_up, name="registry-lookup", daemon=True).start()
        except RuntimeError:
            self._lookups.leave(_LOOKUPS, namespace)
            raise _failure(place, "name look-up: no thread can be started") from None
        if not done.wait(max(0.0, end - time.monotonic())):
            raise _failure(place, "name look-up: timed out")
        if not answers or not answers[0]:
            raise _failure(place, f"name look-up: {name} has no address")
        return answers[0]


def _failure(place: str, what: str) -> RegistryFailure:
    return RegistryFailure(Kind.UNREACHABLE, f"{place}: {what}")


def _addresses(name: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    texts = dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in found)
    return [ipaddress.ip_address(text) for text in texts]


def _connect(place: str, addresses: Sequence[Address], port: int, end: float) -> socket.socket:
    """Connect to the first that answers, each with a fair share of the time left."""
    reasons = []
    for number, address in enumerate(addresses):
        left = max(0.0, end - time.monotonic())
        try:
            return _connected(address, port, left / (len(addresses) - number), left)
        except OSError as error:
            reasons.append(f"{address}: {error.strerror or error}")
    raise _failure(place, f"connecting: {'; '.join(reasons[:4])}")


def _connected(address: Address, port: int, share_s: float, left_s: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = BudgetSocket(family, socket.SOCK_STREAM)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(max(share_s, 0.001))
        started = time.monotonic()
        connection.connect((str(address), port))
        connection.settimeout(max(left_s - (time.monotonic() - started), 0.001))
    except BaseException:
        connection.close()
        raise
    return connection


def _listing(addresses: Sequence[Address]) -> str:
    return ", ".join(map(str, addresses[:4]))
