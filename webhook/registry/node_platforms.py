"""The platforms of the cluster's nodes, for images that have several."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable
from webhook.registry.platforms import Platform, node_platforms

_LIFE_S = 300.0
_PAUSE_S = 15.0
"""After nodes that could not be read."""
_BUDGET_S = 2.0


class Nodes(Protocol):
    """Lists the metadata of nodes: `vaultkube.apiserver.client.Cluster`."""

    def list_nodes(self, deadline: Deadline) -> Iterable[Mapping[str, Any]]: ...


class NodePlatforms:
    """Called, it gives the platforms of the nodes; none where they may not be read or do not answer."""

    def __init__(self, nodes: Nodes, clock: Callable[[], float] = time.monotonic) -> None:
        self._nodes = nodes
        self._clock = clock
        self._lock = threading.Lock()
        self._until = clock()
        self._asked = False
        self._platforms: tuple[Platform, ...] = ()

    def __call__(self) -> tuple[Platform, ...]:
        """Return what is known; one thread asks when that is old, and the others wait for it only the first time."""
        if self._clock() >= self._until and self._lock.acquire(blocking=not self._asked):
            try:
                if self._clock() >= self._until:
                    self._until = self._clock() + self._read()
                self._asked = True
            finally:
                self._lock.release()
        return self._platforms

    def _read(self) -> float:
        """Ask, and return for how many seconds not again."""
        try:
            self._platforms = node_platforms(self._nodes.list_nodes(Deadline(_BUDGET_S)))
        except ClusterUnavailable:
            return _PAUSE_S
        return _LIFE_S
