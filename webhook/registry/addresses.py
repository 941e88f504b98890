"""Which addresses a tenant may make the webhook connect to.

The tables follow the IANA registries of special-purpose addresses (RFC 6890) and the metadata services of the
clouds; `ipaddress.is_global` is not used, because it calls several of these global.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from webhook.registry.hosts import HostPattern, any_matches
from webhook.registry.reference import Host

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(word) for word in text.split())


NEVER = _networks(
    # this network, link-local with most metadata services, documentation, multicast, reserved
    "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.51.100.0/24 203.0.113.0/24"
    " 224.0.0.0/4 240.0.0.0/4"
    # the metadata services of Azure, Alibaba Cloud, AWS, Google and Scaleway outside link-local
    " 168.63.129.16/32 100.100.100.200/32 fd00:ec2::/32 fd20:ce::/64 fd00:42::42/128"
    # unspecified and IPv4-compatible, IPv4-translated, local NAT64, discard, IETF protocols with Teredo,
    # documentation, SRv6, 6bone
    " ::/96 ::ffff:0:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 3ffe::/16"
    # link-local, site-local, multicast
    " fe80::/10 fec0::/10 ff00::/8"
)
PRIVATE = _networks("10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 198.18.0.0/15 fc00::/7")
LOOPBACK = _networks("127.0.0.0/8 ::1/128")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_CLUSTER_SUFFIXES = ("svc", "cluster.local", "internal", "localhost", "local")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The operator's lists: hosts that may be internal, and hosts that may be spoken to without TLS."""

    private_hosts: Sequence[HostPattern] = ()
    plain_http_hosts: Sequence[HostPattern] = ()
    cluster_domain: str = "cluster.local"

    def scheme(self, host: Host) -> str:
        """`http` for the hosts that the operator lists, else `https`."""
        return "http" if any_matches(self.plain_http_hosts, host, 80) else "https"

    def listed(self, host: Host, default_port: int) -> bool:
        """Whether the operator lists the host as internal."""
        return any_matches(self.private_hosts, host, default_port)

    def allows_name(self, host: Host, default_port: int) -> bool:
        """Whether the name may be resolved at all: names of the cluster itself only where they are listed."""
        if _is_address(host.name) or self.listed(host, default_port):
            return True
        suffixes = (*_CLUSTER_SUFFIXES, self.cluster_domain)
        return "." in host.name and not any(f".{host.name}".endswith(f".{suffix}") for suffix in suffixes)

    def allows(self, host: Host, default_port: int, address: Address) -> bool:
        """Whether `host`, which was resolved to `address`, may be connected to there."""
        inner = unwrapped(address)
        if _in(inner, LOOPBACK):
            return self._is_named_loopback(host, default_port)
        if _in(inner, NEVER):
            return False
        return not _in(inner, PRIVATE) or self.listed(host, default_port)

    def _is_named_loopback(self, host: Host, default_port: int) -> bool:
        """Whether the operator lists this very host, without `*`, and it is written as a loopback address."""
        literal = [pattern for pattern in self.private_hosts if pattern.literal]
        written = host.name == "localhost" or (_is_address(host.name) and _in(_address(host.name), LOOPBACK))
        return written and any_matches(literal, host, default_port)


def lookup_name(host: Host, listed: bool) -> str:
    """What to resolve: the name in full (RFC 1034, 3.1), which no search list completes, unless listed."""
    return host.name if listed or _is_address(host.name) else f"{host.name}."


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 address (mapped, NAT64, 6to4), or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address


def _in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _is_address(name: str) -> bool:
    try:
        _address(name)
    except ValueError:
        return False
    return True


def _address(name: str) -> Address:
    return ipaddress.ip_address(name)
