"""The choice of a proxy, as Go makes it."""

import pytest

from vaultenv.client.address import parse_address
from vaultenv.client.proxy import proxy_for
from vaultenv.errors import InvalidSetting


@pytest.mark.parametrize(
    ("address", "no_proxy", "proxied"),
    [
        ("https://vault.example:8200", "", True),
        ("https://vault.example:8200", "*", False),
        ("https://vault.example:8200", "other, vault.example", False),
        ("https://vault.example:8200", "example", False),
        ("https://vault.example:8200", ".example", False),
        ("https://example", ".example", True),
        ("https://vault.example:8200", "ault.example", True),
        ("https://vault.example:8200", "vault.example:8200", False),
        ("https://vault.example:8200", "vault.example:443", True),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://11.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", False),
        ("https://10.1.2.3", "10.0.0.0/²", True),
        ("https://10.1.2.3", "10.0.0.0/８", True),
        ("https://10.1.2.3", "10.0.0.0/" + "9" * 5000, True),
        ("https://10.1.2.3", "9" * 5000 + ".0.0.0/8", True),
        ("https://10.1.2.3", "10.0.0.²/8", True),
        ("https://10.1.2.3", "10.0.0.0/33", True),
        ("https://[fd00:10::5]:8200", "", True),
        ("https://[fd00:10::5]:8200", "fd00:10::/32", False),
        ("https://[fd00:10::5]:8200", "fd00:11::/32", True),
        ("https://[fd00:10::5]:8200", "fd00:10::/129", True),
        ("https://[fd00:10::5]:8200", "0.0.0.0/0", True),
        ("https://10.1.2.3", "::/0", True),
        ("https://[fd00:10::5]:8200", "fd00:10:0::5", False),
        ("https://[fd00:10::5]:8200", "[fd00:10::5]", False),
        ("https://[fd00:10::5]:8200", "[fd00:10::5]:8200", False),
        ("https://[fd00:10::5]:8200", "[fd00:10::5]:443", True),
        ("https://127.0.0.1:8200", "", False),
        ("https://localhost:8200", "", False),
        ("https://[::1]:8200", "", False),
        ("https://[0::1]:8200", "", False),
        ("http://vault.example:8200", "", False),
    ],
)
def test_the_proxy_of_the_scheme_counts_unless_excluded(address: str, no_proxy: str, proxied: bool) -> None:
    found = proxy_for(parse_address(address), {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": no_proxy})
    assert (found is not None) == proxied


def test_vaults_own_proxy_setting_wins() -> None:
    environ = {"VAULT_PROXY_ADDR": "http://user:pass@own:1", "HTTPS_PROXY": "http://proxy:2", "NO_PROXY": "*"}
    found = proxy_for(parse_address("https://127.0.0.1"), environ)
    assert found is not None
    assert (found.address.authority, found.credentials) == ("own:1", "user:pass")
    assert "pass" not in repr(found)


@pytest.mark.parametrize(
    "text", ["proxy:²", "http://proxy:８０", "proxy?", "http://pro xy", "proxy:1\r\nX: y", "me@"]
)
def test_a_proxy_that_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="HTTPS_PROXY is not an address"):
        proxy_for(parse_address("https://vault.example"), {"HTTPS_PROXY": text})


def test_a_proxy_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="HTTPS_PROXY: only proxies of the form http://host:port"):
        proxy_for(parse_address("https://vault.example"), {"HTTPS_PROXY": "socks5://proxy:1080"})


@pytest.mark.parametrize(
    ("written", "credentials"),
    [
        ("us%40er:p%3Ass%2Fw%25", "us@er:p:ss/w%"),
        ("user:%C3%A9", "user:\u00e9"),
        ("user", "user:"),
        ("user:50%off%", "user:50%off%"),
    ],
)
def test_credentials_of_a_proxy_are_percent_encoded(written: str, credentials: str) -> None:
    """A password with `@` or `/` cannot be written otherwise; before, the proxy got its escapes, and answered 407."""
    found = proxy_for(parse_address("https://vault"), {"HTTPS_PROXY": f"http://{written}@proxy:3128"})
    assert found is not None
    assert found.credentials == credentials
