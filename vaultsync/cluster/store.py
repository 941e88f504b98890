"""The store: what the watches have told, as frozen values; safe to share between threads."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.resources import Resource, read_resource
from vaultsync.content.ownership import UID_LABEL


class Key(NamedTuple):
    """The name of a custom object, with its kind and namespace."""

    kind: str
    namespace: str
    name: str

    @property
    def reference(self) -> Reference:
        """Its namespace and name."""
        return Reference(self.namespace, self.name)


@dataclass(frozen=True)
class Entry:
    """A custom object as it was seen: what it asks for, and what its status says was done."""

    resource: Resource
    status: Mapping[str, Any]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    finalizers: tuple[str, ...]
    deleted_at: str
    version: str
    """The resourceVersion."""

    @property
    def key(self) -> Key:
        """The key of the object."""
        return Key(self.resource.kind, self.resource.namespace, self.resource.name)


class SecretMark(NamedTuple):
    """The owner and the resourceVersion of a Secret that is ours. Its data is never kept."""

    owner_uid: str
    version: str


def entry_of(document: Mapping[str, Any], kind: str, api_version: str) -> Entry:
    """Return a custom object as a list or a watch has it; items of lists do not say their kind."""
    metadata = document.get("metadata") or {}
    return Entry(
        resource=read_resource({**document, "kind": kind, "apiVersion": api_version}),
        status=document.get("status") or {},
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        finalizers=tuple(metadata.get("finalizers") or ()),
        deleted_at=metadata.get("deletionTimestamp") or "",
        version=metadata.get("resourceVersion") or "",
    )


def mark_of(document: Mapping[str, Any]) -> SecretMark:
    """Return the mark of a Secret's metadata."""
    metadata = document.get("metadata") or {}
    labels = metadata.get("labels") or {}
    return SecretMark(labels.get(UID_LABEL) or "", metadata.get("resourceVersion") or "")


class Store:
    """Custom objects by their key, Secrets that are ours by their name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Key, Entry] = {}
        self._secrets: dict[Reference, SecretMark] = {}

    def put(self, entry: Entry) -> Entry | None:
        """Keep the object, unless a newer state of it is known, and return what it was before."""
        with self._lock:
            before = self._entries.get(entry.key)
            if before is None or not _is_older(entry, before):
                self._entries[entry.key] = entry
            return before

    def drop(self, key: Key) -> None:
        """Forget the object."""
        with self._lock:
            self._entries.pop(key, None)

    def get(self, key: Key) -> Entry | None:
        """Return the object, None if there is none."""
        with self._lock:
            return self._entries.get(key)

    def entries_of_kinds(self, kinds: Iterable[str]) -> list[Entry]:
        """Return all objects of these kinds."""
        wanted = set(kinds)
        with self._lock:
            return [entry for key, entry in self._entries.items() if key.kind in wanted]

    def put_secret(self, reference: Reference, mark: SecretMark | None) -> SecretMark | None:
        """Keep the mark of a Secret, or forget it, and return what it was before."""
        with self._lock:
            before = self._secrets.pop(reference, None)
            if mark is not None:
                self._secrets[reference] = mark
            return before

    def secret(self, reference: Reference) -> SecretMark | None:
        """Return the mark of a Secret that is ours, None if there is none."""
        with self._lock:
            return self._secrets.get(reference)

    def secrets(self) -> dict[Reference, SecretMark]:
        """Return all marks."""
        with self._lock:
            return dict(self._secrets)


def has_changed(before: Entry, after: Entry) -> bool:
    """Return whether an object asks for something else than before: it has another spec, is another one, or is to go."""
    return (
        before.resource.uid != after.resource.uid
        or before.resource.generation != after.resource.generation
        or before.deleted_at != after.deleted_at
    )


def _is_older(entry: Entry, known: Entry) -> bool:
    """Return whether a state of the same object is older: an answer to a write may come before the watch tells of it.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    is_same = entry.resource.uid == known.resource.uid
    return (
        is_same
        and entry.version.isdecimal()
        and known.version.isdecimal()
        and int(entry.version) < int(known.version)
    )
