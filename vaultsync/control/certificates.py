"""Certificates: issued by Vault, and reissued before they expire or after a change of the object."""

from collections.abc import Mapping
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.documents.times import seconds_of
from vaultkube.sync_resources.requests import VaultRequest, request_of
from vaultkube.sync_resources.secrets import PkiSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.fingerprint import fingerprint_of
from vaultsync.content.source import source_of
from vaultsync.control.conditions import synced, validity
from vaultsync.control.current import follow, is_current
from vaultsync.control.notes import MESSAGE
from vaultsync.control.referenced import hold, release_user
from vaultsync.control.times import certificate_s, chance_of
from vaultsync.control.tools import Tools, now
from vaultsync.control.writing import write_secret
from vaultsync.errors import DataUnusable

_LONGEST_S = 86400.0


def sync_certificate(tools: Tools, entry: Entry, spec: PkiSecretSpec, deadline: Deadline) -> float:
    """Issue a certificate where one is due, and return the seconds until the next time; raise SyncError or Refused."""
    resource, status = entry.resource, entry.status
    access = tools.access(spec.auth, resource.namespace)
    if spec.revoke or spec.clear:
        if spec.revoke:
            hold(tools, access, deadline)
        entry = tools.set_finalizer(entry, deadline)
    else:
        entry = release_user(tools, entry, deadline)
    due_at, note = _due_at(spec, status)
    if now() < due_at and is_current(tools, entry, spec, deadline):
        follow(tools, entry, spec, deadline, f"{MESSAGE}{note}")
        return min(due_at - now(), _LONGEST_S)
    identity = tools.identity(access, resource.namespace, deadline)
    transformation = tools.transformation(entry, spec)
    made_from = fingerprint_of(spec, transformation)
    tools.destinations.check(entry, spec.destination, deadline)
    answer = tools.request_as(identity, spec, request_of(spec), deadline)
    source = source_of(spec, answer)
    expires_at = _end(source.fields.get("expiration"))
    mac, _ = write_secret(tools, entry, spec, source, transformation, deadline, made_from)
    left_s = expires_at - now()
    offset_s, note = _offset(spec.expiry_offset_s, left_s)
    serial = str(source.fields.get("serial_number") or "")
    delay_s = certificate_s(left_s, offset_s, chance_of(serial))
    is_first = not status.get("secretMAC")
    tools.send_event(entry, reasons.FIRST_SYNC if is_first else reasons.ROTATED, MESSAGE)
    fields = {
        "lastGeneration": resource.generation,
        "secretMAC": mac,
        "serialNumber": serial,
        "expiration": int(expires_at),
        "lastRotation": int(now()),
        **validity(),
    }
    entry = tools.save(entry, synced(reasons.FIRST_SYNC, f"{MESSAGE}{note}"), fields, deadline)
    if not is_first:
        tools.save(entry, tools.roll(entry, spec.restart_targets, deadline), {}, deadline)
    return min(max(delay_s, 1.0), _LONGEST_S)


def revoke_certificate(tools: Tools, entry: Entry, spec: PkiSecretSpec, deadline: Deadline) -> None:
    """Clear the Secret and revoke the certificate of a deleted object, as its spec says; raise SyncError or Refused."""
    if spec.clear:
        tools.destinations.clear(entry, spec.destination, deadline)
    serial = str(entry.status.get("serialNumber") or "")
    if not spec.revoke or not serial:
        return
    access = tools.access(spec.auth, entry.resource.namespace)
    identity = tools.identity(access, entry.resource.namespace, deadline)
    path = f"{spec.mount.strip('/')}/revoke"
    tools.request_as(identity, spec, VaultRequest("PUT", path, body={"serial_number": serial}), deadline)


def _due_at(spec: PkiSecretSpec, status: Mapping[str, Any]) -> tuple[float, str]:
    """Return when the certificate of a status is due to be followed by another one, in seconds since 1970, and a note about it."""
    rotated_at = seconds_of(status.get("lastRotation"))
    left_s = seconds_of(status.get("expiration")) - rotated_at
    offset_s, note = _offset(spec.expiry_offset_s, left_s)
    chance = chance_of(str(status.get("serialNumber") or ""))
    return rotated_at + certificate_s(left_s, offset_s, chance), note


def _offset(offset_s: float | None, left_s: float) -> tuple[float | None, str]:
    """Return the offset to use, and a note about it for the condition.

    With an offset no shorter than the certificate's life, certificates would be reissued endlessly.
    """
    if not offset_s or offset_s < left_s:
        return offset_s, ""
    return None, (
        f"; expiryOffset is not shorter than the certificate's life of {left_s:.0f}s: "
        "it is issued anew when a tenth of that is left"
    )


def _end(value: object) -> float:
    """Return the expiry of a certificate in seconds since 1970; raise DataUnusable if there is none."""
    if end := seconds_of(value):
        return end
    raise DataUnusable("Vault's answer has no end of the certificate: see spec.mount and spec.role")
