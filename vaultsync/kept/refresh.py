"""Refreshing: values of an object with kept references are written if Vault's values no longer match the marks."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import Refused
from vaultkube.kept.codec import mark_of, sealed, unsealed
from vaultkube.kept.objects import annotation_of, with_annotation
from vaultkube.kept.values import KeptReferences, KeptValue, Place
from vaultkube.problem import Problem
from vaultsync import reasons
from vaultsync.cluster.notices import DistinctNotices, Notice, Notices, Subject
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Key
from vaultsync.collections import RefreshedCollection
from vaultsync.control.times import NEVER, refresh_s
from vaultsync.control.tools import chance
from vaultsync.errors import InvalidResource, SyncError
from vaultsync.kept.reading import Reading
from vaultsync.kept.watched import Seen, Watched

_log = logging.getLogger(__name__)
_OVERWRITTEN = (
    "{}: its value is not the one written last, so it is no longer kept in step; apply the object again"
)
_DYNAMIC_ENGINE = (
    "{}: an engine of type {} may answer each read with new credentials, so it is read only at admission"
)


class Refresher:
    """Refreshes objects of some collections with kept references; safe to share between threads."""

    def __init__(
        self,
        collections: Mapping[str, RefreshedCollection],
        key: bytes,
        watched: Watched,
        reading: Reading,
        objects: Objects,
        notices: Notices,
    ) -> None:
        """`collections` are by their name; `key` is that of the seals and marks."""
        self._collections = collections
        self._key = key
        self._watched = watched
        self._reading = reading
        self._objects = objects
        self._notices = notices
        self._warnings = DistinctNotices(notices)
        self.written = 0

    def work(self, key: Key, deadline: Deadline) -> float:
        """Refresh an object and return the seconds until the next time; raise SyncError or Refused."""
        seen, place = self._watched.get(key), Place(*key)
        if seen is None:
            self._warnings.forget(key)
            return NEVER
        references = unsealed(seen.text, place, self._key)
        if isinstance(references, Problem):
            raise InvalidResource([references])
        answered = self._reading.read(references, place, deadline)
        changed = {
            name: value
            for name, value in answered.values.items()
            if mark_of(value, name, place, self._key) != references.values[name].mark
        }
        lost = self._write(key, seen, references, changed, deadline) if changed else ()
        warnings = [_OVERWRITTEN.format(name) for name in lost]
        warnings += [_DYNAMIC_ENGINE.format(name, type_) for name, type_ in answered.left_out.items()]
        if warnings:
            self._warn(key, seen.uid, reasons.SYNC_ERROR, "; ".join(warnings), deadline)
        else:
            self._warnings.forget(key)
        return refresh_s(references.after_s, True, chance())

    def failed(self, key: Key, error: Exception, deadline: Deadline) -> None:
        """Send a warning Event about a failure, unless the last one has the same message."""
        seen = self._watched.get(key)
        reason = error.reason if isinstance(error, SyncError) else reasons.SYNC_ERROR
        if seen is not None:
            self._warn(key, seen.uid, reason, str(error), deadline)

    def _write(
        self,
        key: Key,
        seen: Seen,
        references: KeptReferences,
        changed: Mapping[str, bytes],
        deadline: Deadline,
    ) -> tuple[str, ...]:
        """Write changed values and their marks; return the names of values that somebody else has overwritten.

        Nothing is written if the annotation has changed meanwhile: the watch queues the object again.
        """
        collection, place = self._collections[key.kind], Place(*key)
        found = self._objects.get(self._resource(key), key.name, deadline)
        if found is None or annotation_of(found) != seen.text:
            return ()
        content: Any = found
        present = collection.kind.values_at(content, changed)
        own = {
            name: value for name, value in changed.items() if self._is_own(name, present, references, place)
        }
        lost = tuple(name for name in changed if name not in own)
        replaced = collection.kind.replace_values(content, own)
        stored = {**own, **collection.kind.values_at(replaced, own)}
        marked = {
            name: value._replace(mark=mark_of(stored[name], name, place, self._key)) if name in own else value
            for name, value in references.values.items()
            if name not in lost
        }
        text = sealed(replace(references, values=marked), place, self._key) if marked else ""
        if text == seen.text:  # base64 with line breaks in Vault has none in binaryData
            return ()
        self._patch(key, found, with_annotation(replaced, text), deadline)
        if own:
            self.written += 1
            about = self._subject(key, seen.uid, str(found.get("kind") or ""))
            self._notices.send(Notice(about, reasons.ROTATED, f"Refreshed from Vault: {', '.join(own)}"))
        return lost

    def _is_own(
        self, name: str, present: Mapping[str, bytes], references: KeptReferences, place: Place
    ) -> bool:
        """Return whether the object still has the value that was written last."""
        known: KeptValue = references.values[name]
        return name in present and mark_of(present[name], name, place, self._key) == known.mark

    def _patch(self, key: Key, found: Mapping[str, Any], new: Any, deadline: Deadline) -> None:
        """Write the difference, and restore the ownership of fields.

        A write changes the owner of a field, and a later server-side apply by the earlier owner would be a conflict.
        """
        resource = self._resource(key)
        written = self._objects.patch(
            resource, key.name, [_unchanged_since(found), *diff(found, new)], deadline
        )
        managers = found["metadata"].get("managedFields")
        if written is None or not managers:
            return
        restored = {"op": "replace", "path": "/metadata/managedFields", "value": managers}
        try:
            self._objects.patch(resource, key.name, [_unchanged_since(written), restored], deadline)
        except Refused as error:
            fields = {"object": "/".join(key), "reason": str(error)}
            _log.warning("the ownership of fields was not given back", extra={"fields": fields})

    def _warn(self, key: Key, uid: str, reason: str, message: str, deadline: Deadline) -> None:
        about = self._subject(key, uid, self._kind(key, deadline))
        self._warnings.send(key, Notice(about, reason, message, is_warning=True))

    def _resource(self, key: Key) -> Resource:
        return self._collections[key.kind].resource._replace(namespace=key.namespace)

    def _kind(self, key: Key, deadline: Deadline) -> str:
        """Return the object's kind; read a custom object for it."""
        if known := self._collections[key.kind].api_kind:
            return known
        try:
            return str((self._objects.get(self._resource(key), key.name, deadline) or {}).get("kind") or "")
        except Refused:
            return self._resource(key).plural

    def _subject(self, key: Key, uid: str, kind: str) -> Subject:
        """Return the object as an Event names it."""
        resource = self._resource(key)
        version = f"{resource.group}/{resource.version}" if resource.group else resource.version
        return Subject(version, kind, key.namespace, key.name, uid)


def _unchanged_since(found: Mapping[str, Any]) -> dict[str, Any]:
    version = found["metadata"]["resourceVersion"]
    return {"op": "test", "path": "/metadata/resourceVersion", "value": version}
