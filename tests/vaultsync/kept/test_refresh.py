"""Objects with kept references, refreshed on the real API server and Vault."""

import base64
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault, VaultRefused
from tests.vaultsync.running.leases import rabbitmq
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import apply
from vaultkube.errors import NotResolved
from vaultkube.kept.codec import mark_of, read_annotation, sealed
from vaultkube.kept.values import ANNOTATION, LABEL, KeptLogin, KeptReferences, KeptValue, Place
from vaultkube.policy.paths import PathPolicy
from vaultsync.cluster.notices import Notice
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Key
from vaultsync.collections import refreshed_collection
from vaultsync.control.queue import Queue
from vaultsync.control.times import NEVER
from vaultsync.errors import InvalidResource, VaultAway
from vaultsync.kept.reading import Answered, Limits, Reading
from vaultsync.kept.refresh import Refresher
from vaultsync.kept.watched import Watched
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Vaults
from vaultsync.vault.engines import Engines
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens

NAMESPACE, KEY = "kept-refresh", b"k" * 16
PATHS = {"secrets": "/api/v1/namespaces/{}/secrets", "configmaps": "/api/v1/namespaces/{}/configmaps"}
COLLECTIONS = {name: refreshed_collection(name) for name in PATHS}


class RecordedNotices:
    """Recorded Events that are not sent."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def send(self, notice: Notice) -> None:
        self.notices.append(notice)


class Scene:
    """A refresher, and objects as the webhook would leave them."""

    def __init__(self, cluster: Cluster, vault: Vault, policy: PathPolicy) -> None:
        self.cluster, self.vault, self.recorded = cluster, vault, RecordedNotices()
        self.login = KeptLogin(vault.address, "kubernetes", NAMESPACE, "default")
        self.calls: list[str] = []
        client = Client(
            find_connection({**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}),
            caller="the test",
            observe=lambda outcome, _seconds: self.calls.append(outcome),
        )
        objects, vaults = Objects(client), Vaults()
        self.tokens = Tokens(vaults, client)
        reading = Reading(
            vaults,
            Engines(vaults),
            Sessions(self.tokens),
            Authorities(client),
            Limits(policy, "", NAMESPACE, str(vault.ca_file)),
        )
        self.watched = Watched(Queue())
        self.refresher = Refresher(COLLECTIONS, KEY, self.watched, reading, objects, self.recorded)  # type: ignore[arg-type]

    def create(self, values: Mapping[str, tuple[str, str]], kind: str = "configmaps", **login: str) -> Key:
        """Create an object of resolved values and their references, and return its key."""
        key = Key(kind, NAMESPACE, f"o-{uuid.uuid4().hex[:8]}")
        place = Place(*key)
        references = {
            name: KeptValue(text, mark_of(value.encode(), name, place, KEY))
            for name, (text, value) in values.items()
        }
        text = sealed(KeptReferences(replace(self.login, **login), 300, references), place, KEY)
        labels = {LABEL: "true", "security.banzaicloud.io/mutate": "skip"}
        body: dict[str, Any] = {
            "metadata": {"name": key.name, "labels": labels, "annotations": {ANNOTATION: text}}
        }
        body["data" if kind == "configmaps" else "stringData"] = {
            **{name: value for name, (_, value) in values.items()},
            "other": "stays",
        }
        self.watched.changed(kind, self.cluster.request("POST", PATHS[kind].format(NAMESPACE), body))
        return key

    def path(self, key: Key) -> str:
        return f"{PATHS[key.kind].format(NAMESPACE)}/{key.name}"

    def stored(self, key: Key) -> Any:
        """Return the stored object, once the watch has reported it."""
        found = self.cluster.request("GET", self.path(key))
        self.watched.changed(key.kind, found)
        return found

    def work(self, key: Key) -> float:
        return self.refresher.work(key, Deadline(30))


@pytest.fixture(scope="module")
def granted(cluster: Cluster, cluster_vault: Vault) -> Iterator[Vault]:
    """Yield a Vault with a role that may read a KV path and make credentials of a rabbitmq engine."""
    cluster.create_namespace(NAMESPACE)
    mount = f"rabbitmq-{NAMESPACE}"
    with rabbitmq(cluster_vault, mount):
        cluster_vault.write(f"{mount}/roles/app", {"vhosts": '{"/": {"read": ".*"}}'})
        paths = ("secret/data/kept/*", f"{mount}/creds/app")
        rules = "".join(f'path "{path}" {{ capabilities = ["read"] }}\n' for path in paths)
        cluster_vault.policy(NAMESPACE, rules)
        bound = {"bound_service_account_names": "default", "bound_service_account_namespaces": NAMESPACE}
        cluster_vault.write(f"auth/kubernetes/role/{NAMESPACE}", {**bound, "token_policies": [NAMESPACE]})
        yield cluster_vault
    # the operator of other tests has another key, and would say of each of them that it is not refreshed
    cluster.kubectl("delete", "--namespace", NAMESPACE, ",".join(PATHS), "--selector", LABEL, "--wait=false")


@pytest.fixture
def scene(cluster: Cluster, granted: Vault) -> Scene:
    return Scene(cluster, granted, PathPolicy())


def reference(path: str) -> str:
    return f"vault:secret/data/kept/{path}#k"


@pytest.mark.parametrize("kind", PATHS)
def test_a_changed_value_is_written_with_an_event_and_other_fields_stay(scene: Scene, kind: str) -> None:
    for path, value in (("a", "new"), ("b", "same")):
        scene.vault.put_secret(f"secret/data/kept/{path}", k=value)
    key = scene.create({"a": (reference("a"), "old"), "b": (reference("b"), "same")}, kind)
    before = scene.stored(key)
    assert 240 <= scene.work(key) <= 270
    after = scene.stored(key)
    new = "new" if kind == "configmaps" else base64.b64encode(b"new").decode()
    assert after["data"] == {**before["data"], "a": new}
    assert [one["fieldsV1"] for one in after["metadata"]["managedFields"]] == [
        one["fieldsV1"] for one in before["metadata"]["managedFields"]
    ]
    references = read_annotation(after["metadata"]["annotations"][ANNOTATION])
    assert isinstance(references, KeptReferences)
    assert references.values["a"] == KeptValue(reference("a"), mark_of(b"new", "a", Place(*key), KEY))
    (notice,) = scene.recorded.notices
    assert (notice.message, notice.is_warning) == ("Refreshed from Vault: a", False)
    assert (notice.about.kind, notice.about.uid) == (
        {"configmaps": "ConfigMap", "secrets": "Secret"}[kind],
        after["metadata"]["uid"],
    )
    scene.calls.clear()
    scene.work(key)
    assert scene.calls == []
    assert scene.stored(key)["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
    assert scene.tokens.logins == 1


def test_an_engine_that_makes_credentials_is_not_read_again_and_has_one_event(scene: Scene) -> None:
    scene.vault.put_secret("secret/data/kept/a", k="new")
    dynamic = f"vault:rabbitmq-{NAMESPACE}/creds/app#password"
    key = scene.create({"a": (reference("a"), "old"), "d": (dynamic, "issued")})
    for _ in range(2):
        scene.work(key)
        assert scene.stored(key)["data"] == {"a": "new", "d": "issued", "other": "stays"}
    warnings = [notice.message for notice in scene.recorded.notices if notice.is_warning]
    assert len(warnings) == 1
    assert warnings[0].startswith("d: an engine of type rabbitmq")
    with pytest.raises(VaultRefused, match="404"):
        scene.vault.request("LIST", f"sys/leases/lookup/rabbitmq-{NAMESPACE}/creds/app")


def test_a_value_written_by_somebody_else_stays_and_loses_its_reference(scene: Scene) -> None:
    scene.vault.put_secret("secret/data/kept/a", k="new")
    key = scene.create({"a": (reference("a"), "old"), "b": (reference("a"), "old")})
    found = scene.stored(key)
    scene.cluster.request("PUT", scene.path(key), {**found, "data": {**found["data"], "a": "by hand"}})
    scene.work(key)
    after = scene.stored(key)
    assert after["data"] == {"a": "by hand", "b": "new", "other": "stays"}
    references = read_annotation(after["metadata"]["annotations"][ANNOTATION])
    assert isinstance(references, KeptReferences)
    assert list(references.values) == ["b"]
    assert any(
        "a: its value is not the one written last" in notice.message for notice in scene.recorded.notices
    )


def test_the_loss_of_the_last_reference_removes_annotation_and_label(scene: Scene) -> None:
    scene.vault.put_secret("secret/data/kept/a", k="new")
    key = scene.create({"a": (reference("a"), "old")})
    found = scene.stored(key)
    scene.cluster.request("PUT", scene.path(key), {**found, "data": {"a": "by hand"}})
    scene.work(key)
    metadata = scene.stored(key)["metadata"]
    assert (metadata.get("annotations"), list(metadata["labels"])) == (
        None,
        ["security.banzaicloud.io/mutate"],
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [(reference("absent"), "path not found"), ("vault:secret/data/kept/a#absent", "key 'absent' not found")],
)
def test_a_missing_path_or_key_leaves_all_values_and_has_one_event(
    scene: Scene, text: str, words: str
) -> None:
    scene.vault.put_secret("secret/data/kept/a", k="s3cr3t")
    key = scene.create({"a": (reference("a"), "old"), "b": (text, "old")})
    before = scene.stored(key)
    for _ in range(2):
        with pytest.raises(NotResolved, match=words) as error:
            scene.work(key)
        scene.refresher.failed(key, error.value, Deadline(5))
    assert scene.stored(key) == before
    (notice,) = scene.recorded.notices
    assert words in notice.message
    assert "s3cr3t" not in notice.message


def test_a_vault_that_does_not_answer_leaves_all_values(scene: Scene) -> None:
    key = scene.create({"a": (reference("a"), "old")}, address="https://127.0.0.1:1")
    with pytest.raises(VaultAway):
        scene.work(key)
    assert scene.stored(key)["data"]["a"] == "old"


def test_nothing_is_read_for_a_seal_that_is_none_of_ours_or_an_object_that_is_gone(scene: Scene) -> None:
    key = scene.create({"a": (reference("a"), "old")})
    scene.refresher = Refresher(
        COLLECTIONS,
        b"other",
        scene.watched,
        scene.refresher._reading,
        scene.refresher._objects,
        scene.recorded,  # type: ignore[arg-type]
    )
    with pytest.raises(InvalidResource, match="was not written for this object"):
        scene.work(key)
    scene.watched.removed(key.kind, {"metadata": {"namespace": key.namespace, "name": key.name}})
    assert scene.work(key) == NEVER
    assert scene.tokens.logins == 0


def test_a_path_policy_that_was_tightened_since_holds_at_the_next_refresh(
    cluster: Cluster, granted: Vault
) -> None:
    scene = Scene(cluster, granted, PathPolicy(("secret/data/{namespace}",)))
    key = scene.create({"a": (reference("a"), "old")})
    with pytest.raises(InvalidResource, match="VAULT_PATH_POLICY"):
        scene.work(key)
    assert scene.tokens.logins == 0


class Stored:
    """One object in memory, and its patches."""

    def __init__(self, found: Any) -> None:
        self.found, self.patches = found, list[Any]()

    def get(self, *_: object) -> Any:
        return self.found

    def patch(self, _resource: object, _name: str, operations: Any, _deadline: Deadline) -> Any:
        self.patches.append(operations)
        self.found = apply(self.found, operations)
        return self.found


class Read:
    """Answers of Vault from memory."""

    def __init__(self, **values: bytes) -> None:
        self.values = values

    def read(self, *_: object) -> Answered:
        return Answered(self.values, {})


def test_base64_with_line_breaks_in_vault_is_written_where_it_has_changed_and_not_else() -> None:
    key = Key("configmaps", NAMESPACE, "a")
    old, new = base64.b64encode(b"0" * 99).decode(), base64.b64encode(b"1" * 99).decode()
    references = {"b": KeptValue(reference("b"), mark_of(old.encode(), "b", Place(*key), KEY))}
    text = sealed(
        KeptReferences(KeptLogin("https://vault", "kubernetes", "r", "default"), 300, references),
        Place(*key),
        KEY,
    )
    labels = {LABEL: "true"}
    metadata = {
        "name": "a",
        "namespace": NAMESPACE,
        "resourceVersion": "1",
        "labels": labels,
        "annotations": {ANNOTATION: text},
    }
    stored = Stored({"kind": "ConfigMap", "metadata": metadata, "binaryData": {"b": old}})
    watched, read, recorded = Watched(Queue()), Read(b=base64.encodebytes(b"0" * 99)), RecordedNotices()
    refresher = Refresher(COLLECTIONS, KEY, watched, read, stored, recorded)  # type: ignore[arg-type]
    watched.changed("configmaps", stored.found)
    refresher.work(key, Deadline(30))
    assert (stored.patches, recorded.notices) == ([], [])
    for content in (b"1", b"0"):
        read.values = {"b": base64.encodebytes(content * 99)}
        refresher.work(key, Deadline(30))
        assert stored.found["binaryData"]["b"] == (new if content == b"1" else old)
        watched.changed("configmaps", stored.found)
    assert [one.message for one in recorded.notices] == ["Refreshed from Vault: b"] * 2
