"""Events about objects, written by a thread of their own; a repeated Event is counted, not written anew.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import logging
import queue
import threading
import time
from typing import NamedTuple

from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import Deadline
from vaultkube.documents.times import time_text
from vaultkube.errors import Refused
from vaultkube.lru import LRUDict
from vaultkube.sync_resources.resources import API_VERSION, Resource
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Key

_log = logging.getLogger(__name__)
_WAITING, _REMEMBERED = 4096, 4096
_LONGEST = 1000
_BUDGET_S = 5.0
_FLOOD, _PAUSE_S = 30, 0.02
"""With more waiting Events than this, a pause before each leaves the API server to the work on objects."""


class Subject(NamedTuple):
    """An object that an Event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def subject_of(resource: Resource) -> Subject:
    """Return a custom object as the subject of Events."""
    return Subject(API_VERSION, resource.kind, resource.namespace, resource.name, resource.uid)


class Notice(NamedTuple):
    """An Event for the author of an object, to be sent."""

    about: Subject
    reason: str
    message: str
    is_warning: bool = False

    def shortened(self) -> "Notice":
        """Return the notice with its message shortened to a length that an Event and the cache may hold."""
        return self._replace(message=self.message[:_LONGEST])


class _Sent(NamedTuple):
    name: str
    times: int


class Notices:
    """Writes Events from a queue; drops those that do not fit into it, as the conditions have the same messages."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._queue: queue.Queue[Notice | None] = queue.Queue(_WAITING)
        self._sent: LRUDict[tuple[str, str, str], _Sent] = LRUDict(_REMEMBERED)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        """Start the thread that writes."""
        self._thread.start()

    def send(self, notice: Notice) -> None:
        """Queue an Event and return at once."""
        try:
            self._queue.put_nowait(notice.shortened())
        except queue.Full:
            return

    def finish(self, budget_s: float) -> None:
        """Write the queued Events within `budget_s` seconds, and end the thread."""
        self._ends.set()
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(budget_s)

    def _run(self) -> None:
        while (notice := self._queue.get()) is not None:
            if self._queue.qsize() > _FLOOD:
                self._ends.wait(_PAUSE_S)
            try:
                self._write(notice)
            except Refused as error:
                fields = {"object": str(notice.about), "reason": str(error)}
                _log.warning("an Event was not sent", extra={"fields": fields})

    def _write(self, notice: Notice) -> None:
        about = notice.about
        key = (about.uid, notice.reason, notice.message)
        events = Collection("", "v1", "events", about.namespace)
        now = time_text(time.time())
        sent = self._sent.pop(key, None)
        deadline = Deadline(_BUDGET_S)
        if sent and self._objects.merge(
            events, sent.name, {"count": sent.times + 1, "lastTimestamp": now}, deadline
        ):
            self._sent[key] = sent._replace(times=sent.times + 1)
            return
        # As client-go names them: kubectl shows events of the same second in the order of their names.
        name = f"{about.name[:200]}.{time.time_ns():016x}"
        self._objects.add(events, _event(notice, name, now), deadline)
        self._sent[key] = _Sent(name, 1)


class DistinctNotices:
    """Sends an Event unless the last one of the same object had the same message; safe to share between threads."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._lock = threading.Lock()
        self._last_messages: LRUDict[Key, str] = LRUDict(_REMEMBERED)

    def send(self, key: Key, notice: Notice) -> None:
        """Send the Event, unless its message was the last one of this object."""
        message = notice.shortened().message
        with self._lock:
            is_known = self._last_messages.get(key) == message
            self._last_messages[key] = message
        if not is_known:
            self._notices.send(notice)

    def forget(self, key: Key) -> None:
        """Forget the last message of the object, so that its next Event is sent in any case."""
        with self._lock:
            self._last_messages.pop(key, None)


def _event(notice: Notice, name: str, now: str) -> dict[str, object]:
    about = notice.about
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": about.namespace},
        "involvedObject": {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
        },
        "type": "Warning" if notice.is_warning else "Normal",
        "reason": notice.reason,
        "message": notice.message,
        "source": {"component": about.kind},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
