"""Credentials without a lease: when they are read again, and when their workloads are rolled."""

from typing import Any

from tests.vaultsync.control.issuing import DESTINATION, TARGETS, Scene
from vaultenv.basics.jsontext import Number
from vaultsync import reasons
from vaultsync.content.ownership import data_in


class Unleased(Scene):
    """Credentials without a lease, such as an access token of a cloud."""

    def __init__(self, **spec: Any) -> None:
        super().__init__("VaultDynamicSecret", rolloutRestartTargets=TARGETS, **spec)
        self.vault.is_leased = False

    @property
    def message(self) -> str:
        (text,) = {each["message"] for each in self.status["conditions"] if each["type"] == reasons.READY}
        return str(text)


def test_credentials_without_lease_and_rotation_are_not_issued_anew_before_refresh_after_is_over() -> None:
    scene = Unleased(refreshAfter="1h")
    scene.sync()
    scene.sync()
    assert (scene.vault.issued, scene.api.annotated) == (1, []), "a restart, or a change of the VaultAuth"
    scene.sync(renewalPercent=50)
    assert (scene.vault.issued, scene.api.annotated) == (1, [])
    scene.api.found["status"]["lastRenewalTime"] -= 3600
    assert 2880 <= scene.sync() <= 3240
    assert (scene.vault.issued, scene.api.annotated) == (2, ["app"])


def test_credentials_that_are_read_no_more_say_so() -> None:
    scene = Unleased()
    assert scene.sync() == float("inf")
    assert "to have it read again, set spec.refreshAfter" in scene.message
    assert scene.sync() == float("inf")
    assert "to have it read again, set spec.refreshAfter" in scene.message
    scene.sync(refreshAfter="1h")
    assert scene.message == "Secret synced"


def test_a_static_role_is_followed_though_the_object_does_not_say_that_it_is_one() -> None:
    scene = Unleased()
    scene.vault.data = {
        "user": "u",
        "password": "first",
        "ttl": Number(600),
        "last_vault_rotation": "2026-11-28T12:00:00Z",
        "expiration": "",
    }
    assert 600 < scene.sync() < 601
    assert scene.message == "Secret synced"
    scene.vault.data |= {"ttl": Number(30)}
    scene.sync()
    scene.sync(destination={**DESTINATION, "labels": {"team": "one"}})
    assert scene.api.annotated == [], "only the ttl has changed"
    scene.vault.data |= {"password": "second", "last_vault_rotation": "2026-11-28T12:10:00Z"}
    scene.sync()
    assert data_in(scene.secret)["password"] == b"second"
    assert scene.api.annotated == ["app"]


def test_an_object_that_is_no_static_role_any_more_is_not_read_again_and_again() -> None:
    scene = Unleased(allowStaticCreds=True)
    scene.vault.data = {"last_vault_rotation": "2026-11-28T12:00:00Z", "ttl": Number(600)}
    scene.sync()
    scene.vault.data = {}
    scene.sync(path="token/app", allowStaticCreds=False)
    assert "staticCredsMetaData" not in scene.status
    assert scene.sync() == float("inf")
    assert scene.vault.issued == 2
