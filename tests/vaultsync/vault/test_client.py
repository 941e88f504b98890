"""Vault's answers to the operator: their bounds, refusals, and outages."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from tests.vaultenv.client.stand_in import answer, stand_in
from vaultsync.errors import SyncError, VaultAway, VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Server

READ = Call("GET", "secret/data/one")
REDIRECT = "redirects to another address, where the token does not follow"
ELSEWHERE = b"Location: https://10.0.0.9:8200/v1/auth/token/lookup-self"


class Answering(Vaults):
    """A Vault with one answer to everything."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def _pool(self, server: Server) -> Any:
        response = SimpleNamespace(status_code=200, content=self._content)
        return SimpleNamespace(exchange=lambda request, budget_s: response)


def test_an_answer_is_not_read_that_would_be_a_hundred_times_as_large_in_memory() -> None:
    server = Server("https://vault")
    assert Answering(b'{"data":{"a":[' + b"1," * 50_000 + b"1]}}").send(server, READ)["data"]
    many = Answering(b'{"data":{"a":[' + b"1," * 200_000 + b"1]}}")
    with pytest.raises(VaultDenied, match="secret/data/one: Vault's answer has more than 100000 values"):
        many.send(server, READ)


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
