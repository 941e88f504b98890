"""The addresses to which a tenant may make the webhook connect."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from vaultkube.addresses import LOOPBACK, NEVER, PRIVATE, Address, is_in, unwrapped
from webhook.registry.hosts import HostPattern, any_matches
from webhook.registry.reference import Host

_CLUSTER_SUFFIXES = ("svc", "cluster.local", "internal", "localhost", "local")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The operator's lists: hosts that may be internal, and hosts to which requests are sent without TLS."""

    private_hosts: Sequence[HostPattern] = ()
    plain_http_hosts: Sequence[HostPattern] = ()
    cluster_domain: str = "cluster.local"

    def scheme(self, host: Host) -> str:
        """Return `http` for hosts in the operator's list, else `https`."""
        return "http" if any_matches(self.plain_http_hosts, host, 80) else "https"

    def listed(self, host: Host, default_port: int) -> bool:
        """Return whether the operator lists the host as internal."""
        return any_matches(self.private_hosts, host, default_port)

    def allows_name(self, host: Host, default_port: int) -> bool:
        """Return whether the name may be resolved: names of the cluster itself must be in the operator's list."""
        if _is_address(host.name) or self.listed(host, default_port):
            return True
        suffixes = (*_CLUSTER_SUFFIXES, self.cluster_domain)
        return "." in host.name and not any(f".{host.name}".endswith(f".{suffix}") for suffix in suffixes)

    def allows(self, host: Host, default_port: int, address: Address) -> bool:
        """Return whether the webhook may connect to `host` at `address`, an address of its name."""
        inner = unwrapped(address)
        if is_in(inner, LOOPBACK):
            return self._is_named_loopback(host, default_port)
        if is_in(inner, NEVER):
            return False
        return not is_in(inner, PRIVATE) or self.listed(host, default_port)

    def _is_named_loopback(self, host: Host, default_port: int) -> bool:
        """Return whether the operator lists exactly this host, without `*`, and as a loopback address."""
        literal = [pattern for pattern in self.private_hosts if pattern.literal]
        written = host.name == "localhost" or (
            _is_address(host.name) and is_in(_address(host.name), LOOPBACK)
        )
        return written and any_matches(literal, host, default_port)


def lookup_name(host: Host, listed: bool) -> str:
    """Return the name to resolve.

    Unless it is listed, it ends with a dot (RFC 1034, 3.1), so that no search list applies.
    """
    return host.name if listed or _is_address(host.name) else f"{host.name}."


def _is_address(name: str) -> bool:
    try:
        _address(name)
    except ValueError:
        return False
    return True


def _address(name: str) -> Address:
    return ipaddress.ip_address(name)
