"""Objects that issue credentials or certificates: what of a change costs new ones. The API server and Vault are in memory."""

import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.control.test_destination import Secrets
from tests.vaultsync.control.test_tools import Patched, Trusting, tools_with
from vaultenv.basics.jsontext import Number
from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.resources import API_VERSION, GROUP
from vaultsync import reasons
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.content.mac import mac_of
from vaultsync.content.ownership import data_in
from vaultsync.control.certificates import sync_certificate
from vaultsync.control.destination import Destinations
from vaultsync.control.dynamic import sync_dynamic
from vaultsync.errors import SyncError, TransformationFailed, VaultDenied
from vaultsync.vault.client import Call
from vaultsync.vault.server import Server
from vaultsync.vault.tokens import Token

KINDS = ("VaultDynamicSecret", "VaultPKISecret")
DESTINATION = {"name": "keys", "create": True}
TEMPLATE = {"templates": {"user": {"text": "{{ .Secrets.user }}"}}}
REFERRING = {**DESTINATION, "transformation": {"transformationRefs": [{"name": "shared"}]}}


class Api(Secrets):
    """An API server with one custom object, and the Secrets of its namespace."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__()
        self.found = found
        self.annotated: list[str] = []

    def merge(
        self, collection: Collection, name: str, patch: Mapping[str, Any], deadline: Deadline, part: str = ""
    ) -> Mapping[str, Any] | None:
        if collection.group == "apps":
            self.annotated.append(name)
            return {}
        if collection.group != GROUP:
            return super().merge(collection, name, patch, deadline)
        status = {**self.found.get("status", {}), **patch.get("status", {})}
        self.found["status"] = {key: value for key, value in status.items() if value is not None}
        return self.found


class Issuing:
    """A Vault that issues other credentials at each request; with `error` it refuses them."""

    def __init__(self) -> None:
        self.issued = self.renewed = 0
        self.lease_s, self.is_leased = 3600, True
        self.data: dict[str, Any] = {}
        self.error: VaultDenied | None = None

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        if call.path == "sys/leases/renew":
            self.renewed += 1
            return {"lease_id": "db/1", "lease_duration": Number(self.lease_s), "renewable": True}
        if self.error:
            raise self.error
        self.issued += 1
        data = {"user": f"u{self.issued}", "expiration": Number(int(time.time()) + 86400), **self.data}
        lease = {"lease_id": f"db/{self.issued}", "lease_duration": Number(self.lease_s), "renewable": True}
        return {"data": data, **(lease if self.is_leased else {})}


class Scene:
    """An object that has been synced once, and what follows its changes."""

    def __init__(self, kind: str, **spec: Any) -> None:
        found = document(kind, vaultAuthRef="one", **{"destination": DESTINATION, **spec})
        found["metadata"] |= {"uid": "u1", "generation": 1}
        self.kind, self.api, self.vault = kind, Api(found), Issuing()
        self.revoked: list[str] = []
        self.events: list[str] = []
        token = Token("t", 86400.0, time.monotonic() + 86400, renewable=True)
        holders = SimpleNamespace(
            new=lambda *_: token,
            token=lambda *_: token,
            id=lambda *_: f"id {self.vault.issued}",
            revoke=lambda _holder, id_, _deadline: self.revoked.append(id_),
        )
        tools = tools_with(cast("Patched", self.api))
        self.tools = replace(
            tools,
            objects=cast("Objects", self.api),
            authorities=cast("Any", Trusting()),
            vaults=cast("Any", self.vault),
            sessions=cast("Any", SimpleNamespace(token=lambda *_: token, forget=lambda *_: None)),
            notices=cast("Any", SimpleNamespace(send=lambda notice: self.events.append(notice.reason))),
            destinations=Destinations(cast("Objects", self.api), tools.store),
            holders=cast("Any", holders),
        )
        self.put("VaultConnection")
        self.put("VaultAuth", vaultConnectionRef="one")

    def put(self, kind: str, name: str = "one", **spec: Any) -> None:
        self.tools.store.put(entry_of(document(kind, name, **spec), kind, API_VERSION))

    def entry(self) -> Entry:
        return entry_of(self.api.found, self.kind, API_VERSION)

    def sync(self, **change: Any) -> float:
        """Apply a change of the spec, work on the object, and return the seconds until the next time."""
        if change:
            self.api.found["spec"] |= change
            self.api.found["metadata"]["generation"] += 1
        entry = self.entry()
        work: Any = sync_dynamic if self.kind == "VaultDynamicSecret" else sync_certificate
        return float(work(self.tools, entry, entry.resource.spec, UNLIMITED))

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.api.found["status"])

    @property
    def secret(self) -> dict[str, Any]:
        return self.api.stored["keys"]


TARGETS = [{"kind": "Deployment", "name": "app"}]
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


def test_a_lost_secret_is_followed_by_other_credentials_and_those_of_before_are_revoked() -> None:
    scene = Scene("VaultDynamicSecret")
    scene.sync()
    scene.api.stored.clear()
    scene.tools.store.put_secret(Reference("team", "keys"), None)
    scene.sync()
    assert (scene.vault.issued, scene.revoked) == (2, ["id 1"])


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
