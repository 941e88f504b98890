"""The objects of a manifest that the webhook would review."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.offline.reviewable import (
    EXCEPT_NAMESPACES,
    NEVER_SENT,
    SKIP_LABEL,
    find_objects,
    follow,
    replace_part,
)

CONFIGURATION = Path(__file__).parents[3] / "webhook/commands/webhook-configuration.yaml"
POD = {"spec": {"containers": []}}
WORKLOADS = [
    ("v1", "Pod", (), POD),
    ("apps/v1", "Deployment", ("spec", "template"), {"spec": {"template": POD}}),
    ("apps/v1", "StatefulSet", ("spec", "template"), {"spec": {"template": POD}}),
    ("apps/v1", "DaemonSet", ("spec", "template"), {"spec": {"template": POD}}),
    ("apps/v1", "ReplicaSet", ("spec", "template"), {"spec": {"template": POD}}),
    ("v1", "ReplicationController", ("spec", "template"), {"spec": {"template": POD}}),
    ("batch/v1", "Job", ("spec", "template"), {"spec": {"template": POD}}),
    (
        "batch/v1",
        "CronJob",
        ("spec", "jobTemplate", "spec", "template"),
        {"spec": {"jobTemplate": {"spec": {"template": POD}}}},
    ),
    ("argoproj.io/v1alpha1", "Rollout", ("spec", "template"), {"spec": {"template": POD}}),
]


@pytest.mark.parametrize(("version", "kind", "path", "body"), WORKLOADS)
def test_the_pods_of_a_workload_are_found(
    version: str, kind: str, path: tuple[str, ...], body: dict[str, Any]
) -> None:
    content = {"apiVersion": version, "kind": kind, "metadata": {"name": "w", "namespace": "shop"}, **body}
    (found,) = find_objects(content, "default")
    assert (found.resource, found.path, str(found)) == ("pods", path, f"{kind} shop/w")
    assert found.content["spec"] is follow(content, (*path, "spec"))


def test_the_items_of_a_list_are_found_with_their_place() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    other = {"apiVersion": "v1", "kind": "Service"}
    found = list(find_objects({"kind": "List", "items": [other, secret]}, "default"))
    assert [(item.resource, item.path, item.namespace) for item in found] == [
        ("secrets", ("items", 1), "default")
    ]


@pytest.mark.parametrize(
    "content",
    [
        None,
        "text",
        {"kind": "Deployment", "apiVersion": "apps/v1"},
        {"kind": "Deployment", "apiVersion": "apps/v1", "spec": None},
        {"kind": "Deployment", "apiVersion": "apps.example.com/v1", "spec": {"template": {"spec": POD}}},
        {"kind": "Secret", "apiVersion": "external-secrets.io/v1"},
    ],
)
def test_other_things_are_none_of_the_webhooks_business(content: Any) -> None:
    assert list(find_objects(content, "default")) == []


def shipped(resource: str) -> dict[str, Any]:
    webhooks = yaml.safe_load(CONFIGURATION.read_text())["webhooks"]
    return next(row for row in webhooks if row["rules"][0]["resources"] == [resource])


def test_left_out_namespaces_and_labels_are_those_of_the_shipped_configuration() -> None:
    secrets = shipped("secrets")
    (namespaces,) = secrets["namespaceSelector"]["matchExpressions"]
    (label,) = secrets["objectSelector"]["matchExpressions"]
    assert (namespaces["operator"], tuple(namespaces["values"])) == ("NotIn", EXCEPT_NAMESPACES)
    assert label == {"key": SKIP_LABEL, "operator": "NotIn", "values": ["skip"]}
    condition, writer = secrets["matchConditions"]
    assert '"system:serviceaccount:vault-webhook-sync:vault-webhook-sync"' in writer["expression"]
    assert condition["expression"].count('"') == 2 * len(NEVER_SENT)
    assert all(f'"{kind}"' in condition["expression"] for kind in NEVER_SENT)


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ({"kind": "Pod"}, True),
        ({"kind": "Pod", "metadata": {"labels": {SKIP_LABEL: "skip"}}}, False),
        ({"kind": "Pod", "metadata": {"namespace": "kube-system"}}, False),
        ({"kind": "Secret"}, True),
        ({"kind": "Secret", "type": "helm.sh/release.v1"}, False),
        ({"kind": "ConfigMap"}, False),
        ({"kind": "ConfigMap", "metadata": {"annotations": {"other/vault-addr": "x"}}}, False),
        (
            {"kind": "ConfigMap", "metadata": {"annotations": {"vault.security.banzaicloud.io/a": "x"}}},
            True,
        ),
    ],
)
def test_an_object_is_sent_or_not(content: dict[str, Any], sent: bool) -> None:
    (found,) = find_objects({"apiVersion": "v1", **content}, "default")
    assert found.sent is sent


def test_a_part_is_replaced_and_the_rest_shared() -> None:
    content: dict[str, Any] = {"items": [{"a": {"b": 1}}, {"c": 2}], "d": {}}
    new = replace_part(content, ("items", 0, "a"), 5)
    assert new == {"items": [{"a": 5}, {"c": 2}], "d": {}}
    assert new["items"][1] is content["items"][1]
    assert content["items"][0] == {"a": {"b": 1}}


CUSTOM = [
    ("Database", "databases.example.com"),
    ("Database", "database.example.com"),
    ("Policy", "policies.example.com"),
    ("Box", "boxes.example.com"),
]


@pytest.mark.parametrize(("kind", "registered"), CUSTOM)
def test_a_custom_object_is_found_by_the_resource_of_its_kind(kind: str, registered: str) -> None:
    content = {"apiVersion": "example.com/v1", "kind": kind, "metadata": {"name": "d", "namespace": "shop"}}
    (found,) = find_objects({"kind": "List", "items": [content]}, "default", [registered])
    assert (found.resource, found.path, str(found)) == ("objects", ("items", 0), f"{kind} shop/d")
    for other in ("databases.example.org", "databases.sub.example.com", "databasess.example.com"):
        assert list(find_objects(content, "default", [other])) == []


def test_a_custom_object_without_our_annotations_is_not_sent() -> None:
    content = {"apiVersion": "example.com/v1", "kind": "Database", "metadata": {"name": "d"}}
    (found,) = find_objects(content, "default", ["databases.example.com"])
    assert not found.sent
    annotated = {
        **content,
        "metadata": {"annotations": {"vault.security.banzaicloud.io/vault-addr": "https://v"}},
    }
    (found,) = find_objects(annotated, "default", ["databases.example.com"])
    assert found.sent
