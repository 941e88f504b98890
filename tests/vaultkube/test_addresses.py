"""The kinds of IP addresses."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from vaultkube.addresses import Address, is_public, unwrapped

CALLED_GLOBAL_ELSEWHERE = [
    "168.63.129.16",
    "192.88.99.1",
    "224.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "3fff::1",
    "::ffff:10.0.0.1",
    "fd00:ec2::254",
]


@pytest.mark.parametrize("text", CALLED_GLOBAL_ELSEWHERE)
def test_metadata_services_and_wrapped_private_addresses_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_other_addresses_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(ip_addresses())
def test_an_address_that_is_not_global_for_python_is_not_public(address: Address) -> None:
    inner = unwrapped(address)
    assert inner.is_global or not is_public(address)


def test_an_address_with_a_scope_is_like_one_without() -> None:
    assert not is_public(ipaddress.ip_address("fe80::1%eth0"))
