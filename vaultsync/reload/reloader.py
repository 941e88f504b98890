"""The reloader: checks a workload, and restarts it if Vault has a newer version of a secret than its pods."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vaultkube.deadline import Deadline
from vaultsync import reasons
from vaultsync.cluster.notices import DistinctNotices, Notice, Notices, Subject
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Key
from vaultsync.control.times import NEVER, refresh_s
from vaultsync.control.tools import chance
from vaultsync.errors import SyncError
from vaultsync.reload.logins import Logins
from vaultsync.reload.pace import Pace
from vaultsync.reload.pods import Pods
from vaultsync.reload.versions import Versions
from vaultsync.reload.watched import Workloads
from vaultsync.reload.workloads import (
    MANAGER,
    Workload,
    resource_of,
    roll_patch,
    versions_patch,
    workload_of,
)

_SHOWN = 8


class Found(NamedTuple):
    """The latest versions of the paths that pods read, by URL, the URLs without a version, and all problems.

    `is_whole` is false if the pods may read further paths.
    """

    versions: Mapping[str, int]
    unknown: frozenset[str]
    problems: tuple[str, ...]
    is_whole: bool

    def carried_over(self, before: Mapping[str, int]) -> dict[str, int]:
        """Return the earlier versions to retain, as the pods may still read their paths."""
        return {url: version for url, version in before.items() if url in self.unknown or not self.is_whole}


class Reloader:
    """Checks and restarts workloads; safe to share between threads."""

    def __init__(
        self,
        workloads: Workloads,
        objects: Objects,
        pods: Pods,
        logins: Logins,
        versions: Versions,
        notices: Notices,
        pace: Pace,
        interval_s: float,
    ) -> None:
        self._workloads = workloads
        self._objects = objects
        self._pods = pods
        self._logins = logins
        self._versions = versions
        self._notices = notices
        self._warnings = DistinctNotices(notices)
        self._pace = pace
        self._interval_s = interval_s
        self.rolled = 0

    def work(self, key: Key, deadline: Deadline) -> float:
        """Check a workload, restart it if due, and return the seconds until the next time; raise SyncError or Refused.

        A workload on hold is not read; the watch queues it again when the hold ends.
        """
        workload = self._workloads.get(key)
        if workload is None:
            self._warnings.forget(key)
            self._pods.forget(key)
            return NEVER
        next_s = refresh_s(self._interval_s, True, chance())
        if workload.hold:
            return next_s
        found = self._find(workload, deadline)
        now = {**found.carried_over(workload.versions), **found.versions}
        changes = [url for url, version in now.items() if workload.versions.get(url, version) != version]
        self._warn_of_problems(key, workload, found.problems)
        if changes:
            wait_s = self._pace.grant(key.namespace)
            if not wait_s:
                self._roll(workload, now, changes, deadline)
            return wait_s or next_s
        if now != workload.versions:
            self._objects.merge(
                resource_of(key.kind, key.namespace),
                key.name,
                versions_patch(workload, now),
                deadline,
                manager=MANAGER,
            )
        return next_s

    def failed(self, key: Key, error: Exception, deadline: Deadline) -> None:
        """Send a warning Event about a failure, unless the last one has the same message."""
        workload = self._workloads.get(key)
        reason = error.reason if isinstance(error, SyncError) else reasons.SYNC_ERROR
        if workload is not None:
            self._warnings.send(key, Notice(_subject(workload), reason, str(error), is_warning=True))

    def _warn_of_problems(self, key: Key, workload: Workload, problems: tuple[str, ...]) -> None:
        if not problems:
            self._warnings.forget(key)
            return
        text = f"Not looked after: {_listed(problems)}"
        self._warnings.send(key, Notice(_subject(workload), reasons.SYNC_ERROR, text, is_warning=True))

    def _roll(
        self, workload: Workload, now: Mapping[str, int], changes: list[str], deadline: Deadline
    ) -> None:
        """Restart the workload, unless it has changed since the decision: then the watch queues it again."""
        resource = resource_of(workload.plural, workload.namespace)
        document = self._objects.get(resource, workload.name, deadline)
        if document is None or workload_of(workload.plural, document) != workload:
            return
        patch = roll_patch(workload, now, document["metadata"]["resourceVersion"])
        written = self._objects.merge(resource, workload.name, patch, deadline, manager=MANAGER)
        if written is not None:
            self._workloads.changed(workload.plural, written)
            self.rolled += 1
            lines = [
                f"{_path(url)} has version {now[url]} (before: {workload.versions[url]})" for url in changes
            ]
            notice = Notice(_subject(workload), reasons.ROLLOUT_TRIGGERED, f"Rolled: {_listed(lines)}")
            self._notices.send(notice)

    def _find(self, workload: Workload, deadline: Deadline) -> Found:
        """Return the versions of all paths that the workload's pods read, each requested as their own ServiceAccount."""
        reads = self._pods.reads(workload, deadline)
        versions: dict[str, int] = {}
        unknown, problems = set(), list(reads.problems)
        for login, paths in reads.paths.items():
            identity = self._logins.identity(login, workload.namespace, deadline)
            token = self._logins.token(identity, deadline)
            for path in paths:
                deadline.check()
                url = login.url(path)
                latest = self._versions.latest(identity, token, path)
                if latest.version:
                    versions[url] = latest.version
                else:
                    unknown.add(url)
                    problems.append(latest.problem)
        is_whole = not reads.problems
        return Found(versions, frozenset(unknown), tuple(dict.fromkeys(problems)), is_whole)


def _listed(texts: Sequence[str]) -> str:
    """Return the first texts as one, with the number of further ones."""
    more = f"; and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return "; ".join(texts[:_SHOWN]) + more


def _path(url: str) -> str:
    return url.partition("/v1/")[2]


def _subject(workload: Workload) -> Subject:
    return Subject("apps/v1", workload.kind, workload.namespace, workload.name, workload.uid)
