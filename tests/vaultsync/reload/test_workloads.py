"""Workloads: the annotation for reloads, the conditions of a rollout, and its patches."""

import json
from typing import Any

import pytest

from vaultsync.reload.workloads import (
    VERSIONS,
    Workload,
    owns,
    roll_patch,
    trimmed,
    versions_patch,
    workload_of,
)

PREFIX = "secrets-reloader.security.bank-vaults.io/"
DONE = {
    "deployments": {"observedGeneration": 3, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
    "statefulsets": {"observedGeneration": 3, "currentRevision": "a", "updateRevision": "a"},
    "daemonsets": {"observedGeneration": 3, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2},
}


def document(
    plural: str = "deployments",
    own: dict[str, str] | None = None,
    of_pods: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "shop",
            "name": "app",
            "uid": "u",
            "generation": 3,
            "resourceVersion": "17",
            "annotations": own or {},
        },
        "spec": {
            "selector": {"matchLabels": {"app": "a"}},
            "template": {
                "metadata": {
                    "annotations": {PREFIX + "reload-on-secret-change": "true"}
                    if of_pods is None
                    else of_pods
                }
            },
            **(spec or {}),
        },
        "status": {**DONE[plural], **(status or {})},
    }


def workload(plural: str = "deployments", **parts: Any) -> Workload:
    found = workload_of(plural, document(plural, **parts))
    assert found is not None
    return found


@pytest.mark.parametrize("prefix", [PREFIX, "alpha.vault.security.banzaicloud.io/"])
@pytest.mark.parametrize("where", ["own", "of_pods"])
def test_the_annotation_counts_at_the_template_and_at_the_workload(prefix: str, where: str) -> None:
    annotations: dict[str, Any] = {
        "own": {},
        "of_pods": {},
        where: {prefix + "reload-on-secret-change": "true"},
    }
    assert workload(**annotations).count_key == prefix + "secret-reload-count"


@pytest.mark.parametrize(
    "of_pods", [{}, {PREFIX + "reload-on-secret-change": "false"}, {"reload-on-secret-change": "true"}]
)
def test_a_workload_without_the_annotation_is_trimmed_to_its_name(of_pods: dict[str, str]) -> None:
    found = document(of_pods=of_pods)
    assert workload_of("deployments", found) is None
    rest = trimmed("deployments", found)
    assert workload_of("deployments", rest) is None
    assert len(json.dumps(rest)) < 100


def test_an_annotated_workload_is_trimmed_to_what_decides_and_ignored_once_deleted() -> None:
    found = document(spec={"replicas": 2})
    found["spec"]["template"]["spec"] = {"containers": [{"name": "x" * 10_000}]}
    rest = trimmed("deployments", found)
    assert workload_of("deployments", rest) == workload_of("deployments", found) is not None
    assert len(json.dumps(rest)) < 1000
    found["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert workload_of("deployments", found) is None


COMPLETE = [{"type": "Progressing", "reason": "NewReplicaSetAvailable"}]
STUCK = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
GOING = [{"type": "Progressing", "reason": "ReplicaSetUpdated"}]


@pytest.mark.parametrize(
    ("plural", "spec", "status", "can"),
    [
        ("deployments", {}, {}, True),
        ("deployments", {"paused": True}, {}, False),
        ("deployments", {}, {"observedGeneration": 2}, False),
        ("deployments", {"replicas": 2}, {"conditions": GOING}, False),
        ("deployments", {}, {"replicas": 2}, False),
        ("deployments", {}, {"availableReplicas": 0}, False),
        ("deployments", {}, {"availableReplicas": 0, "conditions": COMPLETE}, True),
        ("deployments", {"replicas": 2}, {"conditions": STUCK}, True),
        ("deployments", {"replicas": 2}, {"conditions": STUCK, "observedGeneration": 2}, False),
        ("deployments", {"replicas": 0}, {"replicas": 0, "updatedReplicas": 0, "availableReplicas": 0}, True),
        ("statefulsets", {}, {}, True),
        ("statefulsets", {}, {"updateRevision": "b"}, False),
        ("statefulsets", {"updateStrategy": {"type": "OnDelete"}}, {"updateRevision": "b"}, True),
        (
            "statefulsets",
            {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {"updateRevision": "b", "updatedReplicas": 1},
            True,
        ),
        (
            "statefulsets",
            {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {"updateRevision": "b"},
            False,
        ),
        ("daemonsets", {}, {}, True),
        ("daemonsets", {}, {"updatedNumberScheduled": 1}, False),
        ("daemonsets", {"updateStrategy": {"type": "OnDelete"}}, {"updatedNumberScheduled": 1}, True),
    ],
)
def test_a_workload_is_rolled_when_no_rollout_is_under_way(
    plural: str, spec: dict[str, Any], status: dict[str, Any], can: bool
) -> None:
    assert (workload(plural, spec=spec, status=status).hold == "") is can


def test_the_selector_has_the_text_form_of_a_list_request() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
        {"key": "x", "operator": "NotIn", "values": ["y"]},
    ]
    selector = {"matchLabels": {"app": "a"}, "matchExpressions": expressions}
    assert workload(spec={"selector": selector}).selector == "app=a,tier in (a,b),!old,new,x notin (y)"


def _pod(kind: str, name: str, uid: str, **more: Any) -> dict[str, Any]:
    owner = {"kind": kind, "name": name, "uid": uid, "controller": True}
    metadata = {"ownerReferences": [owner], "labels": {"pod-template-hash": "abc"}, **more}
    return {"metadata": metadata, "status": {"phase": "Running"}}


def test_pods_are_the_workloads_own_and_alive() -> None:
    deployment, daemon_set = workload(), workload("daemonsets")
    assert owns(deployment, _pod("ReplicaSet", "app-abc", "r"))
    assert not owns(deployment, _pod("ReplicaSet", "app2-abc", "r"))
    assert not owns(deployment, _pod("ReplicaSet", "app-abc", "r", deletionTimestamp="now"))
    assert not owns(deployment, {"metadata": {}})
    assert not owns(deployment, {**_pod("ReplicaSet", "app-abc", "r"), "status": {"phase": "Failed"}})
    assert owns(daemon_set, _pod("DaemonSet", "app", "u"))
    assert not owns(daemon_set, _pod("DaemonSet", "app", "other"))


def test_versions_are_stored_in_an_annotation_that_rolls_nothing() -> None:
    patch = versions_patch(workload(), {"b": 2, "a": 1})
    assert patch == {"metadata": {"uid": "u", "annotations": {VERSIONS: '{"a": 1, "b": 2}'}}}
    assert workload(own=patch["metadata"]["annotations"]).versions == {"a": 1, "b": 2}
    assert versions_patch(workload(), {})["metadata"]["annotations"] == {VERSIONS: None}


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", '{"a": "1", "b": true}', "[" * 100_000])
def test_a_malformed_annotation_of_versions_is_ignored(text: str) -> None:
    assert workload(own={VERSIONS: text}).versions == {}


@pytest.mark.parametrize(("before", "after"), [("", "1"), ("4", "5"), ("many", "1")])
def test_a_rollout_counts_at_the_template_and_needs_the_version_that_was_decided_on(
    before: str, after: str
) -> None:
    reload_annotations = {PREFIX + "reload-on-secret-change": "true"}
    count = {PREFIX + "secret-reload-count": before} if before else {}
    patch = roll_patch(workload(of_pods=reload_annotations | count), {"a": 2}, "17")
    assert patch["spec"] == {
        "template": {"metadata": {"annotations": {PREFIX + "secret-reload-count": after}}}
    }
    assert patch["metadata"] == {"uid": "u", "resourceVersion": "17", "annotations": {VERSIONS: '{"a": 2}'}}


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "[]", '{"a": "b", "c": 1.5, "d": true}'])
def test_versions_that_somebody_else_has_written_are_none(text: str) -> None:
    found = workload_of("deployments", document(own={VERSIONS: text}))
    assert found
    assert found.versions == {}
