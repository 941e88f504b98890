"""Nodes: the fields that decisions use.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/
"""

from typing import TypedDict

from vaultkube.wire.meta import ObjectMeta


class NodeSystemInfo(TypedDict, total=False):
    """Versions of the node's software; that of the runtime has its name as prefix: `containerd://2.1.0`."""

    containerRuntimeVersion: str
    kubeletVersion: str


class NodeStatus(TypedDict, total=False):
    """The state that the kubelet reports."""

    nodeInfo: NodeSystemInfo


class Node(TypedDict, total=False):
    """A node of the cluster."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    status: NodeStatus
