"""Destinations: reads and writes of the Secret, on an API server in memory."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.vaultsync.content.specs import resource
from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.sync_resources.references import Reference
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Entry, Store, entry_of
from vaultsync.content.mac import mac_of
from vaultsync.control.destination import Destinations
from vaultsync.errors import NotOwner

KEY = b"k" * 16
DATA = {"key1": b"value1"}
MAC = mac_of(DATA, KEY)
WHERE = Reference("team", "kv-secret")


class Secrets:
    """Secrets of one namespace, as the API server stores them, and the requests in order."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.read_names: list[str] = []

    def get(self, collection: Collection, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        self.read_names.append("get")
        return self.stored.get(name)

    def apply(
        self, collection: Collection, document: Mapping[str, Any], deadline: Deadline
    ) -> Mapping[str, Any]:
        self.read_names.append("apply")
        name = document["metadata"]["name"]
        before = self.stored.get(name, {})
        data = {**before.get("data", {}), **document["data"]}
        return self._keep(name, {**document, "data": data})

    def merge(
        self, collection: Collection, name: str, patch: Mapping[str, Any], deadline: Deadline, part: str = ""
    ) -> Mapping[str, Any] | None:
        self.read_names.append("merge")
        found = self.stored[name]
        changed = {**found["data"], **(patch["data"] or dict.fromkeys(found["data"]))}
        return self._keep(name, {**found, "data": {k: v for k, v in changed.items() if v is not None}})

    def delete(self, collection: Collection, name: str, uid: str, deadline: Deadline) -> None:
        self.read_names.append("delete")
        del self.stored[name]

    def _keep(self, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
        version = str(len(self.read_names))
        metadata = {**document["metadata"], "resourceVersion": version, "uid": name}
        self.stored[name] = {**document, "metadata": metadata}
        return self.stored[name]


class Scene:
    """An object whose Secret does not exist yet."""

    def __init__(self, **destination: Any) -> None:
        self.secrets, self.store = Secrets(), Store()
        self.destinations = Destinations(cast("Objects", self.secrets), self.store)
        wanted = {"name": "kv-secret", "create": True, **destination}
        found = resource(destination=wanted)
        assert found.spec is not None
        self.destination = cast("Any", found.spec).destination
        entry = entry_of({"metadata": {"name": "one"}}, "VaultStaticSecret")
        status = {"lastGeneration": found.generation, "secretMAC": MAC}
        self.entry: Entry = replace(entry, resource=found, status=status)

    def write(self, data: Mapping[str, bytes] = DATA) -> bool:
        self.secrets.read_names.clear()
        return self.destinations.write(self.entry, self.destination, data, mac_of(data, KEY), UNLIMITED)

    def holds(self) -> bool:
        self.secrets.read_names.clear()
        return self.destinations.holds(self.entry, self.destination, MAC, KEY, UNLIMITED)


def test_a_secret_that_was_right_is_not_read_again_until_its_version_changes() -> None:
    scene = Scene()
    assert scene.write()
    assert not scene.write()
    assert scene.holds()
    assert not scene.secrets.read_names
    mark = scene.store.secret(WHERE)
    assert mark is not None
    scene.store.put_secret(WHERE, mark._replace(version="other"))
    assert scene.holds()
    assert scene.secrets.read_names == ["get"]


def test_keys_that_are_no_longer_of_the_data_go() -> None:
    scene = Scene()
    scene.write({"key1": b"value1", "old": b"x"})
    assert scene.write()
    assert list(scene.secrets.stored["kv-secret"]["data"]) == ["key1"]


def test_an_edit_is_seen_and_written_over() -> None:
    scene = Scene()
    scene.write()
    scene.secrets.merge(None, "kv-secret", {"data": {"key1": "eA=="}}, UNLIMITED)  # type: ignore[arg-type]
    scene.store.put_secret(WHERE, None)
    assert not scene.holds()
    assert scene.write()
    assert base64.b64decode(scene.secrets.stored["kv-secret"]["data"]["key1"]) == b"value1"


def test_a_secret_of_somebody_else_is_not_written() -> None:
    scene = Scene()
    theirs = {"metadata": {"name": "kv-secret"}, "data": {"key1": "eA=="}, "type": "Opaque"}
    scene.secrets.stored["kv-secret"] = theirs
    with pytest.raises(NotOwner):
        scene.write()
    assert not scene.holds()
    scene.destinations.clear(scene.entry, scene.destination, UNLIMITED)
    assert scene.secrets.stored["kv-secret"] == theirs


def test_a_secret_of_another_type_is_made_anew() -> None:
    scene = Scene(type="example.com/other")
    scene.write()
    scene.secrets.stored["kv-secret"]["type"] = "Opaque"
    scene.store.put_secret(WHERE, None)
    assert not scene.write(), "the data is the same"
    assert scene.secrets.read_names == ["get", "delete", "apply"]
    assert scene.secrets.stored["kv-secret"]["type"] == "example.com/other"


def test_secrets_of_the_object_under_an_earlier_name_are_deleted() -> None:
    scene = Scene(name="before")
    scene.write()
    scene.destination = Scene().destination
    scene.write()
    assert list(scene.secrets.stored) == ["before", "kv-secret"], "the spec is that of the last write"
    scene.destinations = Destinations(cast("Objects", scene.secrets), scene.store)
    scene.entry = replace(scene.entry, resource=replace(scene.entry.resource, generation=7))
    scene.write()
    assert list(scene.secrets.stored) == ["kv-secret"]


def test_a_secret_is_emptied() -> None:
    scene = Scene()
    scene.write()
    scene.destinations.clear(scene.entry, scene.destination, UNLIMITED)
    assert scene.secrets.stored["kv-secret"]["data"] == {}


@pytest.mark.parametrize(
    ("type_", "data"), [("Opaque", {}), ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""})]
)
def test_a_secret_of_others_is_emptied_once_the_object_has_filled_it(
    type_: str, data: dict[str, str]
) -> None:
    scene = Scene(create=False)
    full = {"tls.crt": "eA==", "tls.key": "eA==", "more": "eA=="}
    scene.secrets.stored["kv-secret"] = {"metadata": {"name": "kv-secret"}, "data": full, "type": type_}
    never_written = replace(scene.entry, status={})
    scene.destinations.clear(never_written, scene.destination, UNLIMITED)
    assert scene.secrets.stored["kv-secret"]["data"] == full
    scene.destinations.clear(scene.entry, scene.destination, UNLIMITED)
    assert scene.secrets.stored["kv-secret"]["data"] == data


def test_an_overwritten_secret_of_another_type_is_made_anew() -> None:
    scene = Scene(overwrite=True)
    theirs = {"metadata": {"name": "kv-secret", "uid": "u9"}, "data": {"tls.crt": "", "tls.key": ""}}
    scene.secrets.stored["kv-secret"] = {**theirs, "type": "kubernetes.io/tls"}
    assert scene.write()
    assert scene.secrets.read_names == ["get", "delete", "apply"]
    assert scene.secrets.stored["kv-secret"]["type"] == "Opaque"


def test_a_label_that_has_left_the_spec_leaves_the_secret() -> None:
    scene = Scene(labels={"team": "a"})
    scene.write()
    scene.destination = Scene().destination
    scene.entry = replace(scene.entry, resource=replace(scene.entry.resource, generation=7))
    assert not scene.write(), "the data is the same"
    assert "team" not in scene.secrets.stored["kv-secret"]["metadata"]["labels"]


def test_the_check_before_a_write_refuses_a_secret_of_others() -> None:
    scene = Scene()
    scene.destinations.check(scene.entry, scene.destination, UNLIMITED)
    scene.secrets.stored["kv-secret"] = {"metadata": {"name": "kv-secret"}, "type": "Opaque"}
    with pytest.raises(NotOwner):
        scene.destinations.check(scene.entry, scene.destination, UNLIMITED)
    absent = Scene(create=False)
    with pytest.raises(NotOwner, match="does not exist"):
        absent.destinations.check(absent.entry, absent.destination, UNLIMITED)
    assert "apply" not in scene.secrets.read_names
