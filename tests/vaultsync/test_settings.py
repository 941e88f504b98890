"""Settings of `vault-webhook sync`: their defaults, and the errors for unusable ones."""

import pytest

from vaultkube.errors import InvalidSetting
from vaultsync.settings import read_settings


def test_without_variables_the_defaults_are_used() -> None:
    settings = read_settings([], {})
    assert settings.health_address == ("", 8080)
    assert (settings.threads, settings.deletion_s, settings.drain_s, settings.once) == (6, 60.0, 20.0, False)


def test_variables_and_flag_are_read() -> None:
    environ = {"HEALTH_ADDR": "127.0.0.1:9000", "THREADS": "12", "DELETION_TIMEOUT": "1m30s"}
    settings = read_settings(["--once"], environ)
    assert settings.health_address == ("127.0.0.1", 9000)
    assert (settings.threads, settings.deletion_s, settings.once) == (12, 90.0, True)


def test_all_that_cannot_be_used_is_named() -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings([], {"THREADS": "65", "HEALTH_ADDR": "8080", "DRAIN_TIMEOUT": "soon"})
    for name in ("THREADS", "HEALTH_ADDR", "DRAIN_TIMEOUT"):
        assert name in str(caught.value)
