"""Kubernetes Events: warnings about an object, sent in the background by a thread, at a limited rate.

Above the limit the newest are dropped, as the answer and the log have the same message.
https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import logging
import queue
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from vaultkube.deadline import Deadline
from vaultkube.documents.times import micro_time_text
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.lru import LRUDict
from vaultkube.wire.meta import ObjectReference
from vaultkube.wire.objects import Event

_log = logging.getLogger(__name__)
_NOTE_LENGTH = 1000  # of at most 1024 bytes
_NAME = re.compile(r"[^a-z0-9.-]+")
_WAITING = 64
_BUDGET_S = 3.0


class Recorder(Protocol):
    """Creates Events: `vaultkube.apiserver.client.Cluster`."""

    def create_event(self, namespace: str, event: Event, deadline: Deadline) -> None: ...


class EventSender:
    """Sends Events in a thread: on average at most one a second, and for one namespace one in ten seconds."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._limit = Limit(time.monotonic)
        self._queue: queue.Queue[tuple[str, Event]] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def send(self, namespace: str, event: Event) -> None:
        """Queue the Event and return at once; drop an Event above the limit, or the same one within a minute."""
        regarding = event["regarding"]
        if self._limit.allows(namespace, regarding["kind"], regarding["name"], event["note"]):
            try:
                self._queue.put_nowait((namespace, event))
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


class _Pace(NamedTuple):
    """A rate: `burst` Events at once, then one every `every_s` seconds; its state is the time until which it is used up."""

    burst: int
    every_s: float

    def allows(self, until_s: float, now_s: float) -> bool:
        return until_s - now_s <= (self.burst - 1) * self.every_s

    def after_one(self, until_s: float, now_s: float) -> float:
        return max(until_s, now_s) + self.every_s


class Limit:
    """Limits Events by a rate for all and one for each namespace, so that a namespace with many refusals silences no other.

    Events of the same key are allowed once a minute.
    """

    _ALL, _NAMESPACE = _Pace(20, 1.0), _Pace(5, 10.0)
    _SAME_S, _REMEMBERED = 60.0, 1024

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = clock()
        self._namespaces: LRUDict[str, float] = LRUDict(self._REMEMBERED)
        self._last: LRUDict[tuple[str, ...], float] = LRUDict(self._REMEMBERED)

    def allows(self, namespace: str, *key: str) -> bool:
        """Return whether one more Event of the namespace may be sent now, and count it if so."""
        with self._lock:
            now, same = self._clock(), (namespace, *key)
            own = self._namespaces.get(namespace, now)
            is_new = now - self._last.get(same, -self._SAME_S) >= self._SAME_S
            if not (is_new and self._ALL.allows(self._until, now) and self._NAMESPACE.allows(own, now)):
                return False
            self._until = self._ALL.after_one(self._until, now)
            self._namespaces[namespace] = self._NAMESPACE.after_one(own, now)
            self._last[same] = now
            return True


def warning(
    namespace: str,
    regarding: ObjectReference,
    *,
    reason: str,
    action: str,
    note: str,
    controller: str,
    instance: str,
) -> Event:
    """Return an Event of type Warning about an object of the namespace; `note` is cut at 1000 bytes."""
    now = micro_time_text(time.time())
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{_event_name(regarding['name']) or controller}.{secrets.token_hex(8)}",
            "namespace": namespace,
        },
        "eventTime": now,
        "type": "Warning",
        "reason": reason,
        "action": action,
        "note": note.encode("utf-8", "replace")[:_NOTE_LENGTH].decode("utf-8", "ignore"),
        "regarding": {**regarding, "namespace": namespace},
        "reportingController": controller,
        "reportingInstance": instance[:128] or controller,
    }


def _event_name(name: str) -> str:
    """Return the name without the characters that an Event's name cannot have."""
    return _NAME.sub("-", name.lower())[:200].strip(".-")
