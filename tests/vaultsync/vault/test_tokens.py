"""Tokens: a login refused by Vault has a reason of its own, which dashboards use."""

import time
from typing import Any

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Answers, Surroundings
from vaultkube.deadline import UNLIMITED
from vaultsync.errors import VaultDenied
from vaultsync.vault.client import Call
from vaultsync.vault.server import Server
from vaultsync.vault.tokens import Token, Tokens


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


class Wild(Answers):
    """A Vault with answers of other types than Vault's."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self._answer = answer

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        return self._answer


@pytest.mark.parametrize("duration", ["long", [1], {"a": 1}, True])
def test_malformed_times_of_a_token_count_as_zero(duration: object) -> None:
    """With an error, a deleted object would stay, because its lease could never be revoked."""
    granted = {"auth": {"client_token": "t", "lease_duration": duration}}
    token = Tokens(Wild(granted), Surroundings()).log_in(IDENTITY, UNLIMITED)
    assert token.life_s == 0.0
    known = Tokens(Wild({"data": {"ttl": duration}}), Surroundings()).known(IDENTITY, "t")
    assert known is not None
    assert known.life_s == 0.0
    due = Token("t", 100.0, time.monotonic() + 1.0, renewable=True)
    for answer in ({"auth": [1]}, {"data": [1]}):
        tokens = Tokens(Wild(answer), Surroundings())
        assert tokens.renewed(IDENTITY, due) is not None
        assert tokens.known(IDENTITY, "t") is not None


@pytest.mark.parametrize("token", ["t" * 8193, "", 5, ["t"], None])
def test_a_token_that_no_header_can_hold_is_refused(token: object) -> None:
    tokens = Tokens(Wild({"auth": {"client_token": token}}), Surroundings())
    with pytest.raises(VaultDenied, match="the answer holds no token"):
        tokens.log_in(IDENTITY, UNLIMITED)
