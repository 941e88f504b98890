"""Leases: the next step of a dynamic secret, decided from the lease in its status. Pure.

The status holds the lease's id, its duration, the time of its grant or last renewal, and the end of its token: enough
to continue after a restart, and no secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from vaultkube.documents.times import seconds_of
from vaultsync import reasons
from vaultsync.control.times import horizon_s

_TOKEN_MARGIN_S = 10.0
_LAST_PART = 0.1
_FOREIGN_PART = 0.97
"""The part of a lease's duration within which another installation renews it, if that still runs."""


NO_LEASE: Mapping[str, Any] = {"id": "", "duration": 0, "renewable": False, "requestID": ""}
"""The field `secretLease` of a status without a lease."""


class Step(Enum):
    """The next step of a dynamic secret."""

    WAIT = "nothing is due"
    RENEW = "the lease is renewed"
    ISSUE = "new credentials are asked for"


@dataclass(frozen=True)
class Lease:
    """A lease as the status stores it; times are seconds since 1970."""

    id: str
    duration_s: float
    renewable: bool
    granted_at: float
    token_ends_at: float
    """0 for a token without an end."""
    token_id: str = ""

    def ends_at(self) -> float:
        """Return the end of the lease: its own, or that of its token if earlier."""
        end = self.granted_at + self.duration_s
        return min(end, self.token_ends_at) if self.token_ends_at else end


@dataclass(frozen=True)
class Facts:
    """Facts beside the lease: generations, whether the Secret is in sync, marks of the logins, and the time."""

    generation: int
    last_generation: object
    """The value in the status: not always a number, as authors of objects may write the status too."""
    has_secret: bool
    """Whether the Secret is there, with the data of the status, made as the object says now."""
    client: str
    last_client: str
    percent: int
    now: float
    chance: float
    is_as_written: bool = False
    """Whether nobody has changed the Secret."""

    def unchanged(self) -> "Facts":
        """Return the facts of the same time if object, login and Secret had not changed."""
        return replace(self, last_generation=self.generation, last_client=self.client, has_secret=True)


@dataclass(frozen=True)
class Plan:
    """A step, the reason for its Event, and the seconds until it is due."""

    step: Step
    reason: str = ""
    delay_s: float = 0.0


def plan(lease: Lease | None, facts: Facts) -> Plan:
    """Return the next step of a dynamic secret."""
    if lease is None or not facts.last_generation:
        return Plan(Step.ISSUE, reasons.INITIAL_SYNC)
    if facts.generation != facts.last_generation:
        return Plan(Step.ISSUE, reasons.RESOURCE_UPDATED)
    if facts.client != facts.last_client:
        left_s = lease.granted_at + _FOREIGN_PART * lease.duration_s - facts.now
        if is_foreign(facts.last_client, facts.client) and left_s > 0:
            return Plan(Step.WAIT, delay_s=left_s)
        return Plan(Step.ISSUE, reasons.CLIENT_CHANGED)
    if not facts.has_secret:
        # An untouched Secret is to be made from something else: a SecretTransformation has changed.
        reason = reasons.FORCE_SYNC if facts.is_as_written else reasons.DESTINATION_MISSING
        return Plan(Step.ISSUE, reason)
    if facts.now >= lease.ends_at():
        return Plan(Step.ISSUE, reasons.RENEWAL_FAILED)
    due_at = lease.granted_at + horizon_s(lease.duration_s, facts.percent, facts.chance)
    if lease.token_ends_at:
        left_s = lease.token_ends_at - lease.granted_at
        token_due_at = lease.token_ends_at - max(_TOKEN_MARGIN_S, _LAST_PART * left_s)
        if facts.now >= token_due_at:
            return Plan(Step.ISSUE, reasons.LOGIN_ROTATED)
        due_at = min(due_at, token_due_at)
    if facts.now < due_at:
        return Plan(Step.WAIT, delay_s=due_at - facts.now)
    return Plan(Step.RENEW if lease.renewable else Step.ISSUE, reasons.LEASE_RENEWED)


def is_foreign(last_client: str, client: str) -> bool:
    """Return whether another installation of this operator created the lease; it stays as long as that one renews it.

    Otherwise two installations would replace each other's leases endlessly.
    """
    last_operator, point, _ = last_client.partition(".")
    return bool(point) and last_operator != client.partition(".")[0]


def is_of_this_operator(client: str) -> bool:
    """Return whether an installation of this operator made the lease, not the Vault Secrets Operator."""
    return "." in client


def lease_in(status: Mapping[str, Any]) -> Lease | None:
    """Return the lease in a status, or None."""
    secret_lease = _part(status, "secretLease")
    if not secret_lease.get("id"):
        return None
    client = _part(status, "vaultClientMeta")
    return Lease(
        id=str(secret_lease["id"]),
        duration_s=seconds_of(secret_lease.get("duration")),
        renewable=secret_lease.get("renewable") is True,
        granted_at=seconds_of(status.get("lastRenewalTime")),
        token_ends_at=seconds_of(client.get("tokenExpiry")),
        token_id=str(client.get("id") or ""),
    )


def client_in(status: Mapping[str, Any]) -> str:
    """Return the mark of the login that created the lease, or an empty text."""
    return str(_part(status, "vaultClientMeta").get("cacheKey") or "")


def _part(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a mapping in a status, empty for any other value: authors of objects may write the status too."""
    found = status.get(name)
    return found if isinstance(found, dict) else {}


def lease_status(lease: Lease, request_id: str, client: str) -> dict[str, Any]:
    """Return the status fields that store a lease."""
    return {
        "secretLease": {
            "id": lease.id,
            "duration": int(lease.duration_s),
            "renewable": lease.renewable,
            "requestID": request_id,
        },
        "lastRenewalTime": int(lease.granted_at),
        "vaultClientMeta": {
            "cacheKey": client,
            "id": lease.token_id,
            "tokenExpiry": int(lease.token_ends_at),
        },
    }


def is_truncated(granted_s: float, requested_s: float) -> bool:
    """Return whether a renewal granted less than requested: the lease is near its maximum TTL."""
    return granted_s < requested_s
