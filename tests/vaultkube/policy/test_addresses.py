"""Vault addresses allowed in an annotation: the vectors of the predecessor's tests, and more."""

import pytest

from vaultkube.errors import ForbiddenAddress
from vaultkube.policy.addresses import check_address

OPERATORS = "http://10.1.2.3:8200"
LISTED = ("https://vault.example.com:8200", "https://second.example.com", "https://10.0.0.7:8200")


@pytest.mark.parametrize(
    "address",
    [
        "https://vault.example.com:8200",
        "https://vault.example.com:8200/",
        "HTTPS://VAULT.example.COM:8200",
        "https://second.example.com",
        "https://second.example.com:443",
        "https://second.example.com.",
    ],
)
def test_a_listed_address_is_allowed_in_any_spelling(address: str) -> None:
    check_address(address, OPERATORS, LISTED, allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vault.example.com:8200",
        "https://",
        "file:///secrets.json",
        "https://other.example.com",
        "http://vault.example.com:8200",
        "https://vault.example.com:8201",
        "https://vault.example.com:8200/other",
        "https://user@vault.example.com:8200",
        "https://vault.example.com:8200?x=1",
        "https://vault.example.com:8200#x",
        "https://vault.example.com:99999",
        "https://vault.example.com:8200?",
        " https://vault.example.com:8200",
        "https://vault.example.com:8200\n",
        "https://vault.exa\tmple.com:8200",
        "https://second.example.com:",
        "https://second.example.com\\@evil.example.com",
        "https://second.example.com／",
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check_address(address, OPERATORS, LISTED, allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.7",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104 (an address to refuse)
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::ffff:10.0.0.7]",
        "[fd00::1]",
        "224.0.0.1",
        "168.63.129.16",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::]",
        "[3fff::1]",
        "192.88.99.1",
    ],
)
def test_a_private_address_is_refused_even_when_it_is_listed(host: str) -> None:
    address = f"https://{host}:8200"
    with pytest.raises(ForbiddenAddress, match="VAULT_ALLOW_PRIVATE_ADDR"):
        check_address(address, OPERATORS, (address,), allow_private=False)
    check_address(address, OPERATORS, (address,), allow_private=True)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "a.localhost", "metadata.google.internal"]
)
def test_local_names_are_never_allowed(host: str) -> None:
    address = f"https://{host}:8200"
    with pytest.raises(ForbiddenAddress, match="never allowed"):
        check_address(address, OPERATORS, (address,), allow_private=True)


@pytest.mark.parametrize("address", [OPERATORS, OPERATORS + "/", "HTTP://10.1.2.3:8200"])
def test_the_operators_own_address_is_trusted_wherever_it_is(address: str) -> None:
    check_address(address, OPERATORS, (), allow_private=False)


def test_an_empty_list_allows_nothing() -> None:
    with pytest.raises(ForbiddenAddress, match="VAULT_ADDR_ALLOWLIST"):
        check_address("https://vault.example.com", OPERATORS, (), allow_private=True)


@pytest.mark.parametrize(
    "entry", ["https://b:99999", "https://b:x", "https://[::1", "vault:8200", "https://b:"]
)
def test_an_entry_that_is_no_address_allows_nothing(entry: str) -> None:
    for operators, listed in ((OPERATORS, [entry]), (entry, [OPERATORS])):
        with pytest.raises(ForbiddenAddress, match="VAULT_ADDR_ALLOWLIST"):
            check_address("https://vault.example.com", operators, listed, allow_private=True)


def test_the_message_holds_no_password() -> None:
    with pytest.raises(ForbiddenAddress) as refusal:
        check_address("https://user:hunter2@vault.example.com", OPERATORS, LISTED, allow_private=False)
    assert "hunter2" not in str(refusal.value)
