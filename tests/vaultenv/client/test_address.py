"""Addresses of Vault, and paths on the wire."""

import pytest

from vaultenv.client.address import Address, parse_address, query_text, quoted
from vaultenv.errors import InvalidSetting


@pytest.mark.parametrize(
    ("text", "expected", "origin"),
    [
        ("https://vault", Address("https", "vault", 443, ""), "https://vault"),
        ("HTTPS://vault:8200/", Address("https", "vault", 8200, ""), "https://vault:8200"),
        ("http://10.0.0.1:80/a/b/", Address("http", "10.0.0.1", 80, "/a/b"), "http://10.0.0.1"),
        ("https://vault//a/./b/../c//", Address("https", "vault", 443, "/a/c"), "https://vault"),
        ("https://vault/../..", Address("https", "vault", 443, ""), "https://vault"),
        ("https://[::1]:8200", Address("https", "::1", 8200, ""), "https://[::1]:8200"),
        ("https://[::1]", Address("https", "::1", 443, ""), "https://[::1]"),
        ("unix:///run/vault.sock", Address("unix", "/run/vault.sock", 0, ""), "unix:///run/vault.sock"),
    ],
)
def test_an_address_has_scheme_host_port_and_prefix(text: str, expected: Address, origin: str) -> None:
    assert parse_address(text) == expected
    assert expected.origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vault:8200",
        "ftp://vault",
        "https://",
        "https://vault:0",
        "https://vault:x",
        "https://vault:70000",
        "https://u:p@vault",
        "https://väult",
        "unix://run",
        "https://[::1]x",
        "https://[::1",
        "https://[vault]",
        "https://[::1]:",
        "https://vault:",
        "https://vault:²",
        "https://vault:８２００",
        "https://vault:٣",
        "https://vault:+1",
        "https://vault: 1",
        "https://vault:1_0",
        "https://vault:" + "9" * 5000,
        "https://vault?x=1",
        "https://vault#x",
        "https://vault?@other",
        "https://va ult",
        "https://vault\\other",
        "https://vault\t:8200",
        "https://vault%2eother",
        "https://.vault",
        "https://vault/a?b",
        "https://vault/a#b",
        "https://vault/a b",
        "https://vault/a\\b",
        "https://" + "v" * 254,
    ],
)
def test_anything_else_is_refused_with_the_variables_name(text: str) -> None:
    with pytest.raises(InvalidSetting, match="VAULT_ADDR is not an address: write https://host:port"):
        parse_address(text)


def test_paths_are_encoded_as_go_does_it() -> None:
    assert quoted("a/b c%?#é~$&+,:;=@") == "a/b%20c%25%3F%23%C3%A9~$&+,:;=@"


def test_a_query_is_encoded_as_a_form() -> None:
    assert query_text([("version", "2"), ("a b", "x&y=z+ü/")]) == "?version=2&a+b=x%26y%3Dz%2B%C3%BC%2F"
    assert query_text([]) == ""
