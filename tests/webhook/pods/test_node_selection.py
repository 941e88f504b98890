"""The nodes that a pod may run on."""

from typing import Any

import pytest

from tests.webhook.pods.test_nodes import affinity
from webhook.pods.node_selection import LabelledNode, selection_of

NODE = LabelledNode("node-7", {"disk": "ssd", "zone": "a", "cores": "16"})


def fields(*values: str) -> dict[str, Any]:
    """Required affinity as a DaemonSet's controller writes it."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": list(values)}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}}


SSD, HDD, ZONE_B = ("disk", "In", ["ssd"]), ("disk", "In", ["hdd"]), ("zone", "In", ["b"])


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ({}, True),
        ({"nodeName": "node-7"}, True),
        ({"nodeName": "node-8"}, False),
        ({"nodeSelector": {"disk": "ssd", "zone": "a"}}, True),
        ({"nodeSelector": {"disk": "ssd", "zone": "b"}}, False),
        ({"nodeSelector": {"gpu": "true"}}, False),
        (affinity([SSD]), True),
        (affinity([HDD]), False),
        (affinity([SSD, ZONE_B]), False),
        (affinity([SSD, ZONE_B], [SSD]), True),
        (affinity(), False),
        (affinity([]), False),
        (affinity([("disk", "NotIn", ["ssd"])]), False),
        (affinity([("gpu", "NotIn", ["a100"])]), True),
        (affinity([("disk", "Exists", [])]), True),
        (affinity([("gpu", "Exists", [])]), False),
        (affinity([("gpu", "DoesNotExist", [])]), True),
        (affinity([("cores", "Gt", ["8"])]), True),
        (affinity([("cores", "Lt", ["16"])]), False),
        (affinity([("cores", "Gt", ["many"])]), False),
        (affinity([("gpu", "Gt", ["1"])]), False),
        (affinity([("cores", "Gt", [])]), False),
        (affinity([("disk", "Like", ["s*"])]), False),
        ({"nodeSelector": {"zone": "b"}, **affinity([SSD])}, False),
        (fields("node-7"), True),
        (fields("node-8"), False),
        ({"affinity": {"nodeAffinity": None}}, True),
        ({"affinity": {"podAntiAffinity": {}}}, True),
    ],
)
def test_a_pod_may_run_on_the_node(spec: dict[str, Any], allowed: bool) -> None:
    assert selection_of(spec).allows(NODE) is allowed


def test_a_preference_excludes_no_node() -> None:
    preferred = [{"weight": 1, "preference": {"matchExpressions": [{"key": "x", "operator": "Exists"}]}}]
    spec = {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}}
    assert selection_of(spec).allows(NODE)


def test_more_expressions_than_anybody_writes_count_as_every_node() -> None:
    assert selection_of(affinity(*[[HDD]] * 101)).allows(NODE)
    assert not selection_of(affinity(*[[HDD]] * 100)).allows(NODE)
