"""The nodes of the cluster in a cache, read again when the cache is old."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.wire.nodes import Node
from webhook.pods.cluster_nodes import ClusterNodes, summarize
from webhook.registry.platforms import Platform

_LIFE_S = 300.0
_PAUSE_S = 15.0
"""The pause after the nodes could not be read."""
_BUDGET_S = 2.0


class Lister(Protocol):
    """Lists nodes: `vaultkube.apiserver.client.Cluster`."""

    def list_nodes(self, deadline: Deadline) -> Iterable[Node]: ...


class NodeCache:
    """Holds the summary of the nodes; it is empty until they have been read once."""

    def __init__(self, lister: Lister, clock: Callable[[], float] = time.monotonic) -> None:
        self._lister = lister
        self._clock = clock
        self._lock = threading.Lock()
        self._until = clock()
        self._was_read = False
        self._nodes = ClusterNodes()

    def known(self) -> ClusterNodes:
        """Return the cached nodes without a wait; if they are old, a thread reads them again."""
        if self._clock() >= self._until and not self._lock.locked():
            threading.Thread(target=self.read, name="nodes", daemon=True).start()
        return self._nodes

    def read(self) -> ClusterNodes:
        """Return the nodes; one thread reads them when they are old, and the others wait for it only the first time."""
        if self._clock() >= self._until and self._lock.acquire(blocking=not self._was_read):
            try:
                if self._clock() >= self._until:
                    self._until = self._clock() + self._read()
                self._was_read = True
            finally:
                self._lock.release()
        return self._nodes

    def platforms(self) -> tuple[Platform, ...]:
        """Return the platforms of the nodes; none if the nodes cannot be read."""
        return self.read().platforms

    def _read(self) -> float:
        """Read the nodes, and return the seconds until the next read."""
        try:
            self._nodes = summarize(self._lister.list_nodes(Deadline(_BUDGET_S)))
        except (ClusterUnavailable, MissingRight):
            return _PAUSE_S
        return _LIFE_S
