"""The nodes of a real API server, read again after a time."""

import json
import threading
import time
from typing import Any

from tests.servers.cluster import Cluster as Server
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable
from webhook.admission.node_cache import NodeCache
from webhook.pods.cluster_nodes import ClusterNodes
from webhook.registry.platforms import Platform

_OTHERS = (
    "architecture",
    "bootID",
    "kernelVersion",
    "kubeProxyVersion",
    "machineID",
    "operatingSystem",
    "osImage",
    "systemUUID",
)


def node(name: str, architecture: str) -> str:
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": architecture}
    return json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})


def test_each_platform_of_the_nodes_is_listed_once_and_remembered(cluster: Server) -> None:
    now = [0.0]
    admin = Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig)}))
    platforms = NodeCache(admin, lambda: now[0]).platforms
    for name, architecture in (("a", "amd64"), ("b", "arm64"), ("c", "amd64")):
        cluster.apply(node(name, architecture))
    try:
        assert platforms() == (Platform("linux", "amd64"), Platform("linux", "arm64"))
        cluster.kubectl("delete", "node", "b")
        assert len(platforms()) == 2
        now[0] = 301.0
        assert platforms() == (Platform("linux", "amd64"),)
    finally:
        cluster.kubectl("delete", "node", "--all")


def test_without_the_right_to_read_nodes_there_are_no_platforms(cluster: Server) -> None:
    nobody = Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig_of("default"))}))
    nodes = NodeCache(nobody)
    assert nodes.read() == nodes.known() == ClusterNodes()


def test_unreadable_nodes_are_read_again_soon_and_known_platforms_hold_meanwhile() -> None:
    now, answers = [0.0], [("amd64",), None, ("arm64",)]

    class Nodes:
        def list_nodes(self, deadline: Deadline) -> list[dict[str, Any]]:
            found = answers.pop(0)
            if found is None:
                raise ClusterUnavailable("the API server does not answer")
            return [json.loads(node(name, name)) for name in found]

    nodes = NodeCache(Nodes(), lambda: now[0])
    reports = []
    for now[0] in (0.0, 299.0, 301.0, 310.0, 317.0):
        reports.append([platform.architecture for platform in nodes.platforms()])
    assert reports == [["amd64"]] * 4 + [["arm64"]]


def test_nobody_waits_for_another_thread_that_reads_the_nodes_again() -> None:
    now, has_started, answer = [0.0], threading.Event(), threading.Event()

    class Nodes:
        def list_nodes(self, deadline: Deadline) -> list[dict[str, Any]]:
            if now[0]:
                has_started.set()
                answer.wait(10)
            return [json.loads(node("a", "amd64"))]

    nodes = NodeCache(Nodes(), lambda: now[0])
    nodes.read()
    now[0] = 301.0
    reading = threading.Thread(target=nodes.read)
    reading.start()
    has_started.wait(10)
    assert nodes.platforms() == nodes.known().platforms == (Platform("linux", "amd64"),)
    answer.set()
    reading.join()


def test_nobody_waits_for_the_first_list_either() -> None:
    answer = threading.Event()

    class Nodes:
        def list_nodes(self, deadline: Deadline) -> list[dict[str, Any]]:
            answer.wait(10)
            return [json.loads(node("a", "amd64"))]

    nodes = NodeCache(Nodes())
    assert nodes.known() == ClusterNodes()
    answer.set()
    for _ in range(100):
        if nodes.known().are_known:
            break
        time.sleep(0.05)
    assert nodes.known().platforms == (Platform("linux", "amd64"),)


def test_names_labels_and_versions_are_all_that_is_read(cluster: Server) -> None:
    info = {"kubeletVersion": "v1.36.3", "containerRuntimeVersion": "containerd://2.4.2"}
    cluster.apply(node("small", "amd64"))
    status = json.dumps({"status": {"nodeInfo": {**info, **dict.fromkeys(_OTHERS, "x")}}})
    cluster.kubectl("patch", "node", "small", "--subresource=status", "--patch", status)
    try:
        admin = Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig)}))
        (found,) = admin.list_nodes(Deadline(5))
        assert found["metadata"]["name"] == "small"
        assert found["metadata"]["labels"]["kubernetes.io/arch"] == "amd64"
        assert found["status"] == {"nodeInfo": info}
        assert "spec" not in found
    finally:
        cluster.kubectl("delete", "node", "--all")
