"""Leader election among several processes, by a Lease.

Clocks of different machines are never compared: a follower measures, by its own clock, how long the Lease has been
unchanged, and acquires it after the holder's duration. Before that the holder stops to lead, by its own clock.
https://kubernetes.io/docs/concepts/architecture/leases/ and client-go's tools/leaderelection, which has the same default times.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.documents.times import micro_time_text
from vaultkube.errors import Refused
from vaultkube.wire.leases import Lease, LeaseSpec

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Times:
    """Seconds that others respect an unchanged Lease, that a holder leads without a renewal, and between two attempts."""

    duration_s: int = 15
    lead_s: float = 10.0
    look_s: float = 2.0


class Seen(NamedTuple):
    """A state of the Lease, and the time by this process's own clock at which it was first seen."""

    spec: LeaseSpec
    at: float


class Leases(Protocol):
    """Reads and writes Leases for an election: `vaultkube.apiserver.client.Cluster`."""

    def read(self, resource: Resource, name: str, deadline: Deadline) -> Mapping[str, Any] | None: ...

    def add(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool: ...

    def replace(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool: ...


def watched(found: LeaseSpec, before: Seen | None, now: float) -> Seen:
    """Return the state of a Lease that was just read, with the time `now` or, if unchanged, the time of its first sight.

    A deleted Lease counts as unchanged: its holder still leads until it reads the Lease again.
    """
    return before if before is not None and found in ({}, before.spec) else Seen(found, now)


def next_spec(seen: Seen, identity: str, times: Times, now: float, utc: str) -> LeaseSpec | None:
    """Return the spec by which `identity` holds the Lease, None while another process holds it; `utc` is the present time."""
    spec, holder = seen.spec, seen.spec.get("holderIdentity") or ""
    duration_s = spec.get("leaseDurationSeconds") or times.duration_s
    if holder not in ("", identity) and now < seen.at + duration_s:
        return None
    is_renewal = holder == identity
    return {
        "holderIdentity": identity,
        "leaseDurationSeconds": times.duration_s,
        "acquireTime": (spec.get("acquireTime") or utc) if is_renewal else utc,
        "renewTime": utc,
        "leaseTransitions": (spec.get("leaseTransitions") or 0) + (0 if is_renewal or not spec else 1),
    }


class Election:
    """Takes part in a leader election; for use by one thread, except `leads`."""

    def __init__(
        self,
        leases: Leases,
        namespace: str,
        name: str,
        identity: str,
        times: Times | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`identity` is unique to this process: the pod's name, for example."""
        self._leases = leases
        self._resource = Resource("coordination.k8s.io", "v1", "leases", namespace)
        self._name = name
        self._identity = identity
        self._times = times or Times()
        self._clock = clock
        self._seen: Seen | None = None
        self._leads_until = 0.0
        self._problem = ""

    def leads(self) -> bool:
        """Return whether this process is the leader; long work checks it again before each of its writes."""
        return self._clock() < self._leads_until

    def stand(self) -> bool:
        """Acquire or renew the Lease if possible, and return whether this process is the leader.

        To be called every `look_s` seconds. Without the API server a leader stays the leader for `lead_s` seconds.
        """
        started, led = self._clock(), self.leads()
        try:
            if self._hold(Deadline(self._times.look_s)):
                self._leads_until = started + self._times.lead_s
            elif self._seen and self._seen.spec.get("holderIdentity") != self._identity:
                self._leads_until = 0.0
            self._problem = ""
        except Refused as error:
            self._say(str(error))
        if self.leads() != led:
            fields = {"lease": f"{self._resource.namespace}/{self._name}", "identity": self._identity}
            _log.info("leads" if self.leads() else "no longer leads", extra={"fields": fields})
        return self.leads()

    def keep_standing(self, stop: threading.Event) -> None:
        """Call `stand` repeatedly until `stop` is set, then release the Lease. Runs in a thread of its own."""
        while not stop.is_set():
            self.stand()
            stop.wait(self._times.look_s)
        self.release()

    def release(self) -> None:
        """Release the Lease, so that another process leads at once; a failure is only logged."""
        if not self.leads():
            return
        self._leads_until = 0.0
        try:
            deadline = Deadline(self._times.look_s)
            found = self._read(deadline)
            if found and (found.get("spec") or {}).get("holderIdentity") == self._identity:
                spec: LeaseSpec = {
                    **found["spec"],
                    "holderIdentity": "",
                    "renewTime": micro_time_text(time.time()),
                }
                self._leases.replace(self._resource, {**found, "spec": spec}, deadline)
        except Refused as error:
            _log.warning("the Lease was not given back", extra={"fields": {"reason": str(error)}})

    def _say(self, problem: str) -> None:
        """Log why the Lease was not renewed, once for each reason."""
        if problem != self._problem:
            _log.warning("the Lease was not renewed", extra={"fields": {"reason": problem}})
        self._problem = problem

    def _hold(self, deadline: Deadline) -> bool:
        found = self._read(deadline)
        spec: LeaseSpec = (found or {}).get("spec") or {}
        self._seen = watched(spec, self._seen, self._clock())
        new_spec = next_spec(
            self._seen, self._identity, self._times, self._clock(), micro_time_text(time.time())
        )
        if new_spec is None:
            return False
        if found is None:
            return self._leases.add(self._resource, self._new(new_spec), deadline)
        return self._leases.replace(self._resource, {**found, "spec": new_spec}, deadline)

    def _read(self, deadline: Deadline) -> Lease | None:
        return cast("Lease | None", self._leases.read(self._resource, self._name, deadline))

    def _new(self, spec: LeaseSpec) -> Lease:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._resource.namespace},
            "spec": spec,
        }
