"""Watched workloads, and the time at which each is due."""

from tests.vaultsync.reload.test_workloads import document
from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue
from vaultsync.reload.watched import Workloads

KEY = Key("deployments", "shop", "app")
ROLLING = {"updatedReplicas": 0}


def _drain(queue: Queue) -> list[Key]:
    found = []
    while not queue.is_idle():
        key = queue.get()
        assert key
        found.append(key)
        queue.done(key)
    return found


def test_a_workload_is_due_when_it_is_new_changed_or_has_ended_its_rollout() -> None:
    queue = Queue()
    workloads = Workloads(queue, 60.0)
    workloads.start(spread=False)
    workloads.changed("deployments", document())
    assert _drain(queue) == [KEY]
    workloads.changed("deployments", document())
    workloads.changed("deployments", document(status=ROLLING))
    assert _drain(queue) == []
    workloads.changed("deployments", document())
    assert _drain(queue) == [KEY]


def test_a_deleted_workload_or_one_without_the_annotation_is_forgotten() -> None:
    queue = Queue()
    workloads = Workloads(queue, 60.0)
    workloads.all_of("deployments", [document()])
    assert len(workloads) == 1
    workloads.all_of("statefulsets", [])
    assert workloads.get(KEY)
    workloads.changed("deployments", document(of_pods={}))
    assert workloads.get(KEY) is None
    workloads.all_of("deployments", [document()])
    workloads.all_of("deployments", [])
    assert len(workloads) == 0
    workloads.changed("deployments", document())
    workloads.removed("deployments", document())
    assert len(workloads) == 0


def test_after_a_start_all_are_due_at_once_or_spread() -> None:
    queue = Queue()
    workloads = Workloads(queue, 60.0)
    workloads.all_of("deployments", [document()])
    assert _drain(queue) == []
    workloads.start(spread=False)
    assert _drain(queue) == [KEY]
