"""Sessions on a Vault of the test's own making and a clock that the test moves."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.sync_resources.methods import AppRoleLogin
from vaultsync.errors import VaultAway, VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Identity, Server
from vaultsync.vault.sessions import Sessions

IDENTITY = Identity(Server("https://vault"), "", "appRole", "approle", AppRoleLogin("role", "id"), "team")
KEY = b"k" * 16


class Answers(Vaults):
    """A Vault that grants tokens of 100 seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.ttl = 0

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        self.calls.append(call.path)
        if self.error and not call.path.endswith("/login"):
            raise self.error
        if call.path == "auth/token/lookup-self":
            return {"data": {"ttl": self.ttl, "creation_ttl": 100, "renewable": True}}
        auth = {"client_token": f"t{len(self.calls)}", "lease_duration": 100, "renewable": True}
        return {"auth": auth}


class Surroundings:
    """A cluster with the SecretID, and the tokens that are kept."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        return {"data": {"id": "aWQ="}}

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None:
        return "jwt"

    def load(self, mark: str, deadline: Deadline) -> str | None:
        return self.kept.get(mark)

    def save(self, mark: str, token: str, deadline: Deadline) -> None:
        self.kept[mark] = token

    def marks(self, deadline: Deadline) -> list[str]:
        return list(self.kept)

    def remove(self, mark: str, deadline: Deadline) -> None:
        del self.kept[mark]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """Sessions with all that is around them."""

    def __init__(self) -> None:
        self.vault, self.around, self.clock = Answers(), Surroundings(), Clock()
        self.sessions = self.again()

    def again(self) -> Sessions:
        """Sessions of a process that has just begun."""
        return Sessions(self.vault, self.around, self.around, KEY, self.clock)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_an_identity_logs_in_once_however_many_ask_at_once(scene: Scene) -> None:
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


def test_a_refused_token_is_followed_by_a_login(scene: Scene) -> None:
    first = scene.sessions.token(IDENTITY, UNLIMITED)
    scene.sessions.forget(IDENTITY, first)
    assert scene.sessions.token(IDENTITY, UNLIMITED).value != first.value


def test_a_kept_token_is_taken_up_by_the_next_process(scene: Scene) -> None:
    first = scene.sessions.token(IDENTITY, UNLIMITED, kept=True)
    scene.vault.ttl = 90
    second = scene.again().token(IDENTITY, UNLIMITED, kept=True)
    assert second.value == first.value
    assert scene.vault.calls.count("auth/approle/login") == 1


def test_a_kept_token_that_has_ended_is_followed_by_a_login_that_is_kept(scene: Scene) -> None:
    first = scene.sessions.token(IDENTITY, UNLIMITED, kept=True)
    scene.vault.error = VaultDenied("403", 403)
    second = scene.again().token(IDENTITY, UNLIMITED, kept=True)
    assert second.value != first.value
    assert list(scene.around.kept.values()) == [second.value]


def test_a_kept_token_is_removed_when_no_lease_hangs_on_it_and_kept_again_when_one_does(scene: Scene) -> None:
    mark = scene.sessions.mark(IDENTITY)
    token = scene.sessions.token(IDENTITY, UNLIMITED, kept=True)
    scene.clock.now = 30.0
    scene.sessions.tidy({mark}, 10.0, UNLIMITED)
    assert scene.around.kept == {mark: token.value}
    scene.sessions.tidy(set(), 10.0, UNLIMITED)
    assert not scene.around.kept
    scene.sessions.token(IDENTITY, UNLIMITED, kept=True)
    assert scene.around.kept == {mark: token.value}


def test_a_kept_token_that_was_just_asked_for_is_not_removed(scene: Scene) -> None:
    scene.sessions.token(IDENTITY, UNLIMITED, kept=True)
    scene.clock.now = 9.0
    scene.sessions.tidy(set(), 10.0, UNLIMITED)
    assert scene.around.kept


def test_a_kept_token_of_an_earlier_process_that_nobody_asked_for_is_removed(scene: Scene) -> None:
    scene.sessions.token(IDENTITY, UNLIMITED, kept=True)
    scene.again().tidy(set(), 10.0, UNLIMITED)
    assert not scene.around.kept


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
