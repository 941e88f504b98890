"""Answers of Vault to the operator: what they may be, before they are read."""

from types import SimpleNamespace
from typing import Any

import pytest

from vaultsync.errors import VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Server

READ = Call("GET", "secret/data/one")


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
