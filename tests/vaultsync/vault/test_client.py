"""Requests of Vault: which answers are refusals, and which only say that Vault cannot answer now."""

import socket

import pytest

from tests.vaultenv.client.stand_in import answer, stand_in
from vaultsync.errors import SyncError, VaultAway, VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Server

REDIRECT = "redirects to another address, where the token does not follow"
ELSEWHERE = b"Location: https://10.0.0.9:8200/v1/auth/token/lookup-self"


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        ("307 Temporary Redirect", VaultAway, f"{REDIRECT}: give the address of the active Vault"),
        ("429 Too Many Requests", VaultAway, "Vault cannot answer now; the request is retried automatically"),
        ("473 Standby", VaultAway, "Vault cannot answer now; the request is retried automatically"),
        (
            "503 Service Unavailable",
            VaultAway,
            "Vault cannot answer now; the request is retried automatically",
        ),
        ("403 Forbidden", VaultDenied, "Code: 403"),
    ],
)
def test_a_vault_that_cannot_answer_now_refuses_nothing(
    status: str, kind: type[SyncError], message: str
) -> None:
    def answers(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer(status, b"", ELSEWHERE))

    with stand_in(answers) as vault, pytest.raises(SyncError) as raised:
        Vaults().send(Server(vault.address), Call("GET", "auth/token/lookup-self", token="t"))
    assert type(raised.value) is kind
    assert message in str(raised.value)
