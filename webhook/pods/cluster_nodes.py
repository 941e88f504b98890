"""The nodes of the cluster, as far as decisions need them: their platforms, and those that mount no image volume.

https://kubernetes.io/docs/concepts/storage/volumes/#image
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vaultkube.wire.nodes import Node
from webhook.pods.node_selection import LabelledNode
from webhook.registry.platforms import Platform, node_platform

_KUBELET = (1, 35)
"""Image volumes are on by default from here."""
_RUNTIMES = {"containerd": (2, 1), "cri-o": (1, 31)}
"""The first version of each runtime that mounts them."""
_VERSION = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})(?![0-9])")
_OPENSHIFT = "node.openshift.io/os_id"
"""A label of OpenShift's nodes, whose security context constraints admit no image volume unless somebody adds it."""
_OS, _LINUX = "kubernetes.io/os", "linux"


@dataclass(frozen=True)
class ClusterNodes:
    """The platforms of the nodes, each once, and the Linux nodes without image volumes; `are_known` tells whether any was read."""

    platforms: tuple[Platform, ...] = ()
    without_image_volumes: tuple[LabelledNode, ...] = ()
    are_known: bool = False


def summarize(nodes: Iterable[Node]) -> ClusterNodes:
    """Return the summary of Node objects that have metadata and `status.nodeInfo`; each is looked at once, and let go."""
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
    """Return whether kubelet and container runtime of the node are known to mount image volumes."""
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
