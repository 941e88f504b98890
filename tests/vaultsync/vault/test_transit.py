"""Stored tokens, encrypted with the key of the VaultAuth."""

from dataclasses import replace
from typing import Any

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Answers, Scene
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.auth import StorageEncryption
from vaultsync.errors import VaultDenied
from vaultsync.vault.client import Call
from vaultsync.vault.holders import Holder
from vaultsync.vault.server import Server
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens
from vaultsync.vault.transit import Transit

HOLDER = Holder("uid", replace(IDENTITY, storage=StorageEncryption("transit", "sync")))


def test_a_stored_token_is_encrypted_and_the_next_process_decrypts_it(scene: Scene) -> None:
    token = scene.holders.new(HOLDER, "", UNLIMITED)
    (stored,) = scene.around.stored["uid"].values()
    assert stored.startswith("v1:")
    scene.vault.ttl = 90
    found = scene.again().token(HOLDER, scene.holders.id(HOLDER, token.value), UNLIMITED)
    assert found and found.value == token.value
    assert "transit/decrypt/sync" in scene.vault.calls


def test_an_unusable_key_is_an_error_and_no_token_is_stored_in_the_clear(scene: Scene) -> None:
    scene.vault.error = VaultDenied("403", 403)
    with pytest.raises(VaultDenied, match="storageEncryption of the VaultAuth"):
        scene.holders.new(HOLDER, "", UNLIMITED)
    assert not scene.around.stored


def test_tokens_of_another_key_are_not_decrypted(scene: Scene) -> None:
    token = scene.holders.new(HOLDER, "", UNLIMITED)
    other = Holder("uid", replace(IDENTITY, storage=StorageEncryption("transit", "other")))
    scene.vault.calls.clear()
    assert scene.again().token(other, scene.holders.id(HOLDER, token.value), UNLIMITED) is None
    assert not scene.vault.calls


class Lying(Answers):
    """A Vault with arbitrary answers to encryptions."""

    def __init__(self, data: object) -> None:
        super().__init__()
        self._data = data

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        return {"data": self._data} if call.path.startswith("transit/") else super().send(server, call)


@pytest.mark.parametrize("data", [{"ciphertext": "vault:v1:" + "x" * 1_000_000}, ["x"], "x", None])
def test_an_answer_of_another_kind_fills_neither_memory_nor_the_operators_namespace(data: object) -> None:
    scene = Scene()
    vault = Lying(data)
    cipher = Transit(vault, Sessions(Tokens(vault, scene.around)))
    with pytest.raises(VaultDenied, match="not one of a transit engine"):
        cipher.encrypt(HOLDER.identity, {"id": "token"}, UNLIMITED)
