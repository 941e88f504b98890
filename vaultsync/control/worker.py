"""Workers: threads that process queued custom objects, and report errors as a condition and an Event."""

import datetime
import logging
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from vaultenv.basics.text import bounded
from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.net.dial import on_behalf_of
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry, Key
from vaultsync.control.certificates import revoke_certificate, sync_certificate
from vaultsync.control.conditions import (
    failed,
    is_failed,
    refused,
    synced,
    validity,
    was_not_rolled,
    was_synced,
)
from vaultsync.control.dynamic import revoke_dynamic, sync_dynamic
from vaultsync.control.notes import MESSAGE
from vaultsync.control.queue import Queue
from vaultsync.control.referenced import accept, release, release_user
from vaultsync.control.static import sync_static
from vaultsync.control.times import NEVER, retry_s
from vaultsync.control.tools import Tools, chance, finalizers, now
from vaultsync.errors import (
    DataUnusable,
    InvalidResource,
    NotWritten,
    ReferenceRefused,
    SyncError,
    TransformationFailed,
)

_log = logging.getLogger(__name__)
_BUDGET_S = 60.0
_SHOWN = 1024
_RETRY_DELETION_S = 2.0
SETTLE_S = 2.0
"""Wait of a new object for the objects that it refers to: objects applied together are seen in any order."""
_ISSUING_KINDS = ("VaultDynamicSecret", "VaultPKISecret")
SECRET_KINDS = ("VaultStaticSecret", *_ISSUING_KINDS)


class Handler(Protocol):
    """Works on objects of other kinds than the custom ones: `vaultsync.kept.refresh.Refresher`."""

    def work(self, key: Key, deadline: Deadline) -> float:
        """Work on an object, and return the seconds until the next time; raise SyncError or Refused."""

    def failed(self, key: Key, error: Exception, deadline: Deadline) -> None:
        """Report that the work has failed."""


class Workers:
    """Runs threads that process the keys of the queue."""

    def __init__(
        self,
        tools: Tools,
        queue: Queue,
        threads: int,
        settle_s: float = SETTLE_S,
        handlers: Mapping[str, Handler] = MappingProxyType({}),
    ) -> None:
        """`handlers` work on the objects of further kinds, by the kind of their keys."""
        self._tools = tools
        self._handlers = handlers
        self._queue = queue
        self._settle_s = settle_s
        self._failures: dict[Key, int] = {}
        self._threads = [
            threading.Thread(target=self._run, name=f"worker-{number}", daemon=True)
            for number in range(threads)
        ]
        self.done = 0
        self.failed = 0

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def finish(self, budget_s: float) -> None:
        """Close the queue, and wait up to `budget_s` seconds for the work in progress."""
        self._queue.close()
        deadline = Deadline(budget_s)
        for thread in self._threads:
            thread.join(deadline.remaining_s())

    def failing(self) -> int:
        """Return how many objects failed the last time that they were worked on."""
        return len(self._failures)

    def _run(self) -> None:
        while (key := self._queue.get()) is not None:
            delay_s = _RETRY_DELETION_S
            try:
                with on_behalf_of(key.namespace):
                    delay_s = self._work(key)
            except Exception:
                _log.exception(
                    "work on an object ended unexpectedly", extra={"fields": {"object": "/".join(key)}}
                )
                delay_s = self._retry_delay_s(key)
            finally:
                if delay_s != NEVER:
                    self._queue.put(key, delay_s)
                self._queue.done(key)

    def _work(self, key: Key) -> float:
        if key.kind in self._handlers:
            return self._handled(self._handlers[key.kind], key)
        entry = self._tools.store.get(key)
        if entry is None:
            self._failures.pop(key, None)
            return NEVER
        self.done += 1
        deadline = Deadline(_BUDGET_S)
        if entry.deleted_at:
            return self._end(entry, deadline)
        try:
            delay_s = self._sync(entry, deadline)
            self._recover(key, deadline)
        except ReferenceRefused as error:
            if self._settle_s and not entry.status and key not in self._failures:
                self._failures[key] = 0
                return self._settle_s
            return self._failed(entry, error, error.reason)
        except SyncError as error:
            return self._failed(entry, error, error.reason)
        except Refused as error:
            return self._failed(entry, error, reasons.SYNC_ERROR)
        self._failures.pop(key, None)
        return delay_s

    def _handled(self, handler: Handler, key: Key) -> float:
        self.done += 1
        try:
            delay_s = handler.work(key, Deadline(_BUDGET_S))
        except (SyncError, Refused) as error:
            _log.warning("not refreshed", extra={"fields": {"object": "/".join(key), "reason": _line(error)}})
            delay_s = self._retry_delay_s(key)
            handler.failed(key, error, Deadline(_BUDGET_S))
            return NEVER if isinstance(error, InvalidResource) else delay_s
        self._failures.pop(key, None)
        return delay_s

    def _sync(self, entry: Entry, deadline: Deadline) -> float:
        spec = entry.resource.spec
        if spec is None:
            raise InvalidResource(entry.resource.errors)
        if isinstance(spec, StaticSecretSpec):
            return sync_static(self._tools, entry, spec, deadline)
        if isinstance(spec, DynamicSecretSpec):
            return sync_dynamic(self._tools, entry, spec, deadline)
        if isinstance(spec, PkiSecretSpec):
            return sync_certificate(self._tools, entry, spec, deadline)
        return accept(self._tools, entry, deadline)

    def _recover(self, key: Key, deadline: Deadline) -> None:
        """Correct the status of an object that was found in step, where it still tells of a failure.

        Workloads that could not be restarted are restarted once the object names them otherwise.
        """
        entry = self._tools.store.get(key)
        if not entry or not entry.is_seen:
            return
        if is_failed(entry.status):
            entry = self._tools.save(entry, synced(reasons.FIRST_SYNC, MESSAGE), {}, deadline)
        spec = entry.resource.spec
        if isinstance(spec, StaticSecretSpec | DynamicSecretSpec | PkiSecretSpec) and was_not_rolled(
            entry.status, entry.resource.generation
        ):
            self._tools.save(entry, self._tools.roll(entry, spec.restart_targets, deadline), {}, deadline)

    def _end(self, entry: Entry, deadline: Deadline) -> float:
        """Revoke the credentials of a deleted object, within the time limit, and remove its finalizers."""
        age_s = _age_s(entry)
        if not set(finalizers(entry.key.kind)).intersection(entry.finalizers):
            return NEVER
        spec = entry.resource.spec
        try:
            if entry.key.kind not in SECRET_KINDS:
                return release(self._tools, entry, age_s, deadline)
            if isinstance(spec, DynamicSecretSpec):
                revoke_dynamic(self._tools, entry, spec, deadline)
            elif isinstance(spec, PkiSecretSpec):
                revoke_certificate(self._tools, entry, spec, deadline)
        except (SyncError, Refused) as error:
            fields = {"object": str(entry.resource), "reason": _line(error)}
            _log.warning("issued credentials could not be revoked", extra={"fields": fields})
            if age_s < self._tools.deletion_s:
                return _RETRY_DELETION_S
        try:
            release_user(self._tools, entry, deadline)
        except Refused:
            return _RETRY_DELETION_S
        return NEVER

    def _failed(self, entry: Entry, error: Exception, reason: str) -> float:
        message, key = str(error), entry.key
        _log.warning("not synced", extra={"fields": {"object": str(entry.resource), "reason": _line(error)}})
        delay_s = self._retry_delay_s(key, is_waste=is_waste(key.kind, error))
        is_secret = key.kind in SECRET_KINDS
        has_secret = is_secret and was_synced(entry.status)
        conditions = failed(reason, message, has_secret=has_secret) if is_secret else refused(reason, message)
        fields = {} if is_secret else validity(message)
        try:
            current = self._tools.store.get(key) or entry
            if self._tools.save(current, conditions, fields, Deadline(_BUDGET_S)) is not current:
                self._tools.send_event(entry, reason, message, is_warning=True)
        except Refused as refusal:
            fields_ = {"object": str(entry.resource), "reason": _line(refusal)}
            _log.warning("the status was not written", extra={"fields": fields_})
        return NEVER if isinstance(error, InvalidResource) else delay_s

    def _retry_delay_s(self, key: Key, *, is_waste: bool = False) -> float:
        self.failed += 1
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        return retry_s(failures, chance(), is_waste=is_waste)


def is_waste(kind: str, error: Exception) -> bool:
    """Return whether Vault has issued something in vain for an object of the kind: its answer makes no Secret, or none is written."""
    return kind in _ISSUING_KINDS and isinstance(error, TransformationFailed | DataUnusable | NotWritten)


def _line(error: Exception) -> str:
    """Return the message of an error for the log, shortened: authors choose the length of names in it."""
    return bounded(str(error), _SHOWN)


def _age_s(entry: Entry) -> float:
    """Return the seconds since the deletion of the object."""
    deleted = datetime.datetime.fromisoformat(entry.deleted_at.replace("Z", "+00:00"))
    return now() - deleted.timestamp()
