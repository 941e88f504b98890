"""The platforms of the cluster's nodes, for images that have several."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from webhook.registry.platforms import Platform, node_platforms

_LIFE_S = 300.0
_PAUSE_S = 15.0
"""The pause after nodes could not be read."""
_BUDGET_S = 2.0


class Nodes(Protocol):
    """Lists the metadata of nodes: `vaultkube.apiserver.client.Cluster`."""

    def list_nodes(self, deadline: Deadline) -> Iterable[Mapping[str, Any]]: ...


class NodePlatforms:
    """Callable that returns the platforms of the nodes; none if the nodes cannot be read."""

    def __init__(self, nodes: Nodes, clock: Callable[[], float] = time.monotonic) -> None:
        self._nodes = nodes
        self._clock = clock
        self._lock = threading.Lock()
        self._until = clock()
        self._was_read = False
        self._platforms: tuple[Platform, ...] = ()

    def __call__(self) -> tuple[Platform, ...]:
        """Return the known platforms; one thread reads them again when they are old, and others wait only the first time."""
        if self._clock() >= self._until and self._lock.acquire(blocking=not self._was_read):
            try:
                if self._clock() >= self._until:
                    self._until = self._clock() + self._read()
                self._was_read = True
            finally:
                self._lock.release()
        return self._platforms

    def _read(self) -> float:
        """Read the nodes, and return the seconds until the next time."""
        try:
            self._platforms = node_platforms(self._nodes.list_nodes(Deadline(_BUDGET_S)))
        except (ClusterUnavailable, MissingRight):
            return _PAUSE_S
        return _LIFE_S
