"""The way of the launcher into a pod."""

import itertools
from typing import Any

import pytest

from tests.webhook.pods.specs import config_of, container, mutate, referring, spec_of
from tests.webhook.pods.test_cluster_nodes import node
from vaultkube.deadline import ShortDeadline, WouldBlock
from vaultkube.problem import messages
from webhook.config.delivery import Delivery
from webhook.pods.cluster_nodes import ClusterNodes, summarize
from webhook.pods.delivery import delivery_by_nodes, find_delivery

MOUNT = {"name": "data", "mountPath": "/vault/data"}
IMAGE_VOLUME = {
    "name": "vault-env",
    "image": {"reference": "vault-env:1", "pullPolicy": "IfNotPresent"},
}
IN_MEMORY = {"name": "vault-env", "emptyDir": {"medium": "Memory"}}


@pytest.mark.parametrize(
    ("annotation", "fields", "delivery"),
    [
        ("auto", {}, "auto"),
        ("image", {}, "image"),
        ("init", {}, "init"),
        ("auto", {"runtimeClassName": "gvisor"}, "init"),
        ("image", {"runtimeClassName": "runc"}, "image"),
        ("auto", {"hostUsers": False}, "init"),
        ("auto", {"hostUsers": True}, "auto"),
        ("init", {"volumes": [IMAGE_VOLUME]}, "image"),
        ("image", {"volumes": [IN_MEMORY]}, "init"),
        ("image", {"volumes": [{"name": "tmp", "emptyDir": {}}]}, "image"),
    ],
)
def test_pod_and_annotation_decide_before_nodes(
    annotation: str, fields: dict[str, Any], delivery: str
) -> None:
    spec = spec_of(referring(), **fields)
    found = find_delivery(spec, spec["containers"], config_of(vault_env_delivery=annotation))
    assert found is Delivery(delivery)


@pytest.mark.parametrize("path", ["/vault/data", "/vault/data/", "/vault/a/b"])
def test_a_mount_below_the_launchers_needs_the_init_container(path: str) -> None:
    spec = spec_of(referring(volumeMounts=[{"name": "data", "mountPath": path}]))
    for annotation in ("auto", "image"):
        config = config_of(vault_env_delivery=annotation)
        assert find_delivery(spec, spec["containers"], config) is Delivery.INIT


@pytest.mark.parametrize("path", ["/vaults/data", "/data/vault/x", "/v"])
def test_a_mount_beside_the_launchers_needs_no_init_container(path: str) -> None:
    spec = spec_of(referring(volumeMounts=[{"name": "data", "mountPath": path}]))
    assert find_delivery(spec, spec["containers"], config_of()) is Delivery.AUTO


def test_an_annotated_image_volume_that_is_impossible_is_a_warning() -> None:
    spec = spec_of(referring(volumeMounts=[MOUNT]))
    plan = mutate(spec, config_of(vault_env_delivery="image"))[2]
    assert messages(plan.warnings) == (
        "annotation vault-env-delivery: app mounts a volume below /vault, which cannot be inside of an image volume: "
        "an init container brings vault-env",
    )
    assert not mutate(spec, config_of())[2].warnings


OLD = node("old", kubelet="v1.34.0", pool="old")


@pytest.mark.parametrize(
    ("fields", "delivery"),
    [
        ({}, "init"),
        ({"nodeSelector": {"pool": "old"}}, "init"),
        ({"nodeSelector": {"pool": "new"}}, "image"),
        ({"nodeName": "new"}, "image"),
        ({"nodeName": "old"}, "init"),
    ],
)
def test_a_cluster_with_old_and_new_nodes_gets_the_delivery_for_all_of_them(
    fields: dict[str, Any], delivery: str
) -> None:
    nodes = summarize([node("new", pool="new"), OLD])
    assert delivery_by_nodes(spec_of(referring(), **fields), nodes) is Delivery(delivery)


def test_nodes_that_can_all_get_the_image_and_unknown_ones_the_init_container() -> None:
    spec = spec_of(referring())
    assert delivery_by_nodes(spec, summarize([node("a"), node("b")])) is Delivery.IMAGE
    assert delivery_by_nodes(spec, ClusterNodes()) is Delivery.INIT


def test_comparing_many_old_nodes_ends_at_the_deadline_of_a_moment() -> None:
    nodes = summarize([node(str(number), kubelet="v1.30.0") for number in range(1000)])
    ticks = itertools.count(0.0, 0.001)
    deadline = ShortDeadline(10, lambda: next(ticks), lambda: next(ticks))
    with pytest.raises(WouldBlock):
        delivery_by_nodes(spec_of(nodeSelector={"pool": "new"}), nodes, deadline)


def test_an_image_volume_is_all_that_the_pod_gets() -> None:
    spec = spec_of(referring(), container(name="other"), volumes=[{"name": "tmp", "emptyDir": {}}])
    new = mutate(spec, delivery=Delivery.IMAGE)[0]
    assert "initContainers" not in new
    assert new["volumes"] == [{"name": "tmp", "emptyDir": {}}, IMAGE_VOLUME]
    app, other = new["containers"]
    assert app["volumeMounts"] == [{"name": "vault-env", "mountPath": "/vault", "readOnly": True}]
    assert (app["command"], app["args"]) == (["/vault/vault-env"], ["/app"])
    assert other == container(name="other")


def test_the_image_has_the_pods_own_name_and_pull_policy() -> None:
    config = config_of(vault_env_image="registry.example/vault-env:2", vault_env_image_pull_policy="always")
    new = mutate(spec_of(referring()), config, delivery=Delivery.IMAGE)[0]
    assert new["volumes"][0]["image"] == {
        "reference": "registry.example/vault-env:2",
        "pullPolicy": "Always",
    }


def test_the_order_of_init_containers_stays() -> None:
    spec = spec_of(container(name="a"), initContainers=[container(name="first"), referring(name="second")])
    new = mutate(spec, delivery=Delivery.IMAGE)[0]
    assert [each["name"] for each in new["initContainers"]] == ["first", "second"]
    assert new["initContainers"][1]["command"] == ["/vault/vault-env"]


def test_a_pod_that_has_it_already_changes_no_more() -> None:
    once = mutate(spec_of(referring()), delivery=Delivery.IMAGE)[0]
    again, problems, plan = mutate(once, delivery=Delivery.IMAGE)
    assert (again, problems, plan.problems) == (once, (), ())


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "vault-env", "configMap": {"name": "x"}},
        {"name": "vault-env", "image": {"reference": "evil:1", "pullPolicy": "IfNotPresent"}},
    ],
)
def test_another_volume_of_that_name_is_a_problem(volume: dict[str, Any]) -> None:
    plan = mutate(spec_of(referring(), volumes=[volume]))[2]
    assert messages(plan.problems) == (
        "volume vault-env of the pod has the name of a volume that the webhook adds; rename it",
    )
