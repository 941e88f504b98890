"""Pods: the Vault reads of a workload's newest pod, as it was admitted; pods of one template have the same reads."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import MissingRight
from vaultsync.cluster.objects import WHOLE_PAGE, Objects
from vaultsync.cluster.store import Key
from vaultsync.reload.environment import Source, Values, values_of
from vaultsync.reload.reads import PodReads, reads_of, sources_of_pod
from vaultsync.reload.workloads import Workload, owns

_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets"}
_FRESH_S = 600.0
"""Seconds for which the reads of an unchanged workload are cached."""


class _Known(NamedTuple):
    uid: str
    generation: int
    read_at: float
    reads: PodReads


class Pods:
    """Caches the Vault reads of pods by their workload; safe to share between threads."""

    def __init__(
        self,
        objects: Objects,
        source_kinds: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`source_kinds` are some of ConfigMap and Secret; variables from objects of other kinds are unknown."""
        self._objects = objects
        self._source_kinds = source_kinds
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Key, _Known] = {}

    def reads(self, workload: Workload, deadline: Deadline) -> PodReads:
        """Return the reads of the workload's pods, empty if it has none; raise ClusterUnavailable or MissingRight."""
        key = Key(workload.plural, workload.namespace, workload.name)
        with self._lock:
            known = self._known.get(key)
        same = known is not None and (known.uid, known.generation) == (workload.uid, workload.generation)
        if known and same and self._clock() < known.read_at + _FRESH_S:
            return known.reads
        pod = self._newest(workload, deadline)
        if pod is None:
            self.forget(key)
            return PodReads({}, ())
        reads = self._read(pod, workload.namespace, deadline)
        with self._lock:
            self._known[key] = _Known(workload.uid, workload.generation, self._clock(), reads)
        return reads

    def forget(self, key: Key) -> None:
        """Remove a deleted workload from the cache."""
        with self._lock:
            self._known.pop(key, None)

    def _newest(self, workload: Workload, deadline: Deadline) -> Mapping[str, Any] | None:
        pods = Resource("", "v1", "pods", workload.namespace)
        listed = self._objects.list(pods, deadline, selector=workload.selector, page_size=WHOLE_PAGE)
        own = [pod for pod in listed.documents if owns(workload, pod)]
        return max(own, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)

    def _read(self, pod: Mapping[str, Any], namespace: str, deadline: Deadline) -> PodReads:
        sources: dict[Source, Values] = {}
        problems = []
        for source in sources_of_pod(pod):
            try:
                if source.kind in self._source_kinds:
                    resource = Resource("", "v1", _PLURALS[source.kind], namespace)
                    found = self._objects.get(resource, source.name, deadline)
                    sources[source] = values_of(source.kind, found or {})
            except MissingRight as error:
                problems.append(str(error))
        reads = reads_of(pod, sources)
        return PodReads(reads.paths, (*sorted(problems), *reads.problems))
