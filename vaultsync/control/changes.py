"""Changes: events of the watches update the store, and queue changed objects and those that depend on them."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.resources import KINDS
from vaultkube.sync_resources.secrets import SecretSpec, StaticSecretSpec
from vaultsync.cluster.store import Entry, Key, Store, entry_of, has_changed, mark_of
from vaultsync.control.conditions import is_ready, was_synced
from vaultsync.control.dependencies import namespaces_of
from vaultsync.control.lease import lease_in
from vaultsync.control.queue import Queue
from vaultsync.control.restoring import Pauses
from vaultsync.control.times import refresh_s
from vaultsync.control.tools import chance, now
from vaultsync.control.worker import SECRET_KINDS

REFERENCED_KINDS = tuple(row.kind for row in KINDS if row.kind not in SECRET_KINDS)
_SPREAD_S, _MOST_A_SECOND = 5.0, 10.0


class Changes:
    """Updates the store from the watches, and queues the objects that need work after a change."""

    def __init__(self, store: Store, queue: Queue, operator: str) -> None:
        """`operator` is the operator's namespace."""
        self._store = store
        self._queue = queue
        self._operator = operator
        self._pauses = Pauses()
        self._started = threading.Event()

    def start(self, *, spread: bool) -> None:
        """Queue all objects: at once, or with `spread` those already in sync, whose Secret is there, over their refresh time."""
        self._started.set()
        referenced = self._store.entries_of_kinds(REFERENCED_KINDS)
        for entry in referenced:
            self._queue.put(entry.key, first_s(entry, spread_s(len(referenced)), chance()) if spread else 0.0)
        entries = self._store.entries_of_kinds(SECRET_KINDS)
        for entry in entries:
            is_later = spread and self._has_secret(entry)
            self._queue.put(entry.key, first_s(entry, spread_s(len(entries)), chance()) if is_later else 0.0)

    def _has_secret(self, entry: Entry) -> bool:
        """Return whether the Secret of an object is there; true also for one that the operator does not create, and so does not list."""
        spec = entry.resource.spec
        if not isinstance(spec, SecretSpec) or not spec.destination.create:
            return True
        mark = self._store.secret(Reference(entry.key.namespace, spec.destination.name))
        return mark is not None and mark.owner_uid == entry.resource.uid

    def all_of(self, kind: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Process a list of all custom objects of a kind."""
        entries = {entry.key: entry for entry in (entry_of(each, kind) for each in documents)}
        for known in self._store.entries_of_kinds((kind,)):
            if known.key not in entries:
                self._remove(known.key)
        for entry in entries.values():
            self._seen(entry)

    def changed(self, kind: str, document: Mapping[str, Any]) -> None:
        """Process a change of a custom object."""
        self._seen(entry_of(document, kind))

    def removed(self, kind: str, document: Mapping[str, Any]) -> None:
        """Process the removal of a custom object."""
        self._remove(entry_of(document, kind).key)

    def all_secrets(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Process a list of the metadata of all managed Secrets."""
        found = {_reference(each): each for each in documents}
        for reference in self._store.secrets():
            if reference not in found:
                self.secret_removed({"metadata": {"namespace": reference.namespace, "name": reference.name}})
        for each in documents:
            self.secret_changed(each)

    def secret_changed(self, document: Mapping[str, Any]) -> None:
        """Process a change of a Secret; queue the owner of the Secret if somebody else than the operator made the change."""
        reference, mark = _reference(document), mark_of(document)
        before = self._store.secret(reference)
        if before is not None and _is_newer(before.version, mark.version):
            return
        self._store.put_secret(reference, mark)
        if before is not None and before.version != mark.version:
            self._restore(reference, mark.owner_uid, before.owner_uid)

    def secret_removed(self, document: Mapping[str, Any]) -> None:
        """Process the removal of a managed Secret, or of its label."""
        reference = _reference(document)
        before = self._store.put_secret(reference, None)
        if before is not None:
            self._restore(reference, before.owner_uid)

    def _restore(self, reference: Reference, *uids: str) -> None:
        if not self._started.is_set():
            return
        delay_s = self._pauses.next_s(reference)
        for entry in self._store.entries_of_kinds(SECRET_KINDS):
            if entry.resource.uid in uids and entry.key.namespace == reference.namespace:
                self._queue.put(entry.key, delay_s)

    def _seen(self, entry: Entry) -> None:
        before = self._store.put(entry)
        if not self._started.is_set() or (before is not None and not has_changed(before, entry)):
            return
        self._queue.put(entry.key)
        if entry.key.kind in REFERENCED_KINDS:
            self._dependents(entry.key.namespace)

    def _remove(self, key: Key) -> None:
        self._store.drop(key)
        if not self._started.is_set():
            return
        self._queue.put(key)  # so that it no longer counts as failing
        if key.kind in REFERENCED_KINDS:
            self._dependents(key.namespace)

    def _dependents(self, namespace: str) -> None:
        """Queue objects that may depend on a VaultAuth or another referenced object of a namespace, spread over time."""
        entries = [
            entry
            for entry in self._store.entries_of_kinds(("VaultAuth", *SECRET_KINDS))
            if namespace in namespaces_of(entry, self._operator, self._store.get)
        ]
        longest_s = spread_s(len(entries))
        for entry in entries:
            self._queue.put(entry.key, longest_s * chance() if was_synced(entry.status) else 0.0)


def spread_s(number: int) -> float:
    """Return the seconds over which so many objects are spread: five, or more, so that at most ten are due in a second."""
    return max(_SPREAD_S, number / _MOST_A_SECOND)


def first_s(entry: Entry, longest_s: float, chance: float) -> float:
    """Return the seconds until the first work on an object after a start: 0 if it is not ready or has changed.

    A static secret waits up to its refreshAfter, another one up to `longest_s` or half of the time that its lease has left.
    """
    spec, status = entry.resource.spec, entry.status
    if not entry.is_seen or entry.deleted_at or not is_ready(status):
        return 0.0
    if isinstance(spec, StaticSecretSpec):
        return chance * refresh_s(spec.refresh_after_s, True, 0.0)
    lease = lease_in(status)
    left_s = 0.5 * (lease.ends_at() - now()) if lease else longest_s
    return chance * max(min(longest_s, left_s), 0.0)


def _is_newer(version: str, other: str) -> bool:
    return version.isdecimal() and other.isdecimal() and int(version) > int(other)


def _reference(document: Mapping[str, Any]) -> Reference:
    metadata = document.get("metadata") or {}
    return Reference(str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
