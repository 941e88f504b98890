"""Nodes in the API server's table format: names, labels and versions, without the long lists of their status.

A list of Node objects has all images of every node, too much to request from a large cluster every few minutes. As a
Table, each node is a row with its metadata, and with the columns that `kubectl get nodes -o wide` shows.
https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from vaultkube.wire.meta import ObjectMeta
from vaultkube.wire.nodes import Node, NodeSystemInfo

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
_COLUMNS: Mapping[str, Literal["kubeletVersion", "containerRuntimeVersion"]] = {
    "Version": "kubeletVersion",
    "Container-Runtime": "containerRuntimeVersion",
}


def nodes_of(table: Mapping[str, Any]) -> Iterator[Node]:
    """Yield a Node object for each row, with its metadata and the fields of `status.nodeInfo` that have a column."""
    names = [_COLUMNS.get(column.get("name")) for column in table.get("columnDefinitions") or ()]
    for row in table.get("rows") or ():
        info: NodeSystemInfo = {}
        for name, cell in zip(names, row.get("cells") or (), strict=False):
            if name and isinstance(cell, str):
                info[name] = cell
        metadata: ObjectMeta | None = (row.get("object") or {}).get("metadata")
        yield {"metadata": metadata or {}, "status": {"nodeInfo": info}}
