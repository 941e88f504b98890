"""Tokens of leases: stored before their use, reused by the next process, and revoked if no status names their lease."""

from dataclasses import replace

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Scene
from vaultkube.deadline import UNLIMITED
from vaultsync.errors import VaultAway, VaultDenied
from vaultsync.vault.holders import Holder
from vaultsync.vault.server import Server

HOLDER = Holder("uid", IDENTITY)


def test_a_token_is_stored_before_its_use_and_reused_by_the_next_process(scene: Scene) -> None:
    first = scene.holders.new(HOLDER, "", UNLIMITED)
    id_ = scene.holders.id(HOLDER, first.value)
    assert scene.around.stored == {"uid": {id_: first.value}}
    scene.vault.ttl = 90
    second = scene.again().token(HOLDER, id_, UNLIMITED)
    assert second and second.value == first.value
    assert scene.tokens.logins == 1


def test_a_token_whose_lease_no_status_names_is_revoked_by_the_next_process(scene: Scene) -> None:
    named = scene.holders.new(HOLDER, "", UNLIMITED)
    id_ = scene.holders.id(HOLDER, named.value)
    lost = scene.holders.new(HOLDER, id_, UNLIMITED)
    third = scene.again().new(HOLDER, id_, UNLIMITED)
    assert scene.vault.revoked == [lost.value]
    assert sorted(scene.around.stored["uid"].values()) == sorted([named.value, third.value])


def test_a_token_whose_lease_was_lost_stays_until_it_is_revoked(scene: Scene) -> None:
    lost = scene.holders.new(HOLDER, "", UNLIMITED)
    scene.vault.error = VaultAway("away")
    with pytest.raises(VaultAway):
        scene.holders.new(HOLDER, "", UNLIMITED)
    scene.vault.error = None
    scene.holders.new(HOLDER, "", UNLIMITED)
    assert scene.vault.revoked == [lost.value]


def test_a_token_that_cannot_be_revoked_is_used_no_more(scene: Scene) -> None:
    lost = scene.holders.new(HOLDER, "", UNLIMITED)
    scene.vault.error = VaultDenied("403", 403)
    scene.holders.new(HOLDER, "", UNLIMITED)
    assert lost.value not in scene.around.stored["uid"].values()


def test_a_stored_token_that_has_ended_is_not_reused(scene: Scene) -> None:
    id_ = scene.holders.id(HOLDER, scene.holders.new(HOLDER, "", UNLIMITED).value)
    scene.vault.error = VaultDenied("403", 403)
    assert scene.again().token(HOLDER, id_, UNLIMITED) is None
    assert scene.again().token(HOLDER, "another", UNLIMITED) is None


def test_a_token_is_never_sent_to_another_vault_than_that_which_granted_it(scene: Scene) -> None:
    first = scene.holders.new(HOLDER, "", UNLIMITED)
    elsewhere = Holder("uid", replace(IDENTITY, server=Server("https://elsewhere")))
    id_ = scene.holders.id(HOLDER, first.value)
    scene.vault.calls.clear()
    assert scene.holders.token(elsewhere, id_, UNLIMITED) is None
    with pytest.raises(VaultDenied):
        scene.holders.revoke(elsewhere, id_, UNLIMITED)
    scene.holders.new(elsewhere, id_, UNLIMITED)
    assert scene.vault.calls == ["auth/approle/login"]


def test_tokens_of_deleted_objects_are_removed(scene: Scene) -> None:
    other = Holder("other", IDENTITY)
    for holder in (HOLDER, other):
        scene.holders.new(holder, "", UNLIMITED)
    scene.holders.tidy(lambda: {"other"}, UNLIMITED)
    assert list(scene.around.stored) == ["other"]
    scene.holders.new(HOLDER, "", UNLIMITED)
    assert not scene.vault.revoked


def test_an_id_does_not_show_the_token(scene: Scene) -> None:
    token = scene.holders.new(HOLDER, "", UNLIMITED)
    assert token.value not in scene.holders.id(HOLDER, token.value)
    assert token.value not in repr(vars(scene.holders))
