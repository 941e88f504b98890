"""Credentials without a lease: read again after Vault has rotated them, or by refreshAfter.

https://developer.hashicorp.com/vault/api-docs/secret/databases#get-static-credentials
"""

import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from vaultenv.basics.jsontext import Number
from vaultkube.deadline import Deadline
from vaultkube.documents.times import seconds_of
from vaultkube.sync_resources.requests import request_of
from vaultkube.sync_resources.secrets import DynamicSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.source import source_of
from vaultsync.control.conditions import Condition, synced
from vaultsync.control.times import NEVER, after_rotation_s, refresh_s
from vaultsync.control.tools import Tools, chance, now
from vaultsync.control.writing import write_secret
from vaultsync.vault.server import Identity

_FIELD, _READ_AT = "staticCredsMetaData", "lastRenewalTime"
_LAST, _PERIOD = "lastVaultRotation", "rotationPeriod"
_NEAR_S, _LONGEST_LATE_S = 2.0, 60.0
_TTL, _ROTATED_AT = "ttl", "last_vault_rotation"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)


def sync_rotated(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec, identity: Identity, deadline: Deadline
) -> float:
    """Sync the Secret and return the seconds until the next time; raise SyncError or Refused.

    Without rotation and refreshAfter each read may create new credentials: they are read only if the Secret is lost.
    """
    mac = str(entry.status.get("secretMAC") or "")
    is_read = spec.static_credentials or bool(spec.refresh_after_s)
    if not is_read and tools.destinations.holds(entry, spec.destination, mac, tools.key, deadline):
        return NEVER
    transformation = tools.transformation(entry, spec)
    if not spec.static_credentials:
        tools.destinations.check(entry, spec.destination, deadline)
    answer = tools.send_request(tools.log_in(identity, spec, deadline), request_of(spec))
    source = source_of(spec, as_first_read(answer, entry.status))
    rollout: tuple[Condition, ...] = ()
    mac, is_changed = write_secret(tools, entry, spec, source, transformation, deadline)
    if is_changed:
        tools.send_event(entry, reasons.ROTATED, "Secret synced")
        rollout = tools.roll(entry, spec.restart_targets, deadline)
    fields = {"secretMAC": mac, **rotation_fields(answer, now(), entry.status)}
    tools.save(entry, (*synced(reasons.FIRST_SYNC, "Secret synced"), *rollout), fields, deadline)
    return rotation_s(spec, answer, late_s(answer, entry.status, now()))


def as_first_read(answer: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer with the `ttl` of the first read of its credentials: otherwise each read would be a change."""
    recorded = _of_same_rotation(answer, status)
    if not recorded:
        return dict(answer)
    return {**answer, "data": {**answer["data"], _TTL: Number(int(seconds_of(recorded.get(_TTL))))}}


def rotation_fields(
    answer: Mapping[str, Any], seconds: float, status: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the status fields with the rotation times of an answer's credentials, none if Vault does not rotate them.

    The fields of credentials that the status already has stay unchanged; `seconds` is the time since 1970.
    """
    rotated_at = _rotated_at(answer)
    if not rotated_at:
        return {}
    if recorded := _of_same_rotation(answer, status):
        return {_FIELD: recorded}
    data = answer["data"]
    ttl_s, period_s = (int(seconds_of(data.get(name))) for name in (_TTL, "rotation_period"))
    return {_FIELD: {_LAST: rotated_at, _PERIOD: period_s, _TTL: ttl_s}, _READ_AT: int(seconds)}


def late_s(answer: Mapping[str, Any], status: Mapping[str, Any], seconds: float) -> float | None:
    """Return the seconds since a rotation was due that Vault has not done yet, or None if it is not due.

    Vault rotates up to five seconds late, and the `ttl` of a role with a schedule then counts to the rotation after the next.
    """
    recorded, read_at = _of_same_rotation(answer, status), seconds_of(status.get(_READ_AT))
    due_at = read_at + seconds_of(recorded.get(_TTL))
    return seconds - due_at if recorded and read_at and seconds > due_at - _NEAR_S else None


def _of_same_rotation(answer: Mapping[str, Any], status: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the rotation fields of the status if they are of the answer's credentials, else an empty mapping."""
    rotated_at, recorded = _rotated_at(answer), status.get(_FIELD)
    return recorded if rotated_at and isinstance(recorded, dict) and recorded.get(_LAST) == rotated_at else {}


def _rotated_at(answer: Mapping[str, Any]) -> int:
    """Return the time of the last rotation in seconds since 1970, or 0: any other value may be a secret, which no status may hold."""
    data = answer.get("data")
    found = data.get(_ROTATED_AT) if isinstance(data, dict) else None
    if type(found) is not str or not _TIME.fullmatch(found):
        return 0
    try:
        return int(datetime.datetime.fromisoformat(found).timestamp())
    except (ValueError, OverflowError):
        return 0


def rotation_s(spec: DynamicSecretSpec, answer: Mapping[str, Any], since_due_s: float | None = None) -> float:
    """Return the seconds until the next read: just after the rotation or by refreshAfter, whichever is earlier.

    If the rotation is late by `since_due_s`, the next read is soon, and later ones are less and less frequent: as long as
    Vault cannot rotate, the `ttl` is 0, and they are a minute apart at most.
    """
    refreshed_s = refresh_s(spec.refresh_after_s, spec.static_credentials, chance())
    ttl_s = seconds_of((answer.get("data") or {}).get(_TTL))
    if not spec.static_credentials or not (ttl_s or _rotated_at(answer)):
        return refreshed_s
    if since_due_s is not None:
        ttl_s = min(ttl_s or _LONGEST_LATE_S, since_due_s / 2)
    rotated_s = after_rotation_s(ttl_s, chance())
    return min(rotated_s, refreshed_s) if spec.refresh_after_s else rotated_s
