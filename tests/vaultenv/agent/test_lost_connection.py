"""An agent whose Vault ends a connection in the middle of the handshake."""

import pytest

from tests.vaultenv.agent.conftest import Pod
from tests.vaultenv.going_vault import going_vault

pytestmark = pytest.mark.usefixtures("each_launcher")


def test_a_vault_that_goes_during_the_handshake_is_an_error_with_a_message(pod: Pod) -> None:
    settings = pod.settings(pod.file("config", "text"), exit_on_login_error=True)
    with going_vault() as environ:
        done = pod.init(settings, **environ)
    assert (done.returncode, b"(login)" in done.stderr) == (1, True), done
