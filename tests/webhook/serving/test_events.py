"""Events about refusals: their texts and their number, and that no review waits for them."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.servers.cluster import Cluster as Server
from vaultkube.apiserver.client import Cluster
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable
from webhook.admission.review import AdmissionRequest
from webhook.serving.events import Events, refusal_event

OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d", "uid": "u-7", "controller": True}


def request_for(
    metadata: Mapping[str, Any], name: str = "", dry_run: bool = False, namespace: str = "default"
) -> AdmissionRequest:
    return AdmissionRequest(
        "u", "Pod", namespace, name, "CREATE", "", {"metadata": metadata}, None, dry_run=dry_run
    )


@pytest.mark.parametrize(
    ("metadata", "name", "regarding"),
    [
        ({"name": "web"}, "web", {"apiVersion": "v1", "kind": "Pod", "name": "web"}),
        ({"generateName": "web-"}, "", {"apiVersion": "v1", "kind": "Pod", "name": "web-"}),
        (
            {"generateName": "web-5d-", "ownerReferences": [OWNER]},
            "",
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d", "uid": "u-7"},
        ),
        ({}, "", {"apiVersion": "v1", "kind": "Pod", "name": ""}),
        ({"ownerReferences": ["x", None]}, "", {"apiVersion": "v1", "kind": "Pod", "name": ""}),
        ({"ownerReferences": 7}, "", {"apiVersion": "v1", "kind": "Pod", "name": ""}),
    ],
)
def test_an_event_is_about_the_object_or_the_controller_that_wanted_it(
    metadata: dict[str, Any], name: str, regarding: dict[str, str]
) -> None:
    event = refusal_event(request_for(metadata, name), "no", "pod-1")
    assert event["regarding"] == {**regarding, "namespace": "default"}
    assert (event["type"], event["reason"], event["note"]) == ("Warning", "Refused", "no")


def test_a_long_reason_is_cut_at_a_whole_character() -> None:
    note = refusal_event(request_for({"name": "x"}), "ü" * 2000, "pod-1")["note"]
    assert set(note) == {"ü"}
    assert 990 <= len(note.encode()) <= 1024


def events_in(cluster: Server, namespace: str, count: int) -> list[dict[str, Any]]:
    """Wait a while for that many Events of the namespace, and return them."""
    for _ in range(100):
        found: list[dict[str, Any]] = cluster.request(
            "GET", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
        )["items"]
        if len(found) >= count:
            break
        time.sleep(0.05)
    return found


def test_an_event_is_stored_by_the_api_server(cluster: Server, admin: Cluster) -> None:
    cluster.create_namespace("events")
    events = Events(admin, "pod-1")
    request = request_for({"name": "Not A Name!"}, "Not A Name!", namespace="events")
    events.refused(request_for({"name": "tried"}, "tried", dry_run=True, namespace="events"), "dry")
    for _ in range(3):
        events.refused(request, "could not mutate object: x")
    events.refused(request_for({"ownerReferences": [OWNER]}, namespace="events"), "other")
    found = events_in(cluster, "events", 2)
    assert sorted((event["regarding"]["kind"], event["note"]) for event in found) == [
        ("Pod", "could not mutate object: x"),
        ("ReplicaSet", "other"),
    ]


class Stuck:
    """An API server that does not answer."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def create_event(self, namespace: str, event: Mapping[str, Any], deadline: Deadline) -> None:
        self.released.wait(10)
        raise ClusterUnavailable("the API server did not answer for an Event; try again")


@pytest.mark.timed
def test_nobody_waits_for_an_api_server_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    stuck = Stuck()
    events = Events(stuck, "pod-1")
    started = time.monotonic()
    for number in range(200):
        events.refused(request_for({"name": f"p{number}"}, f"p{number}"), "no")
    assert time.monotonic() - started < 1
    stuck.released.set()
    for _ in range(100):
        if caplog.text:
            break
        time.sleep(0.02)
    assert "an Event was not sent" in caplog.text
