"""Upkeep between mounts: leases are renewed, and what pods had that are gone is revoked, in one thread.

A class names its Vault. One that does not answer uses up the time of its own namespace, and no lease of others waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from vaultcsi.vault.access import Access, Accesses
from vaultcsi.vault.renewals import Renewals
from vaultcsi.vault.server import PodLogin
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight

_log = logging.getLogger(__name__)
_BUDGET_S = 5.0
"""Of a namespace in one round, and of a list of pods."""


class Pods(Protocol):
    """Lists pods: `vaultkube.apiserver.client.Cluster`."""

    def list_pods_of_node(self, node: str, deadline: Deadline) -> set[str]: ...


class Upkeep:
    """Looks at every access, from `start` to `stop`; a mount that has entered one keeps it out until the next look."""

    def __init__(
        self,
        accesses: Accesses,
        renewals: Renewals,
        pods: Pods,
        node: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accesses = accesses
        self._renewals = renewals
        self._pods = pods
        self._node = node
        self._clock = clock
        self._stopped = threading.Event()
        self._problem = ""

    def start(self, renew_every_s: float, pods_every_s: float) -> None:
        """Renew and revoke from now on, as often as this, in a thread."""
        arguments = (renew_every_s, pods_every_s)
        threading.Thread(target=self._run, args=arguments, name="upkeep", daemon=True).start()

    def stop(self) -> None:
        """End the thread after what it does now; tokens stay valid, as their pods run on."""
        self._stopped.set()

    def renew_due(self) -> None:
        """Renew every lease that is due, and the tokens that have one; what finds no time is due in the next round."""
        budgets = _Budgets(self._clock)
        for login, access in self._accesses.snapshot():
            with budgets.of(login.namespace) as left_s:
                if left_s > 0 and access.lock.acquire(blocking=False):
                    try:
                        self._renewals.renew_due(login, access, self._clock(), Deadline(left_s))
                    finally:
                        access.lock.release()

    def revoke_deleted(self) -> None:
        """Revoke the token of every pod that is not on the node any more.

        What there is is noted before the pods are listed: a pod that mounts is there before its access is.
        """
        had = self._accesses.snapshot()
        if not had or not self._node:
            return
        try:
            present = self._pods.list_pods_of_node(self._node, Deadline(_BUDGET_S))
            problem = ""
        except (ClusterUnavailable, MissingRight) as error:
            problem = str(error)
        if problem != self._problem:
            self._problem = problem
            if problem:
                _log.warning("tokens of deleted pods last until they expire: %s", problem)
        if problem:
            return
        budgets = _Budgets(self._clock)
        for login, access in had:
            if login.pod_uid not in present:
                with budgets.of(login.namespace) as left_s:
                    if left_s > 0:
                        self._revoke(login, access, Deadline(left_s))

    def _revoke(self, login: PodLogin, access: Access, deadline: Deadline) -> None:
        if not access.lock.acquire(blocking=False):
            return
        try:
            self._accesses.drop(login)
            token, access.token = access.token, None
        finally:
            access.lock.release()
        done = token is not None and self._renewals.revoke(login, token, deadline)
        fields = {"namespace": login.namespace, "pod": login.pod_name, "role": login.role, "revoked": done}
        _log.info("a pod is gone", extra={"fields": fields})

    def _run(self, renew_every_s: float, pods_every_s: float) -> None:
        pods_at = self._clock() + pods_every_s
        while not self._stopped.wait(renew_every_s):
            try:
                self.renew_due()
                if self._clock() >= pods_at:
                    pods_at = self._clock() + pods_every_s
                    self.revoke_deleted()
            except Exception as error:
                _log.error("upkeep failed, and goes on", exc_info=error, extra={"fields": {}})


class _Budgets:
    """The seconds that are left to each namespace in one round."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left_s: dict[str, float] = {}

    @contextmanager
    def of(self, namespace: str) -> Iterator[float]:
        """Have the seconds that are left; those of the `with` statement are subtracted."""
        left_s = self._left_s.get(namespace, _BUDGET_S)
        began = self._clock()
        try:
            yield left_s
        finally:
            self._left_s[namespace] = left_s - (self._clock() - began)
