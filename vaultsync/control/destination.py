"""Destinations: Secrets of custom objects, read as seldom as possible, and written if they differ from Vault."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.lru import LRUDict
from vaultkube.sync_resources.destination import Destination
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.secrets import TLS
from vaultsync.cluster.objects import Objects, secrets
from vaultsync.cluster.store import Entry, Store, mark_of
from vaultsync.content.mac import is_same
from vaultsync.content.ownership import Write, applied_secret, data_in, decide_write

_MOST = 20_000
"""Cached states, also of deleted Secrets; a Secret without a cached state is read again."""


@dataclass(frozen=True)
class _Verified:
    """A verified state of a Secret: its resourceVersion, the HMAC of its data, and the fingerprint of what that was made from."""

    version: str
    mac: str
    fingerprint: str


class Destinations:
    """Writes Secrets, and caches the verified version of each, so that it is not read again."""

    def __init__(self, objects: Objects, store: Store) -> None:
        self._objects = objects
        self._store = store
        self._lock = threading.Lock()
        self._verified: LRUDict[Reference, _Verified] = LRUDict(_MOST)

    def is_untouched(self, entry: Entry, destination: Destination, mac: str, fingerprint: str = "") -> bool:
        """Return whether the Secret is known to hold the data of this HMAC, without a request to the API server."""
        verified = self._as_written(entry, destination, mac)
        return bool(verified and verified.fingerprint == fingerprint and entry.is_seen)

    def is_as_written(self, entry: Entry, destination: Destination, mac: str) -> bool:
        """Return whether the Secret is known to hold the data of this HMAC, whatever that was made from."""
        return self._as_written(entry, destination, mac) is not None

    def _as_written(self, entry: Entry, destination: Destination, mac: str) -> _Verified | None:
        reference = Reference(entry.resource.namespace, destination.name)
        seen = self._store.secret(reference)
        with self._lock:
            verified = self._verified.get(reference)
        if not seen or not verified or seen.owner_uid != entry.resource.uid:
            return None
        return verified if (verified.version, verified.mac) == (seen.version, mac) else None

    def holds(
        self,
        entry: Entry,
        destination: Destination,
        mac: str,
        key: bytes,
        deadline: Deadline,
        fingerprint: str = "",
    ) -> bool:
        """Return whether the Secret exists with the data of this HMAC and fingerprint; read it if that is not known.

        An HMAC of the data alone, as an earlier version has made it, says nothing about a changed spec.
        """
        if not mac:
            return False
        if self.is_untouched(entry, destination, mac, fingerprint):
            return True
        reference = Reference(entry.resource.namespace, destination.name)
        found = self._objects.get(secrets(reference.namespace), reference.name, deadline)
        if found is None:
            return False
        data = data_in(found)
        is_right = is_same(data, mac, key, fingerprint) or (entry.is_seen and is_same(data, mac, key))
        if not is_right or (destination.create and mark_of(found).owner_uid != entry.resource.uid):
            return False
        self._remember(reference, found, mac, fingerprint)
        return True

    def relabel(
        self, entry: Entry, destination: Destination, mac: str, deadline: Deadline, fingerprint: str
    ) -> None:
        """Give a Secret whose data is right the labels and annotations of a changed spec; raise NotOwner or Refused."""
        found = self._objects.get(secrets(entry.resource.namespace), destination.name, deadline)
        if found is not None:
            self.write(entry, destination, data_in(found), mac, deadline, fingerprint)

    def check(self, entry: Entry, destination: Destination, deadline: Deadline) -> None:
        """Raise NotOwner if the Secret could not be written; to be called before Vault issues credentials for it."""
        existing = self._objects.get(secrets(entry.resource.namespace), destination.name, deadline)
        decide_write(entry.resource, destination, existing)

    def write(
        self,
        entry: Entry,
        destination: Destination,
        data: Mapping[str, bytes],
        mac: str,
        deadline: Deadline,
        fingerprint: str = "",
    ) -> bool:
        """Write the Secret if it differs, and return whether its data has changed; raise NotOwner or Refused.

        With a new spec, the object's Secrets of other names are deleted.
        """
        if self.is_untouched(entry, destination, mac, fingerprint):
            return False
        resource = entry.resource
        reference = Reference(resource.namespace, destination.name)
        collection = secrets(reference.namespace)
        existing = self._objects.get(collection, reference.name, deadline)
        decision = decide_write(resource, destination, existing)
        wanted = applied_secret(resource, destination, data)
        if existing is not None:
            has_same = data_in(existing) == data
            is_ours = decision in (Write.OWN, Write.REPLACE)
            # A label or annotation that has left the spec goes by an apply.
            if has_same and entry.is_seen and is_ours and _has(existing, wanted):
                self._remember(reference, existing, mac, fingerprint)
                return False
            if decision is Write.RECREATE:
                self._objects.delete(collection, reference.name, existing["metadata"]["uid"], deadline)
        else:
            has_same = False
        written = self._objects.apply(collection, wanted, deadline)
        removed = {name: None for name in written.get("data") or {} if name not in data}
        if removed:
            written = self._objects.merge(collection, reference.name, {"data": removed}, deadline) or written
        self._remember(reference, written, mac, fingerprint)
        if not entry.is_seen:
            self._prune(entry, destination, deadline)
        return not has_same

    def clear(self, entry: Entry, destination: Destination, deadline: Deadline) -> None:
        """Clear the data of the Secret if the object owns it, or has filled a Secret of others (`create: false`)."""
        collection = secrets(entry.resource.namespace)
        existing = self._objects.get(collection, destination.name, deadline)
        if existing is None:
            return
        is_filled = not destination.create and bool(entry.status.get("secretMAC"))
        if is_filled or mark_of(existing).owner_uid == entry.resource.uid:
            # A Secret of type kubernetes.io/tls must have these keys.
            needed = dict.fromkeys(("tls.crt", "tls.key"), "") if existing.get("type") == TLS else {}
            data = dict.fromkeys(existing.get("data") or {}) | needed
            self._objects.merge(collection, destination.name, {"data": data}, deadline)

    def _prune(self, entry: Entry, destination: Destination, deadline: Deadline) -> None:
        """Delete the object's Secrets whose name is no longer that of the destination."""
        for reference, mark in self._store.secrets().items():
            if mark.owner_uid != entry.resource.uid or reference.namespace != entry.resource.namespace:
                continue
            if reference.name != destination.name:
                found = self._objects.get(secrets(reference.namespace), reference.name, deadline)
                if found is not None and mark_of(found).owner_uid == entry.resource.uid:
                    uid = str(found["metadata"]["uid"])
                    self._objects.delete(secrets(reference.namespace), reference.name, uid, deadline)

    def _remember(
        self, reference: Reference, document: Mapping[str, Any], mac: str, fingerprint: str
    ) -> None:
        mark = mark_of(document)
        if mark.owner_uid:
            self._store.put_secret(reference, mark)
        with self._lock:
            self._verified[reference] = _Verified(mark.version, mac, fingerprint)


def _has(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether an object has all the wanted labels, annotations and owner references."""
    metadata, wanted_metadata = existing.get("metadata") or {}, wanted["metadata"]
    maps = all(
        (metadata.get(name) or {}).get(key) == value
        for name in ("labels", "annotations")
        for key, value in (wanted_metadata.get(name) or {}).items()
    )
    owners = {reference.get("uid") for reference in metadata.get("ownerReferences") or ()}
    return maps and all(
        reference["uid"] in owners for reference in wanted_metadata.get("ownerReferences") or ()
    )
