"""Pods: the Vault reads of a workload's newest pod, as it was admitted; pods of one template have the same reads."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import MissingRight
from vaultkube.expansion import TooLong
from vaultsync.cluster.objects import WHOLE_PAGE, Objects
from vaultsync.cluster.store import Key
from vaultsync.reload.environment import Room, Source, Values, values_of
from vaultsync.reload.reads import PodReads, reads_of, sources_of_pod
from vaultsync.reload.workloads import Workload, owns

_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets"}
_FRESH_S = 600.0
"""Seconds for which the reads of an unchanged workload are cached."""
_SOURCES_BYTES = 8 << 20
"""Bytes of the ConfigMaps and Secrets that the variables of a pod refer to."""


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
        """Return the newest pod of the workload, or None; no other pod stays in memory, as there may be thousands."""
        newest: Mapping[str, Any] | None = None

        def compare(pod: Mapping[str, Any]) -> Mapping[str, Any]:
            nonlocal newest
            if owns(workload, pod) and (newest is None or _created(pod) > _created(newest)):
                newest = pod
            return {}

        pods = Resource("", "v1", "pods", workload.namespace)
        self._objects.list(pods, deadline, selector=workload.selector, page_size=WHOLE_PAGE, trim=compare)
        return newest

    def _read(self, pod: Mapping[str, Any], namespace: str, deadline: Deadline) -> PodReads:
        sources: dict[Source, Values] = {}
        problems = []
        room = Room(_SOURCES_BYTES)
        for source in sorted(sources_of_pod(pod)):
            if source.kind not in self._source_kinds:
                continue
            try:
                resource = Resource("", "v1", _PLURALS[source.kind], namespace)
                found = self._objects.get(resource, source.name, deadline)
                values = values_of(source.kind, found or {})
                for key, value in values.items():
                    room.reserve(key, value)
                sources[source] = values
            except MissingRight as error:
                problems.append(str(error))
            except TooLong:
                problems.append(
                    f"its ConfigMaps and Secrets with variables have more than {_SOURCES_BYTES >> 20} MiB"
                )
                break
        reads = reads_of(pod, sources)
        return PodReads(reads.paths, (*sorted(problems), *reads.problems))


def _created(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"]["creationTimestamp"])
