"""Kept tokens, encrypted where the VaultAuth says with which key."""

from dataclasses import replace

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Scene
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.auth import StorageEncryption
from vaultsync.errors import VaultDenied
from vaultsync.vault.holders import Holder

HOLDER = Holder("uid", replace(IDENTITY, storage=StorageEncryption("transit", "sync")))


def test_what_is_kept_is_encrypted_and_the_next_process_decrypts_it(scene: Scene) -> None:
    token = scene.holders.new(HOLDER, "", UNLIMITED)
    (stored,) = scene.around.stored["uid"].values()
    assert stored.startswith("v1:")
    scene.vault.ttl = 90
    found = scene.again().token(HOLDER, scene.holders.id(HOLDER, token.value), UNLIMITED)
    assert found and found.value == token.value
    assert "transit/decrypt/sync" in scene.vault.calls


def test_a_key_that_cannot_be_used_is_told_and_no_token_is_kept_in_the_clear(scene: Scene) -> None:
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
