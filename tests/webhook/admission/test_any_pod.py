"""Properties of every pod: generated pods go through the application and the real API server."""

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.cluster import Cluster
from tests.webhook.generated import PODS
from tests.webhook.serving.test_app import Served
from vaultenv.references.grammar import has_reference
from webhook.config.annotation_keys import PREFIX


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


def changed(served: Served, pod: dict[str, Any]) -> dict[str, Any]:
    """Return the pod after the answer's patch, applied by a foreign implementation of RFC 6902."""
    response = served.review("pods", pod)
    assert response["allowed"], response["status"]["message"]
    patch = json.loads(base64.b64decode(response.get("patch", base64.b64encode(b"[]"))))
    applied: dict[str, Any] = jsonpatch.apply_patch(copy.deepcopy(pod), patch)
    return applied


@given(PODS)
def test_a_second_review_changes_nothing(served: Served, pod: dict[str, Any]) -> None:
    once = changed(served, pod)
    assert "patch" not in served.review("pods", once)


@given(PODS)
def test_no_program_starts_with_a_raw_reference(served: Served, pod: dict[str, Any]) -> None:
    spec = changed(served, pod)["spec"]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        values = [entry.get("value", "") for entry in container.get("env", [])]
        if any(has_reference(value.encode()) for value in values):
            assert container["command"][0] == "/vault/vault-env"


@given(PODS)
def test_the_answer_is_the_same_every_time(served: Served, pod: dict[str, Any]) -> None:
    assert served.review("pods", pod) == served.review("pods", copy.deepcopy(pod))


def places(document: Any) -> Iterator[dict[str, Any]]:
    """Return every object in the document."""
    for value in document.values() if isinstance(document, dict) else document:
        if isinstance(value, dict | list):
            yield from places(value)
    if isinstance(document, dict):
        yield document


@given(PODS)
def test_fields_that_nobody_knows_yet_survive_everywhere(served: Served, pod: dict[str, Any]) -> None:
    count = 0
    for count, place in enumerate(list(places(pod["spec"])), 1):
        place["fieldOfTheFuture"] = {"number": count}
    numbers = [
        place["fieldOfTheFuture"]["number"]
        for place in places(changed(served, pod))
        if "fieldOfTheFuture" in place
    ]
    assert sorted(numbers) == list(range(1, count + 1))


@given(PODS, st.data())
def test_a_pod_without_any_one_part_causes_no_internal_error(
    served: Served, pod: dict[str, Any], data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([place for place in places(pod) if place]))
    del place[data.draw(st.sampled_from(sorted(place)))]
    assert "internal error" not in json.dumps(served.review("pods", pod))


@given(PODS)
def test_fields_outside_of_containers_and_volumes_stay(served: Served, pod: dict[str, Any]) -> None:
    before, after = pod["spec"], changed(served, pod)["spec"]
    ours = {"containers", "initContainers", "volumes"}
    assert {k: v for k, v in after.items() if k not in ours} == {
        k: v for k, v in before.items() if k not in ours
    }
    own = [each for each in after.get("initContainers", []) if each["name"] != "copy-vault-env"]
    probes = {"livenessProbe", "readinessProbe", "startupProbe"}
    changeable = {"command", "args", "env", "volumeMounts", "lifecycle", *probes}
    for old, new in zip(
        [*before.get("initContainers", []), *before["containers"]], [*own, *after["containers"]], strict=True
    ):
        assert {k: v for k, v in new.items() if k not in changeable} == {
            k: v for k, v in old.items() if k not in changeable
        }
    assert after["volumes"][: len(before["volumes"])] == before["volumes"]


def qos(cluster: Cluster, pod: dict[str, Any]) -> str:
    """Return the QoS class that the API server gives the pod; raise AssertionError if it refuses the pod."""
    body = copy.deepcopy(pod)
    body["metadata"]["labels"] = {"security.banzaicloud.io/mutate": "skip"}
    stored = cluster.request("POST", "/api/v1/namespaces/default/pods?dryRun=All", body)
    return str(stored["status"]["qosClass"])


@settings(max_examples=60)
@given(PODS)
def test_the_api_server_accepts_the_changed_pod_with_the_same_qos_class(
    served: Served, cluster: Cluster, pod: dict[str, Any]
) -> None:
    before = qos(cluster, pod)
    assert qos(cluster, changed(served, pod)) == before


def test_a_pod_within_pod_security_restricted_stays_within_it(served: Served, cluster: Cluster) -> None:
    cluster.create_namespace("restricted", **{"pod-security.kubernetes.io/enforce": "restricted"})
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
    container = {
        "name": "app",
        "image": "app:1",
        "command": ["/app"],
        "env": [{"name": "KEY", "value": "vault:a/b#c"}],
        "securityContext": {**context, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    annotations = {PREFIX + "vault-tls-secret": "vault-ca", PREFIX + "vault-token-audience": "vault"}
    pod = {"metadata": {"name": "p", "annotations": annotations}, "spec": {"containers": [container]}}
    body = changed(served, pod)
    assert "copy-vault-env" in json.dumps(body)
    body["metadata"]["labels"] = {"security.banzaicloud.io/mutate": "skip"}
    cluster.request("POST", "/api/v1/namespaces/restricted/pods?dryRun=All", body)
