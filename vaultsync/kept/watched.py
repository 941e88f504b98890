"""Objects with kept references from the watches: only their metadata, and when each is due."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vaultkube.kept.codec import read_annotation
from vaultkube.kept.objects import annotation_of
from vaultkube.kept.values import KeptReferences
from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue
from vaultsync.control.times import refresh_s
from vaultsync.control.tools import chance


class Seen(NamedTuple):
    """An object as last seen: its uid, and the annotation, which anybody may have written."""

    uid: str
    text: str


class Watched:
    """Holds objects with the label of kept references, by their key; safe to share between threads."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._seen: dict[Key, Seen] = {}
        self._started = False

    def start(self, *, spread: bool) -> None:
        """Queue all objects: at once, or each within its refresh time."""
        with self._lock:
            self._started = True
            seen = dict(self._seen)
        for key, entry in seen.items():
            self._queue.put(key, chance() * _delay_s(entry) if spread else 0.0)

    def all_of(self, kind: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Process a list of all objects of a kind."""
        found = {Key.of(kind, document) for document in documents}
        with self._lock:
            gone = [key for key in self._seen if key.kind == kind and key not in found]
        for key in gone:
            self._gone(key)
        for document in documents:
            self.changed(kind, document)

    def changed(self, kind: str, document: Mapping[str, Any]) -> None:
        """Process a change of an object; it is due after its refresh time, as its values were just read from Vault.

        An object that has lost the annotation, and still has the label, is removed.
        """
        key = Key.of(kind, document)
        seen = Seen(str(document["metadata"].get("uid") or ""), annotation_of(document))
        if not seen.text:
            self._gone(key)
            return
        with self._lock:
            is_due = self._started and self._seen.get(key) != seen
            self._seen[key] = seen
        if is_due:
            self._queue.put(key, _delay_s(seen))

    def removed(self, kind: str, document: Mapping[str, Any]) -> None:
        """Process the removal of an object, or of its label."""
        self._gone(Key.of(kind, document))

    def _gone(self, key: Key) -> None:
        with self._lock:
            self._seen.pop(key, None)
            is_due = self._started
        if is_due:
            self._queue.put(key)  # so that it no longer counts as failing

    def get(self, key: Key) -> Seen | None:
        """Return the object, or None if it is unknown."""
        with self._lock:
            return self._seen.get(key)

    def __len__(self) -> int:
        with self._lock:
            return len(self._seen)


def _delay_s(seen: Seen) -> float:
    """Return the seconds until a just written object is due; 0 for an unreadable annotation, to report it at once."""
    references = read_annotation(seen.text)
    return refresh_s(references.after_s, True, chance()) if isinstance(references, KeptReferences) else 0.0
