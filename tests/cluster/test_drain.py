"""`kubectl drain` with both replicas on the node: the budget evicts them one after the other, and no request is lost."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.pods import Pods, eventually
from tests.cluster.product import Product
from tests.cluster.test_chart import refused_while

SELECTOR = "app.kubernetes.io/name=vault-webhook"


@pytest.fixture
def drained(product: Product) -> Iterator[str]:
    """The name of the node, which takes pods again after the test."""
    name = product.node.kubectl("get", "nodes", "--output=jsonpath={.items[0].metadata.name}")
    yield name
    product.node.kubectl("uncordon", name)
    product.roll_out()


def replicas(product: Product, *, ready: bool = False) -> set[str]:
    """Return the names of the replicas that are not ending, or only of the ready ones."""
    found = json.loads(product.kubectl("get", "pods", f"--selector={SELECTOR}", "--output=json"))["items"]
    staying = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
    return {pod["metadata"]["name"] for pod in staying if not ready or is_ready(pod)}


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True"


def test_a_drain_moves_both_replicas_and_loses_no_request(product: Product, pods: Pods, drained: str) -> None:
    before = replicas(product, ready=True)
    ended: list[int | None] = []
    complaints: list[str] = []

    def drain() -> None:
        options = (f"--pod-selector={SELECTOR}", "--delete-emptydir-data", "--timeout=90s")
        process = product.node.kubectl.start("drain", drained, *options)
        eventually(lambda: len(before & replicas(product)) == 1, timeout_s=60)
        ended.append(process.poll())  # the other one must stay until there are two again
        product.node.kubectl("uncordon", drained)
        complaints.append(process.communicate()[1])
        ended.append(process.returncode)
        eventually(lambda: len(replicas(product, ready=True)) == 2, timeout_s=60)

    assert len(before) == 2
    work = threading.Thread(target=drain)
    work.start()
    accepted, refused = refused_while(pods, work)
    assert (refused, ended) == ([], [None, 0])
    assert "would violate the pod's disruption budget" in complaints[0]
    assert not before & replicas(product)
    assert accepted
