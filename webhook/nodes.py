"""The platforms of the cluster's nodes, for images that have several."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from webhook.deadline import Deadline
from webhook.errors import ClusterUnavailable
from webhook.registry.platforms import Platform, node_platforms

_LIFE_S = 300.0
_BUDGET_S = 2.0


class Nodes(Protocol):
    """Lists the metadata of nodes: `webhook.cluster.Cluster`."""

    def list_nodes(self, deadline: Deadline) -> Iterable[Mapping[str, Any]]: ...


class NodePlatforms:
    """Called, it gives the platforms of the nodes; none where they may not be read or do not answer."""

    def __init__(self, nodes: Nodes, clock: Callable[[], float] = time.monotonic) -> None:
        self._nodes = nodes
        self._clock = clock
        self._lock = threading.Lock()
        self._until = clock()
        self._platforms: tuple[Platform, ...] = ()

    def __call__(self) -> tuple[Platform, ...]:
        with self._lock:
            if self._clock() >= self._until:
                self._platforms = self._read()
                self._until = self._clock() + _LIFE_S
            return self._platforms

    def _read(self) -> tuple[Platform, ...]:
        try:
            return node_platforms(self._nodes.list_nodes(Deadline(_BUDGET_S)))
        except ClusterUnavailable:
            return self._platforms
