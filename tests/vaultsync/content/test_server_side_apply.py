"""The Secret applied to a real API server: fields of others stay."""

import json
from typing import Any

import pytest
import yaml

from tests.servers.cluster import Cluster
from tests.servers.kubectl import KubectlFailed
from tests.vaultsync.content.specs import resource
from vaultkube.sync_resources.destination import Destination
from vaultkube.sync_resources.resources import Resource
from vaultsync.content.ownership import UID_LABEL, Write, applied_secret, data_in, decide_write

OWNER = resource()


@pytest.fixture(scope="module")
def kubectl(cluster: Cluster) -> Any:
    cluster.create_namespace("team")
    return cluster.kubectl


def put(kubectl: Any, destination: Destination, data: dict[str, bytes], owner: Resource = OWNER) -> None:
    manifest = yaml.safe_dump(applied_secret(owner, destination, data))
    kubectl("apply", "--server-side", "--field-manager=vault-webhook-sync", "-f", "-", stdin=manifest)


def read(kubectl: Any, name: str) -> Any:
    return json.loads(kubectl("get", "secret", name, "-n", "team", "-o", "json"))


def test_labels_and_annotations_of_others_stay_and_ours_go_with_the_spec(kubectl: Any) -> None:
    first = Destination(
        name="kept", create=True, labels={"ours": "1"}, annotations={"ours": "1", "gone": "x"}
    )
    put(kubectl, first, {"a": b"1", "b": b"2"})
    kubectl("label", "secret", "kept", "-n", "team", "theirs=1")
    kubectl("annotate", "secret", "kept", "-n", "team", "theirs=1")
    put(kubectl, Destination(name="kept", create=True, annotations={"ours": "2"}), {"a": b"3"})
    found = read(kubectl, "kept")
    assert {key: value for key, value in found["metadata"]["annotations"].items()} == {
        "ours": "2",
        "theirs": "1",
    }
    assert found["metadata"]["labels"]["theirs"] == "1"
    assert "ours" not in found["metadata"]["labels"]
    assert data_in(found) == {"a": b"3"}
    assert decide_write(OWNER, first, found) is Write.OWN


def test_an_owner_removed_by_hand_is_restored(kubectl: Any) -> None:
    destination = Destination(name="orphan", create=True)
    put(kubectl, destination, {"a": b"1"})
    patch = '{"metadata": {"ownerReferences": null}}'
    kubectl("patch", "secret", "orphan", "-n", "team", "--type=merge", "-p", patch)
    put(kubectl, destination, {"a": b"1"})
    assert [owner["uid"] for owner in read(kubectl, "orphan")["metadata"]["ownerReferences"]] == ["u1"]


def test_a_secret_of_others_keeps_its_labels_and_gets_no_owner(kubectl: Any) -> None:
    kubectl("create", "secret", "generic", "theirs", "-n", "team", "--from-literal=own=1")
    put(kubectl, Destination(name="theirs"), {"a": b"1"})
    found = read(kubectl, "theirs")
    assert "ownerReferences" not in found["metadata"]
    assert UID_LABEL not in found["metadata"].get("labels", {})
    assert data_in(found)["a"] == b"1"


def test_another_type_needs_a_new_secret(kubectl: Any) -> None:
    put(kubectl, Destination(name="typed", create=True), {"a": b"1"})
    other = Destination(name="typed", create=True, type="example.com/other")
    assert decide_write(OWNER, other, read(kubectl, "typed")) is Write.RECREATE
    with pytest.raises(KubectlFailed, match="immutable"):
        put(kubectl, other, {"a": b"1"})
