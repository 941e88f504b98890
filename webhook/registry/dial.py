"""Connections to hosts: a name is resolved once, each address is checked, and the socket connects to one of those."""

import socket
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from vaultkube.addresses import Address
from vaultkube.net.dial import DialError, LookupsBusy, Resolver, connect
from webhook.registry.addresses import AddressPolicy, lookup_name
from webhook.registry.breaker import Breaker
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.reference import DEFAULT_PORTS, Host

Found = TypeVar("Found")

_FAIR_S = 1.0
"""With less time than this, a failure does not count against the host."""


class Dialler:
    """Connects to hosts that the policy allows and that have not just failed several times in a row."""

    def __init__(self, policy: AddressPolicy, breaker: Breaker) -> None:
        self._policy = policy
        self._breaker = breaker
        self._resolver = Resolver()

    def dial(self, name: str, port: int, timeout_s: float) -> socket.socket:
        """Return a connected socket within `timeout_s`; raise RegistryFailure (UNREACHABLE)."""
        end = time.monotonic() + timeout_s
        host = Host(name.strip("[]").lower(), 0 if port in DEFAULT_PORTS.values() else port)
        if not self._policy.allows_name(host, port):
            raise _failure(
                host, port, "name look-up: a name of the cluster, and not in REGISTRY_PRIVATE_HOSTS"
            )
        if self._breaker.open((host, port)):
            raise _failure(
                host, port, "it failed several times in a row, so no request is sent for some seconds"
            )
        had_time = timeout_s >= _FAIR_S
        found = self._counted(host, port, had_time, lambda: self._resolve(host, port, end))
        allowed = [address for address in found if self._policy.allows(host, port, address)]
        if not allowed:
            raise _failure(host, port, f"connecting: its addresses are denied: {_listing(found)}")
        connection = self._counted(host, port, had_time, lambda: connect(allowed, port, end))
        self._breaker.succeeded((host, port))
        return connection

    def _resolve(self, host: Host, port: int, end: float) -> list[Address]:
        name = lookup_name(host, self._policy.listed(host, port))
        return self._resolver.resolve(name, port, end)

    def _counted(self, host: Host, port: int, had_time: bool, step: Callable[[], Found]) -> Found:
        try:
            return step()
        except DialError as error:
            if had_time and not isinstance(error, LookupsBusy):
                self._breaker.failed((host, port))
            raise _failure(host, port, str(error)) from None


def _failure(host: Host, port: int, cause: str) -> RegistryFailure:
    return RegistryFailure(Kind.UNREACHABLE, f"{host.with_port(port)}: {cause}")


def _listing(addresses: Sequence[Address]) -> str:
    return ", ".join(map(str, addresses[:4]))
