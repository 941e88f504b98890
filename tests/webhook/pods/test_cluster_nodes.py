"""The nodes of the cluster: platforms, and nodes without image volumes."""

from typing import Any

import pytest

from webhook.pods.cluster_nodes import mounts_image_volumes, summarize
from webhook.registry.platforms import Platform


def node(
    name: str = "a",
    kubelet: str = "v1.36.3",
    runtime: str = "containerd://2.4.2",
    arch: str = "amd64",
    os: str = "linux",
    **labels: str,
) -> dict[str, Any]:
    """Return a Node object with the fields that are read."""
    known = {"kubernetes.io/os": os, "kubernetes.io/arch": arch, **labels}
    info = {"kubeletVersion": kubelet, "containerRuntimeVersion": runtime}
    return {"metadata": {"name": name, "labels": known}, "status": {"nodeInfo": info}}


@pytest.mark.parametrize(
    ("kubelet", "runtime", "mounts"),
    [
        ("v1.36.3", "containerd://2.4.2", True),
        ("v1.35.0", "containerd://2.1.0", True),
        ("v1.35.0-eks-1a2b3c", "containerd://2.1.4-k3s1", True),
        ("v1.35.0-rc.1+gke.100", "cri-o://1.31.0", True),
        ("v2.0.0", "containerd://3.0.0", True),
        ("v1.34.9", "containerd://2.4.2", False),
        ("v1.36.3", "containerd://2.0.9", False),
        ("v1.36.3", "containerd://1.7.30", False),
        ("v1.36.3", "cri-o://1.30.12", False),
        ("v1.36.3", "docker://29.1.0", False),
        ("v1.36.3", "cri-dockerd://2.9.0", False),
        ("v1.36.3", "containerd://Unknown", False),
        ("v1.36.3", "containerd", False),
        ("v1.36.3", "", False),
        ("", "containerd://2.4.2", False),
        ("1.", "containerd://2.4.2", False),
        ("v1.360000000", "containerd://2.4.2", False),
    ],
)
def test_kubelet_and_runtime_decide_about_image_volumes(kubelet: str, runtime: str, mounts: bool) -> None:
    assert mounts_image_volumes(node(kubelet=kubelet, runtime=runtime)) is mounts


def test_a_node_of_openshift_mounts_no_image_volume() -> None:
    assert not mounts_image_volumes(node(**{"node.openshift.io/os_id": "rhcos"}))


@pytest.mark.parametrize("found", [{}, {"metadata": {}}, {"metadata": {}, "status": {"nodeInfo": None}}])
def test_a_node_without_facts_mounts_no_image_volume(found: dict[str, Any]) -> None:
    assert not mounts_image_volumes(found)


def test_the_summary_has_each_platform_once_and_the_linux_nodes_that_cannot() -> None:
    old = node("b", kubelet="v1.34.1", pool="old")
    windows = node("c", os="windows", runtime="containerd://1.7.0")
    found = summarize([node("a"), old, windows, node("d", arch="arm64"), node("e")])
    assert found.platforms == (
        Platform("linux", "amd64"),
        Platform("linux", "arm64"),
        Platform("windows", "amd64"),
    )
    assert [each.name for each in found.without_image_volumes] == ["b"]
    assert found.without_image_volumes[0].labels["pool"] == "old"
    assert found.are_known


def test_a_cluster_of_only_windows_nodes_has_no_known_linux_nodes() -> None:
    assert not summarize([node(os="windows")]).are_known
    assert not summarize([]).are_known
