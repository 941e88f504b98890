"""Conditions of a status: computed each time, and written only if they differ. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vaultsync import reasons
from vaultsync.control.lease import NO_LEASE

_LONGEST = 1024
_VALIDITY = {"valid": False, "error": ""}
_NEEDED: Mapping[str, Mapping[str, Any]] = {
    "VaultConnection": {"valid": False},
    "VaultAuth": _VALIDITY,
    "VaultAuthGlobal": _VALIDITY,
    "SecretTransformation": _VALIDITY,
    "VaultStaticSecret": {"lastGeneration": 0},
    "VaultDynamicSecret": {
        "lastGeneration": 0,
        "lastRenewalTime": 0,
        "secretLease": NO_LEASE,
    },
    "VaultPKISecret": {"lastGeneration": 0, "lastRotation": 0, **_VALIDITY},
}
"""Fields without which a status is refused where the cluster has the definitions of the Vault Secrets Operator, by kind."""


class Condition(NamedTuple):
    """A condition of an object, with its reason and message."""

    type: str
    holds: bool
    reason: str
    message: str


def synced(reason: str, message: str) -> tuple[Condition, ...]:
    """Return the conditions of an object whose Secret is in sync."""
    return tuple(
        Condition(type_, True, reason, message) for type_ in (reasons.SYNCED, reasons.HEALTHY, reasons.READY)
    )


def failed(reason: str, message: str, *, has_secret: bool) -> tuple[Condition, ...]:
    """Return the conditions of an object after failed work; with `has_secret` an earlier Secret remains."""
    return (
        Condition(reasons.SYNCED, has_secret, reason, message),
        Condition(reasons.HEALTHY, False, reason, message),
        Condition(reasons.READY, False, reason, message),
    )


def accepted(message: str) -> tuple[Condition, ...]:
    """Return the conditions of a usable VaultAuth, VaultConnection or other referenced object."""
    return (Condition(reasons.READY, True, reasons.ACCEPTED, message),)


def refused(reason: str, message: str) -> tuple[Condition, ...]:
    """Return the conditions of a referenced object that cannot be used."""
    return (Condition(reasons.READY, False, reason, message),)


def rolled(problems: Sequence[str]) -> tuple[Condition, ...]:
    """Return the condition after a restart of workloads; `problems` has a message for each that failed."""
    if problems:
        return (Condition(reasons.ROLLOUT_RESTART, False, reasons.ROLLOUTS_FAILED, "; ".join(problems)),)
    return (Condition(reasons.ROLLOUT_RESTART, True, reasons.ROLLOUT_TRIGGERED, "Rollout restart triggered"),)


def renewed(problem: str = "") -> tuple[Condition, ...]:
    """Return the condition after the renewal of a lease, or after a failed one with its `problem`."""
    if problem:
        return (Condition(reasons.LEASE_RENEWAL, False, reasons.LEASE_RENEWAL_ERROR, problem),)
    return (Condition(reasons.LEASE_RENEWAL, True, reasons.LEASE_RENEWED, "Successfully renewed lease"),)


def was_synced(status: Mapping[str, Any]) -> bool:
    """Return whether the Secret was in sync before; without hmacSecretData only lastGeneration shows it."""
    return bool(status.get("secretMAC") or status.get("lastGeneration"))


def validity(problem: str = "") -> dict[str, Any]:
    """Return the fields that say whether an object can be used, and why not."""
    return {"valid": not problem, "error": problem[:_LONGEST]}


def needed_fields(kind: str, status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a status of the kind must have, and this one has not, with values for nothing."""
    return {name: value for name, value in _NEEDED[kind].items() if name not in status}


def is_ready(status: Mapping[str, Any]) -> bool:
    """Return whether the status has the condition Ready."""
    return _has_ready(status, "True")


def is_failed(status: Mapping[str, Any]) -> bool:
    """Return whether a status says that the last work on its object has failed."""
    return _has_ready(status, "False")


def was_not_rolled(status: Mapping[str, Any], generation: int) -> bool:
    """Return whether a workload could not be restarted as an earlier spec than that of `generation` has named it."""
    return any(
        each.get("status") == "False" and each.get("observedGeneration") != generation
        for each in _of_type(status, reasons.ROLLOUT_RESTART)
    )


def _has_ready(status: Mapping[str, Any], value: str) -> bool:
    return any(each.get("status") == value for each in _of_type(status, reasons.READY))


def _of_type(status: Mapping[str, Any], type_: str) -> list[Mapping[str, Any]]:
    """Return the conditions of a type: authors of objects may write anything into a status."""
    conditions = status.get("conditions") or ()
    return [each for each in conditions if isinstance(each, dict) and each.get("type") == type_]


def status_patch(
    status: Mapping[str, Any],
    conditions: Sequence[Condition],
    fields: Mapping[str, Any],
    generation: int,
    utc: str,
) -> dict[str, Any]:
    """Return the merge patch for the status, empty if nothing differs; `utc` is the time of new transitions."""
    before = {
        str(each.get("type")): each for each in status.get("conditions") or () if isinstance(each, dict)
    }
    after: dict[str, Mapping[str, Any]] = dict(before)
    for condition in conditions:
        after[condition.type] = _written(condition, before.get(condition.type), generation, utc)
    patch = {name: value for name, value in fields.items() if status.get(name) != value}
    if after != before:
        patch["conditions"] = list(after.values())
    return patch


def _written(
    condition: Condition, before: Mapping[str, Any] | None, generation: int, utc: str
) -> Mapping[str, Any]:
    """Return the condition as a document: the previous one if nothing has changed."""
    now = {
        "type": condition.type,
        "status": str(condition.holds),
        "reason": condition.reason,
        "message": condition.message[:_LONGEST],
        "observedGeneration": generation,
    }
    if before and all(before.get(name) == value for name, value in now.items()):
        return before
    unchanged_since = before and before.get("status") == now["status"] and before.get("lastTransitionTime")
    return {**now, "lastTransitionTime": unchanged_since or utc}
