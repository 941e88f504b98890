"""A launcher whose Vault ends a connection in the middle of the handshake."""

import signal

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.going_vault import going_vault
from tests.vaultenv.launcher import launch

pytestmark = pytest.mark.usefixtures("each_launcher")


def test_a_vault_that_goes_during_the_handshake_is_an_error_with_a_message() -> None:
    with going_vault() as environ:
        done = launch("/bin/true", **environ, VAULT_ENV_TIMEOUT="2s", A="vault:secret/data/a#k")
    assert (done.returncode, b"auth/approle/login" in done.stderr) == (1, True), done


def test_the_program_ends_by_sigpipe_as_without_the_launcher(secrets: Vault) -> None:
    environ = {
        "VAULT_ADDR": secrets.address,
        "VAULT_CACERT": str(secrets.ca_file),
        "VAULT_TOKEN": secrets.token,
    }
    done = launch("/bin/sh", "-c", "kill -PIPE $$", **environ, A="vault:secret/data/account#password")
    assert done.returncode == -signal.SIGPIPE, done
