"""From a host to a connected socket: one resolution, every address vetted, connected to what was vetted."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from webhook.registry.addresses import Address, AddressPolicy, lookup_name
from webhook.registry.breaker import Breaker
from webhook.registry.connection import BudgetSocket
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.reference import Host

Found = TypeVar("Found")

_MAX_LOOKUPS = 32
_FAIR_S = 1.0
"""With less time than this, a failure says nothing of the host."""
_DEFAULT_PORTS = (80, 443)


class Dialler:
    """Connects to the hosts that the policy allows."""

    def __init__(self, policy: AddressPolicy, breaker: Breaker) -> None:
        self._policy = policy
        self._breaker = breaker
        self._lookups = threading.BoundedSemaphore(_MAX_LOOKUPS)

    def dial(self, name: str, port: int, timeout_s: float) -> socket.socket:
        """Return a connected socket with what is left of `timeout_s`; raise RegistryFailure (UNREACHABLE)."""
        end = time.monotonic() + timeout_s
        host = Host(name.strip("[]").lower(), 0 if port in _DEFAULT_PORTS else port)
        if not self._policy.allows_name(host, port):
            raise RegistryFailure(Kind.UNREACHABLE, f"the name {host} is the cluster's own and is not listed")
        if self._breaker.open((host, port)):
            raise RegistryFailure(Kind.UNREACHABLE, f"{host} failed several times in a row; it is left alone")
        had_time = timeout_s >= _FAIR_S
        found = self._counted(
            host, port, had_time, lambda: self._resolve(self._lookup_name(host, port), port, end)
        )
        allowed = [address for address in found if self._policy.allows(host, port, address)]
        if not allowed:
            raise RegistryFailure(Kind.UNREACHABLE, f"the addresses of {host} are denied: {_listing(found)}")
        connection = self._counted(host, port, had_time, lambda: _connect(host, allowed, port, end))
        self._breaker.succeeded((host, port))
        return connection

    def _counted(self, host: Host, port: int, had_time: bool, step: Callable[[], Found]) -> Found:
        try:
            return step()
        except RegistryFailure:
            if had_time:
                self._breaker.failed((host, port))
            raise

    def _lookup_name(self, host: Host, port: int) -> str:
        return lookup_name(host, self._policy.listed(host, port))

    def _resolve(self, name: str, port: int, end: float) -> list[Address]:
        """Look up in a thread of its own: getaddrinfo(3) has no timeout."""
        if not self._lookups.acquire(timeout=max(0.0, end - time.monotonic())):
            raise RegistryFailure(Kind.UNREACHABLE, "too many look-ups of names are under way")
        answers: list[list[Address]] = []
        done = threading.Event()

        def look_up() -> None:
            try:
                answers.append(_addresses(name, port))
            finally:
                self._lookups.release()
                done.set()

        threading.Thread(target=look_up, name="registry-lookup", daemon=True).start()
        if not done.wait(max(0.0, end - time.monotonic())):
            raise RegistryFailure(Kind.UNREACHABLE, f"the look-up of {name} did not end in time")
        if not answers or not answers[0]:
            raise RegistryFailure(Kind.UNREACHABLE, f"{name} has no address")
        return answers[0]


def _addresses(name: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    texts = dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in found)
    return [ipaddress.ip_address(text) for text in texts]


def _connect(host: Host, addresses: Sequence[Address], port: int, end: float) -> socket.socket:
    """Connect to the first that answers, each with a fair share of the time left."""
    reasons = []
    for place, address in enumerate(addresses):
        left = max(0.0, end - time.monotonic())
        try:
            return _connected(address, port, left / (len(addresses) - place), left)
        except OSError as error:
            reasons.append(f"{address}: {error.strerror or error}")
    raise RegistryFailure(Kind.UNREACHABLE, f"{host} cannot be connected to: {'; '.join(reasons)}")


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
