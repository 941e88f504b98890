"""Upkeep between mounts: one thread renews leases, and revokes the tokens of deleted pods.

A class names its Vault. A Vault that does not answer uses only the time of its namespace: leases of others do not wait for it.
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
from vaultkube.net.dial import on_behalf_of

_log = logging.getLogger(__name__)
_BUDGET_S = 5.0
"""Seconds for a namespace in one round, and for a list of pods."""


class Pods(Protocol):
    """Lists pods: `vaultkube.apiserver.client.Cluster`."""

    def list_pods_of_node(self, node: str, deadline: Deadline) -> set[str]: ...


class Upkeep:
    """Renews and revokes every access from `start` to `stop`; one that a mount has locked is left to the next round."""

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
        """Start the thread that renews and revokes, at these intervals in seconds."""
        arguments = (renew_every_s, pods_every_s)
        threading.Thread(target=self._run, args=arguments, name="upkeep", daemon=True).start()

    def stop(self) -> None:
        """End the thread after its present round; tokens stay valid, as their pods continue to run."""
        self._stopped.set()

    def renew_due(self) -> None:
        """Renew every due lease and the tokens with leases; those without time in this round are renewed in the next."""
        budgets = _Budgets(self._clock)
        for login, access in self._accesses.snapshot():
            with budgets.of(login.namespace) as left_s:
                if left_s > 0 and access.lock.acquire(blocking=False):
                    try:
                        self._renewals.renew_due(login, access, self._clock(), Deadline(left_s))
                    finally:
                        access.lock.release()

    def revoke_deleted(self) -> None:
        """Revoke the token of every pod that is no longer on the node.

        The accesses are listed before the pods: a pod exists before its access does.
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
    """Counts the seconds that each namespace has left in one round."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left_s: dict[str, float] = {}

    @contextmanager
    def of(self, namespace: str) -> Iterator[float]:
        """Yield the seconds left to the namespace; subtract the duration of the `with` statement."""
        left_s = self._left_s.get(namespace, _BUDGET_S)
        began = self._clock()
        try:
            with on_behalf_of(namespace):
                yield left_s
        finally:
            self._left_s[namespace] = left_s - (self._clock() - began)
