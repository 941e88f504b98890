"""Tokens: a login that Vault refuses has a reason of its own, as dashboards know it."""

from typing import Any

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Answers, Surroundings
from vaultkube.deadline import UNLIMITED
from vaultsync.errors import VaultDenied
from vaultsync.vault.client import Call
from vaultsync.vault.server import Server
from vaultsync.vault.tokens import Tokens


class Refusing(Answers):
    """A Vault that refuses logins, or answers them without a token."""

    def __init__(self, refusal: Exception | None) -> None:
        super().__init__()
        self._refusal = refusal

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        if self._refusal:
            raise self._refusal
        return {}


@pytest.mark.parametrize("refusal", [VaultDenied("invalid role name", 400), None])
def test_a_login_that_is_refused_is_a_matter_of_configuration(refusal: Exception | None) -> None:
    tokens = Tokens(Refusing(refusal), Surroundings())
    with pytest.raises(VaultDenied, match="failed to login") as raised:
        tokens.log_in(IDENTITY, UNLIMITED)
    assert raised.value.reason == "VaultClientConfigError"
