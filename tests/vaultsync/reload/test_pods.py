"""The newest pod of a workload: of thousands of pods, and of large ConfigMaps, a bounded part is in memory."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from vaultkube.deadline import UNLIMITED
from vaultsync.cluster.objects import Listed, Objects
from vaultsync.reload.pods import Pods
from vaultsync.reload.workloads import Workload

WORKLOAD = Workload("daemonsets", "team", "app", "uid", 1, "app=app", "count", "", {}, "")


def pod(day: int, *config_maps: str, owner: str = "uid") -> dict[str, Any]:
    """Return a pod that the launcher starts and that refers to the path `secret/data/DAY`."""
    container = {
        "name": "app",
        "command": ["/vault/vault-env", "app"],
        "env": [
            {"name": "VAULT_ADDR", "value": "https://vault"},
            {"name": "PASSWORD", "value": f"vault:secret/data/{day}#password"},
        ],
        "envFrom": [{"configMapRef": {"name": name}} for name in config_maps],
    }
    owners = [{"uid": owner, "controller": True}]
    metadata = {"creationTimestamp": f"2026-11-{day:02}T00:00:00Z", "ownerReferences": owners}
    return {"metadata": metadata, "spec": {"containers": [container]}}


class Cluster:
    """An API server with these pods, and with ConfigMaps of a megabyte."""

    def __init__(self, *pods: Mapping[str, Any]) -> None:
        self.pods = pods
        self.held = self.read = 0

    def list(self, *_: Any, trim: Callable[[Any], Any] = lambda each: each, **__: Any) -> Listed:
        documents = [trim(each) for each in self.pods]
        self.held = sum(map(bool, documents))
        return Listed(documents, "1")

    def get(self, *_: Any) -> Mapping[str, Any]:
        self.read += 1
        return {"data": {"large": "x" * (1 << 20)}}


def reads(cluster: Cluster) -> tuple[set[str], tuple[str, ...]]:
    found = Pods(cast("Objects", cluster), ("ConfigMap",)).reads(WORKLOAD, UNLIMITED)
    return {path for paths in found.paths.values() for path in paths}, found.problems


def test_the_newest_pod_is_read_and_no_other_one_stays_in_memory() -> None:
    cluster = Cluster(pod(3), pod(5), pod(4), pod(9, owner="another"))
    assert reads(cluster) == ({"secret/data/5"}, ())
    assert cluster.held == 0
    assert reads(Cluster()) == (set(), ())


def test_large_config_maps_of_one_pod_are_bounded_together() -> None:
    cluster = Cluster(pod(1, *(f"map-{number}" for number in range(100))))
    _, problems = reads(cluster)
    assert cluster.read < 10
    assert "more than 8 MiB" in problems[0]
