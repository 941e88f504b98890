"""The store: custom objects and marks of Secrets from the watches, as frozen values; safe to share between threads."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.resources import API_VERSION, Resource, read_resource
from vaultsync.content.ownership import UID_LABEL


class Key(NamedTuple):
    """The name of a custom object, with its kind and namespace."""

    kind: str
    namespace: str
    name: str

    @property
    def reference(self) -> Reference:
        """The namespace and name of the object."""
        return Reference(self.namespace, self.name)

    @classmethod
    def of(cls, kind: str, document: Mapping[str, Any]) -> "Key":
        """Return the key of a document of a list or a watch, with the kind that the caller uses."""
        metadata = document["metadata"]
        return cls(kind, str(metadata["namespace"]), str(metadata["name"]))


@dataclass(frozen=True)
class Entry:
    """A custom object as last seen: its spec, its status and the metadata that the work needs."""

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

    @property
    def is_seen(self) -> bool:
        """Whether the status is of the spec as it is now."""
        return bool(self.status.get("lastGeneration") == self.resource.generation)

    @property
    def mac(self) -> str:
        """The HMAC of the Secret's data in the status, an empty text without one."""
        return str(self.status.get("secretMAC") or "")


class SecretMark(NamedTuple):
    """The owner and the resourceVersion of a managed Secret; its data is never stored."""

    owner_uid: str
    version: str


def entry_of(document: Mapping[str, Any], kind: str) -> Entry:
    """Return the entry for a document of a list or a watch; items of lists lack their kind and apiVersion."""
    metadata = document.get("metadata") or {}
    return Entry(
        resource=read_resource({**document, "kind": kind, "apiVersion": API_VERSION}),
        status=document.get("status") or {},
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        finalizers=tuple(metadata.get("finalizers") or ()),
        deleted_at=metadata.get("deletionTimestamp") or "",
        version=metadata.get("resourceVersion") or "",
    )


def mark_of(document: Mapping[str, Any]) -> SecretMark:
    """Return the mark of a Secret, from its metadata."""
    metadata = document.get("metadata") or {}
    labels = metadata.get("labels") or {}
    return SecretMark(labels.get(UID_LABEL) or "", metadata.get("resourceVersion") or "")


class Store:
    """Holds custom objects by their key, and marks of managed Secrets by their name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: defaultdict[str, dict[Key, Entry]] = defaultdict(dict)
        """By kind, as there are few objects of some kinds that each work needs, and many of others."""
        self._secrets: dict[Reference, SecretMark] = {}

    def put(self, entry: Entry, *, is_whole: bool = True) -> Entry | None:
        """Store the object, unless a newer state is known, and return the previous state.

        One that is not whole has fields of an earlier state: a known state of the same resourceVersion is not replaced either.
        """
        with self._lock:
            entries = self._entries[entry.key.kind]
            before = entries.get(entry.key)
            is_same = before is not None and before.version == entry.version
            if before is None or not (_is_older(entry, before) or (is_same and not is_whole)):
                entries[entry.key] = entry
            return before

    def drop(self, key: Key, uid: str = "") -> None:
        """Remove the object, with `uid` only if it is the one of that uid."""
        with self._lock:
            known = self._entries[key.kind].get(key)
            if known is not None and uid in ("", known.resource.uid):
                del self._entries[key.kind][key]

    def get(self, key: Key) -> Entry | None:
        """Return the object, or None if it is unknown."""
        with self._lock:
            return self._entries[key.kind].get(key)

    def entries_of_kinds(self, kinds: Iterable[str]) -> list[Entry]:
        """Return all objects of these kinds."""
        with self._lock:
            return [entry for kind in kinds for entry in self._entries[kind].values()]

    def put_secret(self, reference: Reference, mark: SecretMark | None) -> SecretMark | None:
        """Store the mark of a Secret, or remove it for None, and return the previous mark."""
        with self._lock:
            before = self._secrets.pop(reference, None)
            if mark is not None:
                self._secrets[reference] = mark
            return before

    def secret(self, reference: Reference) -> SecretMark | None:
        """Return the mark of a managed Secret, or None if it is unknown."""
        with self._lock:
            return self._secrets.get(reference)

    def secrets(self) -> dict[Reference, SecretMark]:
        """Return all marks."""
        with self._lock:
            return dict(self._secrets)


def has_changed(before: Entry, after: Entry) -> bool:
    """Return whether an object has another spec than before, was recreated, or has been deleted."""
    return (
        before.resource.uid != after.resource.uid
        or before.resource.generation != after.resource.generation
        or before.deleted_at != after.deleted_at
    )


def _is_older(entry: Entry, known: Entry) -> bool:
    """Return whether a state of the same object is older: the answer to a write may arrive before the watch's event.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    is_same = entry.resource.uid == known.resource.uid
    return (
        is_same
        and entry.version.isdecimal()
        and known.version.isdecimal()
        and int(entry.version) < int(known.version)
    )
