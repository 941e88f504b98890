"""Types of the launcher's variables: their accepted texts."""

import signal

import pytest

from vaultenv.client.logins import METHODS
from vaultenv.errors import InvalidSetting
from vaultenv.variable_types import AUTH_METHODS, SIGNALS, daemon_action


def test_each_auth_method_has_a_login() -> None:
    assert tuple(METHODS) == AUTH_METHODS


@pytest.mark.parametrize("text", ["restart", "exit", "SIGHUP", "SIGUSR1"])
def test_an_action_of_the_daemon_is_a_word_or_a_signal(text: str) -> None:
    assert daemon_action("VAULT_ENV_DAEMON_ACTION", text) == text


@pytest.mark.parametrize("text", ["Restart", "sighup", "HUP", "SIG_IGN", "1"])
def test_another_action_of_the_daemon_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"VAULT_ENV_DAEMON_ACTION is '.*': write restart, exit, or"):
        daemon_action("VAULT_ENV_DAEMON_ACTION", text)


def test_every_signal_of_the_interpreter_has_its_name() -> None:
    """Without SIGCLD, another name of SIGCHLD that musl does not have."""
    names = {name for name in vars(signal) if name.startswith("SIG") and not name.startswith("SIG_")}
    assert set(SIGNALS.split()) == names - {"SIGCLD"}
