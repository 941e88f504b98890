"""Reflectors: a thread for each kind lists its objects, watches their changes, and lists again if the watch cannot continue."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.apiserver.transport import JSON
from vaultkube.apiserver.watching import watch
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, Refused
from vaultsync.cluster.objects import PAGE, Objects

_log = logging.getLogger(__name__)
_LIST_BUDGET_S = 60.0
_WATCH_S = 300
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_GONE = 410

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Reflected:
    """A collection to watch, with callbacks for a whole list and for each later change."""

    collection: Collection
    all: Callable[[Sequence[Document]], None]
    changed: Callable[[Document], None]
    removed: Callable[[Document], None]
    selector: str = ""
    accept_list: str = JSON
    accept_each: str = JSON
    page_size: int = PAGE
    trim: Callable[[Document], Document] = lambda document: document
    """Reduces a listed object to the fields that `all` needs, so that large objects are not all in memory at once."""


class Reflector:
    """Watches one collection until `stop`, with a pause between two watches, which each early failure doubles up to half a minute.

    An unexpected error counts as a failure too: without the thread, all objects of the kind would silently stay as they are.
    """

    def __init__(self, objects: Objects, connection: Connection, reflected: Reflected) -> None:
        self._objects = objects
        self._connection = connection
        self._reflected = reflected
        self._version = ""
        self.listed = threading.Event()
        """Set after the first list."""
        self.problem = ""
        """The reason why the watch does not run now, or an empty text."""
        self._logged = ""

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set."""
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            started, lasted = time.monotonic(), False
            try:
                self._once(stop)
                self.problem, self._logged, lasted = "", "", True
            except Refused as error:
                if str(error) != self._logged:
                    _log.warning("a watch failed", extra={"fields": {"reason": str(error)}})
                self.problem = self._logged = str(error)
            except Exception as error:
                # One author's object must not end the watch of everybody's objects.
                plural = self._reflected.collection.plural
                _log.exception("a watch failed unexpectedly", extra={"fields": {"resource": plural}})
                self.problem = f"a watch of {plural} failed: {type(error).__name__}"
            if lasted or time.monotonic() - started > _LONGEST_PAUSE_S:
                pause_s = _FIRST_PAUSE_S
            stop.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  # spread
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def list(self) -> None:
        """List the collection once; raise ClusterUnavailable or MissingRight."""
        reflected = self._reflected
        listed = self._objects.list(
            reflected.collection,
            Deadline(_LIST_BUDGET_S),
            selector=reflected.selector,
            accept=reflected.accept_list,
            page_size=reflected.page_size,
            trim=reflected.trim,
        )
        reflected.all(listed.documents)
        self._version = listed.version
        self.problem = ""
        self.listed.set()

    def _once(self, stop: threading.Event) -> None:
        if not self._version:
            self.list()
        reflected = self._reflected
        query = {"resourceVersion": self._version, "labelSelector": reflected.selector}
        path = reflected.collection.path()
        changes = watch(self._connection, path, query, reflected.accept_each, _WATCH_S, self._begun)
        for type_, document in changes:
            if stop.is_set():
                return
            if type_ == "ERROR":
                self._failed(document)
                return
            self._version = (document.get("metadata") or {}).get("resourceVersion") or self._version
            if type_ == "DELETED":
                reflected.removed(document)
            elif type_ != "BOOKMARK":
                reflected.changed(document)

    def _begun(self) -> None:
        self.problem = ""

    def _failed(self, status: Document) -> None:
        """Forget the resourceVersion, so that a list follows; raise ClusterUnavailable unless the version was only too old."""
        self._version = ""
        if status.get("code") != _GONE:
            plural = self._reflected.collection.plural
            raise ClusterUnavailable(f"the API server answered {status.get('code')} for a watch of {plural}")
