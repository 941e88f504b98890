"""Kubernetes Events about refused objects: `kubectl get events` shows why a pod is missing.

A thread sends them. When there are too many, the newest are dropped: the answer and the log say the same.
https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import datetime
import logging
import queue
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from webhook.admission.review import AdmissionRequest

CONTROLLER = "vault-webhook"
_log = logging.getLogger(__name__)
_NOTE_LENGTH = 1000  # of at most 1024 bytes
_NAME = re.compile(r"[^a-z0-9.-]+")
_WAITING = 64
_BUDGET_S = 3.0


class Recorder(Protocol):
    """Creates Events: `vaultkube.apiserver.client.Cluster`."""

    def create_event(self, namespace: str, event: Mapping[str, Any], deadline: Deadline) -> None: ...


class Events:
    """Sends an Event for each refusal; the same one at most once a minute, and at most one a second on average."""

    def __init__(
        self, recorder: Recorder, instance: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._recorder = recorder
        self._instance = instance
        self._limit = Limit(clock)
        self._queue: queue.Queue[tuple[str, Mapping[str, Any]]] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def refused(self, request: AdmissionRequest, reason: str) -> None:
        """Queue an Event and return at once; a dry run, or a refusal above the limit, gets none."""
        if request.dry_run or not request.namespace:
            return
        event = refusal_event(request, reason, self._instance)
        regarding = event["regarding"]
        if self._limit.allows((request.namespace, regarding["kind"], regarding["name"], reason)):
            try:
                self._queue.put_nowait((request.namespace, event))
            except queue.Full:
                return
            self._start()

    def _start(self) -> None:
        """Start the thread in the process that serves: a fork does not inherit threads."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            namespace, event = self._queue.get()
            try:
                self._recorder.create_event(namespace, event, Deadline(_BUDGET_S))
            except (ClusterUnavailable, MissingRight) as error:
                fields = {"namespace": namespace, "reason": str(error)}
                _log.warning("an Event was not sent", extra={"fields": fields})


class Limit:
    """Allows a key once a minute, and all keys together 20 at once and then one a second."""

    _SAME_S, _BURST, _PER_S, _KEYS = 60.0, 20.0, 1.0, 1024

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens, self._filled = self._BURST, clock()
        self._last: dict[tuple[str, ...], float] = {}

    def allows(self, key: tuple[str, ...]) -> bool:
        """Return whether one more Event may be sent now, and count it if so."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._BURST, self._tokens + (now - self._filled) * self._PER_S)
            self._filled = now
            if self._tokens < 1 or now - self._last.get(key, -self._SAME_S) < self._SAME_S:
                return False
            self._tokens -= 1
            self._last.pop(key, None)
            self._last[key] = now
            if len(self._last) > self._KEYS:
                del self._last[next(iter(self._last))]
            return True


def refusal_event(request: AdmissionRequest, reason: str, instance: str) -> dict[str, Any]:
    """Return the Event (events.k8s.io/v1) about a refused object, or about the controller that wanted to create it."""
    regarding = _regarding(request)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{_event_name(regarding['name'])}.{secrets.token_hex(8)}",
            "namespace": request.namespace,
        },
        "eventTime": now,
        "type": "Warning",
        "reason": "Refused",
        "action": f"{request.operation.capitalize() or 'Admit'}",
        "note": reason.encode("utf-8", "replace")[:_NOTE_LENGTH].decode("utf-8", "ignore"),
        "regarding": {**regarding, "namespace": request.namespace},
        "reportingController": CONTROLLER,
        "reportingInstance": instance[:128] or CONTROLLER,
    }


def _regarding(request: AdmissionRequest) -> dict[str, str]:
    metadata = request.object.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    owners = metadata.get("ownerReferences")
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller") and not request.object_name:
            return {key: str(owner.get(key) or "") for key in ("apiVersion", "kind", "name", "uid")}
    name = request.object_name or str(metadata.get("generateName") or "")
    return {"apiVersion": "v1", "kind": request.kind, "name": name}


def _event_name(name: str) -> str:
    """Return the name without the characters that an Event's name cannot have."""
    return _NAME.sub("-", name.lower())[:200].strip(".-") or CONTROLLER
