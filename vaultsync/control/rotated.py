"""Credentials without a lease: read again after Vault has rotated them, or after refreshAfter.

https://developer.hashicorp.com/vault/api-docs/secret/databases#get-static-credentials
"""

import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from vaultenv.basics.jsontext import Number
from vaultenv.client.answers import data_of
from vaultkube.deadline import Deadline
from vaultkube.documents.times import seconds_of
from vaultkube.sync_resources.requests import request_of
from vaultkube.sync_resources.secrets import DynamicSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.fingerprint import fingerprint_of
from vaultsync.content.source import source_of
from vaultsync.control.conditions import Condition, synced
from vaultsync.control.current import is_current
from vaultsync.control.notes import MESSAGE, dynamic_message
from vaultsync.control.times import after_rotation_s, chance_of, refresh_s
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

    Where Vault does not rotate the credentials, each read may issue others: they are read when refreshAfter is over, or the
    Secret is lost or to be made from something else.
    """
    if not is_rotated(spec, entry.status):
        left_s = due_at(spec, entry) - now()
        if left_s > 0 and is_current(tools, entry, spec, deadline):
            conditions = synced(reasons.FIRST_SYNC, dynamic_message(spec, left_s))
            tools.save(entry, conditions, {}, deadline)
            return left_s
        tools.destinations.check(entry, spec.destination, deadline)
    transformation = tools.transformation(entry, spec)
    made_from = fingerprint_of(spec, transformation)
    answer = tools.request_as(identity, spec, request_of(spec), deadline)
    source = source_of(spec, as_first_read(answer, entry.status))
    rollout: tuple[Condition, ...] = ()
    mac, is_changed = write_secret(tools, entry, spec, source, transformation, deadline, made_from)
    if is_changed:
        tools.send_event(entry, reasons.ROTATED, MESSAGE)
        rollout = tools.roll(entry, spec.restart_targets, deadline)
    fields = {"secretMAC": mac, **rotation_fields(answer, now(), entry.status)}
    delay_s = rotation_s(spec, answer, late_s(answer, entry.status, now()))
    conditions = synced(reasons.FIRST_SYNC, dynamic_message(spec, delay_s))
    tools.save(entry, (*conditions, *rollout), fields, deadline)
    return delay_s


def is_rotated(spec: DynamicSecretSpec, status: Mapping[str, Any]) -> bool:
    """Return whether Vault rotates the credentials, as the spec says, or as their last answer has shown."""
    recorded = status.get(_FIELD)
    return spec.static_credentials or (isinstance(recorded, dict) and bool(recorded.get(_LAST)))


def due_at(spec: DynamicSecretSpec, entry: Entry) -> float:
    """Return when credentials without lease and rotation are to be read again, in seconds since 1970; NEVER without refreshAfter."""
    read_at = seconds_of(entry.status.get(_READ_AT))
    return read_at + refresh_s(spec.refresh_after_s, False, chance_of(entry.resource.uid))


def as_first_read(answer: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer with the `ttl` of the first read of its credentials: otherwise each read would be a change."""
    recorded = _of_same_rotation(answer, status)
    if not recorded:
        return dict(answer)
    return {**answer, "data": {**answer["data"], _TTL: Number(int(seconds_of(recorded.get(_TTL))))}}


def rotation_fields(
    answer: Mapping[str, Any], seconds: float, status: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the status fields with the time of the read, and the rotation times of an answer's credentials, None without any.

    The fields of credentials that the status already has stay unchanged; `seconds` is the time since 1970.
    """
    rotated_at = _rotated_at(answer)
    if not rotated_at:
        return {_FIELD: None, _READ_AT: int(seconds)}
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
    found = data_of(answer).get(_ROTATED_AT)
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
    is_rotated = spec.static_credentials or bool(_rotated_at(answer))
    refreshed_s = refresh_s(spec.refresh_after_s, is_rotated, chance())
    ttl = data_of(answer).get(_TTL)
    ttl_s = seconds_of(ttl)
    if not is_rotated or ttl is None or not (ttl_s or _rotated_at(answer)):
        return refreshed_s
    if since_due_s is not None:
        ttl_s = min(ttl_s or _LONGEST_LATE_S, since_due_s / 2)
    rotated_s = after_rotation_s(ttl_s, chance())
    return min(rotated_s, refreshed_s) if spec.refresh_after_s else rotated_s
