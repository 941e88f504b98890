"""Objects that issue credentials or certificates: what of a change costs new ones."""

import time
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.vaultsync.control.issuing import DESTINATION, TARGETS, Scene
from vaultkube.sync_resources.references import Reference
from vaultsync import reasons
from vaultsync.cluster.objects import Objects
from vaultsync.content.mac import mac_of
from vaultsync.content.ownership import data_in
from vaultsync.control.destination import Destinations
from vaultsync.errors import SyncError, TransformationFailed, VaultDenied

KINDS = ("VaultDynamicSecret", "VaultPKISecret")
TEMPLATE = {"templates": {"user": {"text": "{{ .Secrets.user }}"}}}
REFERRING = {**DESTINATION, "transformation": {"transformationRefs": [{"name": "shared"}]}}
OF_BOTH: dict[str, Any] = {
    "rolloutRestartTargets": TARGETS,
    "revoke": True,
    "destination": {**DESTINATION, "labels": {"team": "one"}, "annotations": {"a": "b"}, "overwrite": True},
}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        *((kind, {name: value}) for kind in KINDS for name, value in OF_BOTH.items()),
        ("VaultDynamicSecret", {"renewalPercent": 50}),
        ("VaultDynamicSecret", {"refreshAfter": "1h"}),
        ("VaultPKISecret", {"expiryOffset": "1h"}),
        ("VaultPKISecret", {"clear": True}),
    ],
)
def test_a_change_that_is_none_of_the_data_issues_nothing(kind: str, change: dict[str, Any]) -> None:
    scene = Scene(kind)
    scene.tools = replace(scene.tools, namespace="team")
    scene.sync()
    before = data_in(scene.secret)
    scene.sync(**change)
    assert (scene.vault.issued, scene.revoked, scene.api.annotated) == (1, [], [])
    assert data_in(scene.secret) == before
    assert scene.status["lastGeneration"] == 2
    ready = [each for each in scene.status["conditions"] if each["type"] == reasons.READY]
    assert [(each["status"], each["observedGeneration"]) for each in ready] == [("True", 2)]


def test_changed_labels_of_the_secret_are_written_to_it() -> None:
    scene = Scene("VaultDynamicSecret")
    scene.sync()
    scene.sync(destination={**DESTINATION, "labels": {"team": "one"}})
    assert scene.secret["metadata"]["labels"]["team"] == "one"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "change",
    [
        {"namespace": "other"},
        {"mount": "other"},
        {"destination": {**DESTINATION, "type": "example.com/other"}},
        {"destination": {**DESTINATION, "transformation": TEMPLATE}},
        {"destination": {**DESTINATION, "name": "other"}},
    ],
)
def test_a_change_of_the_data_issues_other_credentials(kind: str, change: dict[str, Any]) -> None:
    scene = Scene(kind)
    scene.sync()
    scene.sync(**change)
    assert scene.vault.issued == 2
    assert scene.revoked == (["id 1"] if kind == "VaultDynamicSecret" else [])


def test_credentials_of_pods_that_are_rolled_stay_valid_after_a_change() -> None:
    scene = Scene("VaultDynamicSecret", rolloutRestartTargets=TARGETS)
    scene.sync()
    scene.sync(path="creds/other")
    assert (scene.vault.issued, scene.revoked, scene.api.annotated) == (2, [], ["app"])


@pytest.mark.parametrize("targets", [[], TARGETS])
def test_credentials_of_a_lost_secret_are_revoked_also_where_pods_are_rolled(targets: list[Any]) -> None:
    scene = Scene("VaultDynamicSecret", rolloutRestartTargets=targets)
    scene.sync()
    scene.api.stored.clear()
    scene.tools.store.put_secret(Reference("team", "keys"), None)
    scene.sync()
    assert (scene.vault.issued, scene.revoked) == (2, ["id 1"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_secret_transformation_is_a_change_of_the_data(kind: str) -> None:
    scene = Scene(kind, destination=REFERRING)
    scene.put("SecretTransformation", "shared", **TEMPLATE)
    scene.sync()
    scene.sync()
    assert (scene.vault.issued, data_in(scene.secret)["user"]) == (1, b"u1")
    scene.put("SecretTransformation", "shared", templates={"login": {"text": "{{ .Secrets.user }}"}})
    scene.sync()
    assert (scene.vault.issued, data_in(scene.secret)["login"]) == (2, b"u2")
    assert scene.revoked == [], "programs of many objects may use the credentials of before"
    scene.sync()
    assert scene.vault.issued == 2


def test_a_certificate_without_its_secret_transformation_says_so() -> None:
    scene = Scene("VaultPKISecret", destination=REFERRING)
    scene.put("SecretTransformation", "shared", **TEMPLATE)
    scene.sync()
    scene.tools.store.drop(scene.tools.store.entries_of_kinds(("SecretTransformation",))[0].key)
    with pytest.raises(TransformationFailed, match="team/shared does not exist"):
        scene.sync()
    assert scene.vault.issued == 1


def due(scene: Scene) -> None:
    """Have the lease of a scene be due for renewal."""
    scene.api.found["status"]["lastRenewalTime"] = int(time.time()) - 3000


def test_a_lease_is_renewed_though_its_secret_transformation_is_missing() -> None:
    scene = Scene("VaultDynamicSecret", destination=REFERRING)
    scene.put("SecretTransformation", "shared", **TEMPLATE)
    scene.sync()
    scene.tools.store.drop(scene.tools.store.entries_of_kinds(("SecretTransformation",))[0].key)
    due(scene)
    scene.sync()
    assert (scene.vault.renewed, scene.vault.issued) == (1, 1)


@pytest.mark.parametrize(
    ("error", "change"),
    [
        (VaultDenied("permission denied", 403), {"path": "creds/typo"}),
        (
            None,
            {"destination": {**DESTINATION, "transformation": {"transformationRefs": [{"name": "typo"}]}}},
        ),
    ],
)
def test_a_mistake_in_a_changed_object_ends_no_lease_that_programs_use(
    error: VaultDenied | None, change: dict[str, Any]
) -> None:
    scene = Scene("VaultDynamicSecret")
    scene.sync()
    scene.vault.error = error
    with pytest.raises(SyncError):
        scene.sync(**change)
    assert scene.vault.renewed == 0, "it is not due"
    due(scene)
    with pytest.raises(SyncError):
        scene.sync()
    assert (scene.vault.renewed, scene.revoked, scene.status["secretLease"]["id"]) == (1, [], "db/1")
    assert time.time() - scene.status["lastRenewalTime"] < 60
    scene.vault.error = None
    scene.sync(path="creds/role", destination=DESTINATION)
    assert scene.vault.issued == 1, "it is as it was"


@pytest.mark.parametrize("kind", KINDS)
def test_an_hmac_of_an_earlier_version_is_accepted_until_the_object_changes(kind: str) -> None:
    scene = Scene(kind)
    scene.sync()
    scene.api.found["status"]["secretMAC"] = mac_of(data_in(scene.secret), scene.tools.key)
    scene.tools = replace(
        scene.tools, destinations=Destinations(cast("Objects", scene.api), scene.tools.store)
    )
    scene.sync()
    assert scene.vault.issued == 1
    scene.sync(rolloutRestartTargets=TARGETS)
    assert scene.vault.issued == 2
