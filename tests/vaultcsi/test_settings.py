"""Settings: variables, the flags of vault-csi-provider, which win, and all problems at once."""

import pytest

from vaultcsi.flags import InvalidFlags
from vaultcsi.settings import ROWS, Settings, read_settings, usage
from vaultkube.errors import InvalidSetting


def test_the_flags_of_the_chart_are_understood_with_one_dash_or_two() -> None:
    found = read_settings(
        [
            "--endpoint=/provider/vault.sock",
            "-log-level=trace",
            "--hmac-secret-name",
            "key",
            "-vault-tls-skip-verify",
            "--vault-addr",
            "unix:///var/run/vault/agent.sock",
            "-cache-size=10",
        ],
        {},
    )
    assert found == Settings(
        log_level="debug",
        hmac_secret_name="key",
        skip_verify=True,
        address="unix:///var/run/vault/agent.sock",
        most_logins=10,
    )


def test_a_flag_wins_over_its_variable() -> None:
    environ = {"VAULT_ADDR": "https://other", "VAULT_NAMESPACE": "team"}
    found = read_settings(["-vault-addr=https://vault:8200/"], environ)
    assert (found.address, found.vault_namespace) == ("https://vault:8200", "team")


@pytest.mark.parametrize(
    ("flag", "level"),
    [("-debug", "debug"), ("-debug=true", "debug"), ("-debug=false", "info"), ("--log-level=off", "error")],
)
def test_debug_is_a_level(flag: str, level: str) -> None:
    assert read_settings([flag], {}).log_level == level


@pytest.mark.parametrize(
    ("text", "address"), [(":8080", ("", 8080)), ("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:1", ("::1", 1))]
)
def test_the_flag_health_addr_is_the_address_of_the_listener(text: str, address: tuple[str, int]) -> None:
    assert read_settings([f"-health-addr={text}"], {}).health_address == address


def test_everything_that_cannot_be_used_is_named() -> None:
    arguments = ["-endpoint=relative", "--nonsense=1", "word", "-cache-size=many", "-health-addr=8080"]
    with pytest.raises(InvalidSetting) as caught:
        read_settings(arguments, {"THREADS": "0", "VAULT_ADDR": "vault"})
    for part in (
        "CSI_ENDPOINT",
        "'--nonsense=1' is no flag",
        "'word'",
        "CACHE_SIZE",
        "HEALTH_ADDR",
        "THREADS",
        "VAULT_ADDR",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("-vault-addr", "-vault-addr needs a value"),
        ("-debug=perhaps", "-debug='perhaps' is not true or false"),
        ("--nope", "'--nope' is no flag"),
    ],
)
def test_a_wrong_flag_is_another_error_than_a_wrong_setting(flag: str, message: str) -> None:
    with pytest.raises(InvalidFlags, match=message):
        read_settings([flag], {})
    with pytest.raises(InvalidSetting) as caught:
        read_settings([], {"THREADS": "0"})
    assert not isinstance(caught.value, InvalidFlags)


def test_the_help_has_every_setting() -> None:
    assert all(row.settings[0] in usage() for row in ROWS)
    assert all(f"{row.help} (default: {row.default})" in usage() for row in ROWS if row.default)


def test_a_mount_timeout_or_renewal_interval_of_zero_is_refused() -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings([], {"MOUNT_TIMEOUT": "0", "RENEWAL_INTERVAL": "0s"})
    assert str(caught.value) == (
        "MOUNT_TIMEOUT='0' is not a duration such as 30s, not below 1s; "
        "RENEWAL_INTERVAL='0s' is not a duration such as 5s, longer than 0"
    )
