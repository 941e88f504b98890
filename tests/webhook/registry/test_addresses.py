"""The addresses that the webhook may connect to."""

import ipaddress

import pytest

from webhook.registry.addresses import AddressPolicy, lookup_name
from webhook.registry.hosts import parse_pattern
from webhook.registry.reference import Host, parse_host

OPEN = AddressPolicy()
LISTED = AddressPolicy([parse_pattern("*")], [parse_pattern("plain.example.com:5000")])


def allows(policy: AddressPolicy, address: str, host: str = "registry.example.com") -> bool:
    return policy.allows(parse_host(host), 443, ipaddress.ip_address(address))


NEVER = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.192",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.2.1",
    "::",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:42::42",
    "::ffff:0:169.254.169.254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "100::1",
]
LOOPBACK = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"]
PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "fc00::1",
    "fd12::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_connected_to(address: str) -> None:
    assert not allows(OPEN, address)
    assert not allows(LISTED, address)


@pytest.mark.parametrize("address", PRIVATE)
def test_only_listed_hosts_may_have_private_addresses(address: str) -> None:
    assert not allows(OPEN, address)
    assert allows(LISTED, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_any_host_may_have_a_public_address(address: str) -> None:
    assert allows(OPEN, address)


@pytest.mark.parametrize("address", LOOPBACK)
def test_only_a_listed_host_that_is_named_as_loopback_may_be_loopback(address: str) -> None:
    literal = AddressPolicy([parse_pattern("127.0.0.1:5000"), parse_pattern("named.example.com")])
    assert not allows(LISTED, address)
    assert not allows(LISTED, address, "127.0.0.1:5000")
    assert not allows(literal, address, "named.example.com")
    assert not allows(literal, address, "127.0.0.1:5001")
    assert allows(literal, address, "127.0.0.1:5000")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("registry.example.com", True),
        ("8.8.8.8", True),
        ("vault:8200", False),
        ("vault.svc:8200", False),
        ("vault.security.svc:8200", False),
        ("vault.security.svc.cluster.local:8200", False),
        ("metadata.google.internal", False),
        ("registry.my.domain", False),
        ("printer.local", False),
    ],
)
def test_only_listed_hosts_may_have_names_of_the_cluster(name: str, allowed: bool) -> None:
    policy = AddressPolicy(cluster_domain="my.domain")
    assert policy.allows_name(parse_host(name), 443) is allowed
    assert LISTED.allows_name(parse_host(name), 443)


def test_names_that_are_not_listed_are_looked_up_without_the_search_list() -> None:
    assert lookup_name(Host("vault.security"), listed=False) == "vault.security."
    assert lookup_name(Host("vault.security"), listed=True) == "vault.security"
    assert lookup_name(Host("8.8.8.8"), listed=False) == "8.8.8.8"


def test_only_listed_hosts_are_reached_by_plain_http() -> None:
    assert LISTED.scheme(parse_host("plain.example.com:5000")) == "http"
    assert LISTED.scheme(parse_host("plain.example.com")) == "https"
    assert LISTED.scheme(parse_host("127.0.0.1:5000")) == "https"
