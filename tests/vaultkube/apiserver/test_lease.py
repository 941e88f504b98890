"""One leader at a time: decisions on values, and elections on the real API server."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.servers.cluster import Cluster as Server
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.lease import Election, Seen, Times, next_spec, watched
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable
from vaultkube.wire.leases import LeaseSpec

TIMES = Times(duration_s=15, lead_s=10, look_s=2)
OTHERS: LeaseSpec = {
    "holderIdentity": "other",
    "leaseDurationSeconds": 30,
    "leaseTransitions": 4,
    "acquireTime": "a",
    "renewTime": "r",
}


def test_a_lease_without_a_holder_is_acquired() -> None:
    spec = next_spec(Seen({}, 0), "me", TIMES, 0, "now")
    assert spec == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "acquireTime": "now",
        "renewTime": "now",
        "leaseTransitions": 0,
    }


def test_a_lease_of_another_is_respected_for_its_written_duration() -> None:
    assert next_spec(Seen(OTHERS, 100), "me", TIMES, 129.9, "now") is None
    spec = next_spec(Seen(OTHERS, 100), "me", TIMES, 130, "now")
    assert spec and spec["holderIdentity"] == "me" and spec["leaseTransitions"] == 5


def test_a_released_lease_is_acquired_at_once() -> None:
    spec = next_spec(Seen({**OTHERS, "holderIdentity": ""}, 100), "me", TIMES, 100, "now")
    assert spec and spec["holderIdentity"] == "me" and spec["leaseTransitions"] == 5


def test_a_renewal_changes_only_the_time_of_renewal() -> None:
    spec = next_spec(Seen({**OTHERS, "holderIdentity": "me"}, 0), "me", TIMES, 1, "now")
    assert spec and (spec["acquireTime"], spec["renewTime"], spec["leaseTransitions"]) == ("a", "now", 4)


def test_only_a_change_of_the_lease_starts_its_duration_anew() -> None:
    before = watched(OTHERS, None, 100)
    assert watched({**OTHERS}, before, 120) == Seen(OTHERS, 100)
    assert watched({**OTHERS, "renewTime": "later"}, before, 120).at == 120


def test_a_deleted_lease_is_its_holders_for_the_rest_of_its_duration() -> None:
    deleted = watched({}, watched(OTHERS, None, 100), 120)
    assert next_spec(deleted, "me", TIMES, 129.9, "now") is None
    spec = next_spec(deleted, "me", TIMES, 130, "now")
    assert spec and spec["holderIdentity"] == "me"
    own = next_spec(deleted, "other", TIMES, 121, "now")
    assert own and (own["holderIdentity"], own["acquireTime"]) == ("other", "a")


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Unstable:
    """The real API server, or none while `down`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.down = False

    def _reach(self) -> Cluster:
        if self.down:
            raise ClusterUnavailable("the API server did not answer")
        return self._cluster

    def read(self, resource: Resource, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        return self._reach().read(resource, name, deadline)

    def add(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool:
        return self._reach().add(resource, document, deadline)

    def replace(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool:
        return self._reach().replace(resource, document, deadline)


@pytest.fixture
def server(cluster: Server) -> Unstable:
    return Unstable(Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig)})))


def test_a_second_candidate_leads_when_the_leader_stops_renewing(server: Unstable) -> None:
    clock = Clock()
    first = Election(server, "default", "taken-over", "first", TIMES, clock)
    second = Election(server, "default", "taken-over", "second", TIMES, clock)
    assert first.stand() and not second.stand()
    clock.now += 9
    assert first.stand() and not second.stand()
    clock.now += 14.9
    assert not first.leads() and not second.stand()
    clock.now += 0.1
    assert second.stand() and not first.stand()


def test_a_leader_that_releases_is_followed_at_once(server: Unstable) -> None:
    first = Election(server, "default", "released", "first")
    second = Election(server, "default", "released", "second")
    assert first.stand() and not second.stand()
    first.release()
    assert not first.leads()
    assert second.stand()
    first.release()
    assert second.stand()


def test_without_the_api_server_a_leader_stops_before_another_may_begin(server: Unstable) -> None:
    clock = Clock()
    leader = Election(server, "default", "cut-off", "first", TIMES, clock)
    assert leader.stand()
    server.down = True
    clock.now += 9.9
    assert leader.stand()
    clock.now += 0.1
    assert not leader.stand()
    server.down = False
    assert leader.stand()


def test_two_candidates_that_write_at_the_same_time_do_not_both_lead(server: Unstable) -> None:
    elections = [Election(server, "default", "raced", f"process-{number}") for number in range(8)]
    together = threading.Barrier(len(elections))
    leading: list[Election] = []

    def stand(election: Election) -> None:
        together.wait()
        if election.stand():
            leading.append(election)

    threads = [threading.Thread(target=stand, args=[election]) for election in elections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(leading) == 1


def test_a_lease_that_somebody_deletes_makes_no_second_leader(server: Unstable, cluster: Server) -> None:
    clock = Clock()
    first = Election(server, "default", "deleted", "first", TIMES, clock)
    second = Election(server, "default", "deleted", "second", TIMES, clock)
    assert first.stand() and not second.stand()
    cluster.request("DELETE", "/apis/coordination.k8s.io/v1/namespaces/default/leases/deleted")
    assert not second.stand()
    assert first.stand() and not second.stand()
    cluster.request("DELETE", "/apis/coordination.k8s.io/v1/namespaces/default/leases/deleted")
    clock.now += 15
    assert second.stand()


def test_a_candidate_thread_releases_the_lease_when_stopped(server: Unstable) -> None:
    election, stop = Election(server, "default", "threaded", "first", Times(look_s=0.5)), threading.Event()
    thread = threading.Thread(target=election.keep_standing, args=[stop])
    thread.start()
    end = time.monotonic() + 20
    while not election.leads() and time.monotonic() < end:
        time.sleep(0.05)
    assert election.leads()
    stop.set()
    thread.join()
    assert not election.leads()
    assert Election(server, "default", "threaded", "second").stand()
