"""A summary of the cluster's nodes for decisions: their platforms, and those that cannot mount image volumes.

https://kubernetes.io/docs/concepts/storage/volumes/#image
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vaultkube.wire.nodes import Node
from webhook.pods.node_selection import LabelledNode
from webhook.registry.platforms import Platform, node_platform

_KUBELET = (1, 35)
"""The first version of the kubelet in which image volumes are on by default."""
_RUNTIMES = {"containerd": (2, 1), "cri-o": (1, 31)}
"""The first version of each container runtime that mounts image volumes."""
_VERSION = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})(?![0-9])")
_OPENSHIFT = "node.openshift.io/os_id"
"""A label of OpenShift's nodes; its security context constraints admit no image volumes by default."""
_OS, _LINUX = "kubernetes.io/os", "linux"


@dataclass(frozen=True)
class ClusterNodes:
    """The platforms of the nodes, each once, and the Linux nodes without image volumes.

    `are_known` is whether any Linux node was read.
    """

    platforms: tuple[Platform, ...] = ()
    without_image_volumes: tuple[LabelledNode, ...] = ()
    are_known: bool = False


def summarize(nodes: Iterable[Node]) -> ClusterNodes:
    """Return the summary of Node objects with metadata and `status.nodeInfo`. Only one node at a time is in memory."""
    platforms: set[Platform] = set()
    without: list[LabelledNode] = []
    is_known = False
    for node in nodes:
        labels = _labels(node)
        platform = node_platform(labels)
        if platform:
            platforms.add(platform)
        if labels.get(_OS, _LINUX) == _LINUX:
            is_known = True
            if not mounts_image_volumes(node):
                without.append(LabelledNode(str(node["metadata"].get("name")), labels))
    return ClusterNodes(tuple(sorted(platforms, key=str)), tuple(without), is_known)


def mounts_image_volumes(node: Node) -> bool:
    """Return whether the node's kubelet and container runtime are known to mount image volumes."""
    info = (node.get("status") or {}).get("nodeInfo") or {}
    runtime, _, version = str(info.get("containerRuntimeVersion") or "").partition("://")
    first = _RUNTIMES.get(runtime)
    return (
        first is not None
        and _version(version) >= first
        and _version(str(info.get("kubeletVersion") or "")) >= _KUBELET
        and _OPENSHIFT not in _labels(node)
    )


def _version(text: str) -> tuple[int, ...]:
    match = _VERSION.match(text)
    return (int(match[1]), int(match[2])) if match else ()


def _labels(node: Node) -> Mapping[str, str]:
    return (node.get("metadata") or {}).get("labels") or {}
