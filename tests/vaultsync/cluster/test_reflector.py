"""Watches on the real API server: changes are reported, and an expired version leads to another list."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest

from tests.servers.cluster import Cluster
from tests.vaultsync.running.operator import eventually
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.resources import Resource
from vaultkube.errors import ClusterUnavailable
from vaultkube.log import JsonFormatter
from vaultsync.cluster import reflector as module
from vaultsync.cluster.objects import Listed, Objects
from vaultsync.cluster.reflector import Reflected, Reflector


class Recorder:
    """The reported changes of a reflector."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.lists: list[list[str]] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        reflected = Reflected(
            Resource("", "v1", "configmaps", namespace),
            lambda documents: self.lists.append([_name(each) for each in documents]),
            lambda document: self.changed.append(_name(document)),
            lambda document: self.removed.append(_name(document)),
        )
        connection = find_connection({"KUBECONFIG": str(cluster.kubeconfig)})
        self.reflector = Reflector(Objects(Client(connection)), connection, reflected)


def _name(document: Mapping[str, Any]) -> str:
    return str(document["metadata"]["name"])


def _maps(cluster: Cluster) -> tuple[str, str]:
    namespace = f"watched-{uuid.uuid4().hex[:8]}"
    cluster.create_namespace(namespace)
    return namespace, f"/api/v1/namespaces/{namespace}/configmaps"


def test_existing_objects_are_reported_first_and_then_each_change(cluster: Cluster) -> None:
    namespace, path = _maps(cluster)
    cluster.request("POST", path, {"metadata": {"name": "a"}})
    recorder, stop = Recorder(cluster, namespace), threading.Event()
    thread = threading.Thread(target=recorder.reflector.run, args=(stop,), daemon=True)
    thread.start()
    eventually(lambda: recorder.lists == [["a"]])
    cluster.request("POST", path, {"metadata": {"name": "b"}})
    eventually(lambda: recorder.changed == ["b"])
    stop.set()
    cluster.request("DELETE", f"{path}/a")
    thread.join(10)
    assert not thread.is_alive()


def test_from_an_old_version_nothing_is_missed_whether_it_is_still_known_or_not(cluster: Cluster) -> None:
    namespace, path = _maps(cluster)
    cluster.request("POST", path, {"metadata": {"name": "a"}})
    recorder, stop = Recorder(cluster, namespace), threading.Event()
    recorder.reflector._version = "1"
    threading.Thread(target=recorder.reflector.run, args=(stop,), daemon=True).start()
    eventually(lambda: "a" in recorder.changed or recorder.lists == [["a"]])
    stop.set()
    cluster.request("POST", path, {"metadata": {"name": "z"}})


def test_an_unreadable_object_does_not_end_the_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, read = threading.Event(), []

    def _watch(_connection: object, _path: str, query: Mapping[str, str], *_others: object) -> Iterator[Any]:
        after = int(query["resourceVersion"])
        for version in range(after + 1, 4):
            yield "ADDED", {"metadata": {"name": str(version), "resourceVersion": str(version)}}

    def _changed(document: Mapping[str, Any]) -> None:
        read.append(_name(document))
        if read == ["1"]:
            raise RecursionError
        if read == ["1", "2", "3"]:
            stop.set()

    monkeypatch.setattr(module, "watch", _watch)
    reflected = Reflected(Resource("", "v1", "configmaps"), lambda _: None, _changed, lambda _: None)
    reflector = Reflector(cast("Objects", None), cast("Any", None), reflected)
    reflector._version = "0"
    reflector.run(stop)
    assert read == ["1", "2", "3"]
    assert "failed" not in reflector.problem


@pytest.mark.parametrize("end", [[], [("ERROR", {"code": 410})]], ids=["closed", "too old"])
def test_a_watch_that_ends_at_once_is_not_begun_again_without_a_pause(
    monkeypatch: pytest.MonkeyPatch, end: list[Any]
) -> None:
    stop, begun = threading.Event(), []

    class Empty:
        def list(self, *_args: object, **_options: object) -> Listed:
            return Listed([], "1")

    def _watch(*_arguments: object) -> Iterator[Any]:
        begun.append(time.monotonic())
        if len(begun) == 4:
            stop.set()
        return iter(end)

    monkeypatch.setattr(module, "watch", _watch)
    reflected = Reflected(Resource("", "v1", "configmaps"), lambda _: None, lambda _: None, lambda _: None)
    Reflector(cast("Objects", Empty()), cast("Any", None), reflected).run(stop)
    assert begun[-1] - begun[0] > 0.7


def test_a_watch_that_has_begun_again_is_no_problem_though_nothing_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, problems = threading.Event(), []

    def _watch(*arguments: Any) -> Iterator[Any]:
        problems.append(reflector.problem)
        if len(problems) == 1:
            raise ClusterUnavailable("the watch ended")
        stop.set()
        arguments[-1]()
        problems.append(reflector.problem)
        yield from ()

    monkeypatch.setattr(module, "watch", _watch)
    reflected = Reflected(Resource("", "v1", "configmaps"), lambda _: None, lambda _: None, lambda _: None)
    reflector = Reflector(cast("Objects", None), cast("Any", None), reflected)
    reflector._version = "1"
    reflector.run(stop)
    assert problems == ["", "the watch ended", ""]


class Pauses:
    """Ends after so many pauses, which it records."""

    def __init__(self, count: int) -> None:
        self.seconds: list[float] = []
        self._count = count

    def is_set(self) -> bool:
        return len(self.seconds) >= self._count

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize(("lasts_s", "longest_s"), [(60, 0.5), (1, 8)])
def test_only_watches_that_fail_soon_make_the_pauses_longer(
    monkeypatch: pytest.MonkeyPatch, lasts_s: float, longest_s: float
) -> None:
    """A load balancer may end each watch after a minute."""
    clock = [0.0]

    def _watch(*_arguments: object) -> Iterator[Any]:
        clock[0] += lasts_s
        raise ClusterUnavailable("the watch ended")

    monkeypatch.setattr(module, "watch", _watch)
    monkeypatch.setattr("vaultsync.cluster.reflector.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("vaultsync.cluster.reflector.random.uniform", lambda _least, most: most)
    reflected = Reflected(Resource("", "v1", "configmaps"), lambda _: None, lambda _: None, lambda _: None)
    reflector = Reflector(cast("Objects", None), cast("Any", None), reflected)
    reflector._version = "1"
    stop: Any = Pauses(5)
    reflector.run(stop)
    assert max(stop.seconds) == longest_s


def test_an_unexpected_error_is_logged_makes_not_ready_and_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stop = threading.Event()

    class Failing:
        def list(self, *_args: object, **_options: object) -> None:
            if caplog.records:
                stop.set()
            raise RecursionError("text of an object")

    nothing: Any = Failing()
    reflected = Reflected(Resource("apps", "v1", "deployments"), len, len, len)  # type: ignore[arg-type]
    reflector = Reflector(nothing, nothing, reflected)
    reflector.run(stop)
    first, _ = caplog.records
    assert reflector.problem == "a watch of deployments failed: RecursionError"
    line = JsonFormatter().format(first)
    assert (first.levelno, "text of an object" in line) == (logging.ERROR, False)
