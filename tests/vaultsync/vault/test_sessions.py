"""Sessions on a Vault in memory, with a clock moved by the test."""

import threading
import tracemalloc
from dataclasses import replace

import pytest

from tests.vaultsync.vault.scene import IDENTITY, KEY, Scene
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.methods import AppRoleLogin
from vaultsync.errors import VaultAway
from vaultsync.vault.holders import Holder
from vaultsync.vault.server import Identity, Server


def test_an_identity_logs_in_once_for_many_threads(scene: Scene) -> None:
    threads = [threading.Thread(target=scene.sessions.token, args=(IDENTITY, UNLIMITED)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene.vault.calls == ["auth/approle/login"]


def test_a_token_is_renewed_after_half_of_its_life(scene: Scene) -> None:
    first = scene.sessions.token(IDENTITY, UNLIMITED)
    scene.clock.now = 49.0
    scene.sessions.token(IDENTITY, UNLIMITED)
    scene.clock.now = 51.0
    second = scene.sessions.token(IDENTITY, UNLIMITED)
    assert (second.value, second.ends_at) == (first.value, 151.0)
    assert scene.vault.calls[1:] == ["auth/token/renew-self"]


def test_a_token_that_cannot_be_renewed_now_is_used_until_its_last_tenth(scene: Scene) -> None:
    first = scene.sessions.token(IDENTITY, UNLIMITED)
    scene.vault.error = VaultAway("away")
    scene.clock.now = 80.0
    assert scene.sessions.token(IDENTITY, UNLIMITED) == first
    scene.clock.now = 91.0
    assert scene.sessions.token(IDENTITY, UNLIMITED) != first


def test_the_log_says_why_a_token_is_not_renewed(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.sessions.token(IDENTITY, UNLIMITED)
    scene.vault.error = VaultAway("the reason")
    scene.clock.now = 80.0
    scene.sessions.token(IDENTITY, UNLIMITED)
    (record,) = caplog.records
    assert vars(record)["fields"] == {"identity": str(IDENTITY), "reason": "the reason"}


def test_a_refused_token_is_followed_by_a_login(scene: Scene) -> None:
    first = scene.sessions.token(IDENTITY, UNLIMITED)
    scene.sessions.forget(IDENTITY, first)
    assert scene.sessions.token(IDENTITY, UNLIMITED).value != first.value


def test_neither_identity_nor_token_shows_a_secret(scene: Scene) -> None:
    identity = Identity(
        Server("https://vault", headers=(("X", "hidden"),)),
        "",
        "appRole",
        "approle",
        AppRoleLogin("role", "id"),
        "team",
        params=(("p", "hidden"),),
    )
    token = scene.sessions.token(identity, UNLIMITED)
    assert "hidden" not in repr(identity) + str(identity) + identity.mark(KEY)
    assert token.value not in repr(token)


@pytest.mark.parametrize(
    ("server", "is_same"),
    [
        ({"ca": "renewed"}, True),
        ({"timeout_s": 5.0}, True),
        ({"address": "https://other"}, False),
        ({"headers": (("X", "other"),)}, False),
        ({"skip_verify": True}, False),
    ],
)
def test_a_lease_outlives_the_ca_of_its_vault(scene: Scene, server: dict[str, object], is_same: bool) -> None:
    first = scene.holders.new(Holder("uid", IDENTITY), "", UNLIMITED)
    id_ = scene.holders.id(Holder("uid", IDENTITY), first.value)
    identity = replace(IDENTITY, server=replace(IDENTITY.server, **server))  # type: ignore[arg-type]
    assert (identity.mark(KEY) == IDENTITY.mark(KEY)) is is_same
    assert (scene.holders.token(Holder("uid", identity), id_, UNLIMITED) is not None) is is_same


def test_a_login_that_often_changes_does_not_fill_memory(scene: Scene) -> None:
    """A VaultAuth and a VaultConnection may have a megabyte each."""
    tracemalloc.start()
    try:
        for number in range(64):
            identity = replace(IDENTITY, params=(("p", f"{number}" * 100_000),))
            scene.sessions.token(identity, UNLIMITED)
            holder = Holder("uid", identity)
            first = scene.holders.new(holder, "", UNLIMITED)
            assert scene.holders.token(holder, scene.holders.id(holder, first.value), UNLIMITED) == first
        del identity, holder
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()


def test_the_text_of_an_identity_is_bounded() -> None:
    identity = replace(IDENTITY, mount="m" * 1_000_000, server=Server("https://vault/" + "p" * 1_000_000))
    assert len(str(identity)) < 1000
