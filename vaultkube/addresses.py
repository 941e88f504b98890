"""Kinds of IP addresses: forbidden for connections on behalf of others, private, loopback, or public.

The tables follow the IANA registries of special-purpose addresses (RFC 6890) and the metadata services of the
clouds; `ipaddress.is_global` is not used, because it calls several of these global.
"""

import ipaddress
from collections.abc import Sequence

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


def is_public(address: Address) -> bool:
    """Return whether the address, or the IPv4 address inside of it, is in none of the tables."""
    return not is_in(unwrapped(address), (*NEVER, *PRIVATE, *LOOPBACK))


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


def is_in(address: Address, networks: Sequence[Network]) -> bool:
    """Return whether the address lies in one of the networks."""
    return any(address.version == network.version and address in network for network in networks)
