"""Dynamic secrets: credentials with a lease, which is renewed as long as Vault lets it, and followed by another one.

The status keeps the lease before the Secret has its credentials: whatever ends the process, no lease is forgotten.
"""

import time
import zlib
from dataclasses import replace
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.requests import VaultRequest, request_of
from vaultkube.sync_resources.secrets import DynamicSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.data import data_of
from vaultsync.content.mac import mac_of
from vaultsync.content.source import source_of
from vaultsync.control.conditions import synced
from vaultsync.control.lease import (
    Facts,
    Lease,
    Plan,
    Step,
    client_in,
    is_truncated,
    lease_in,
    lease_status,
    plan,
)
from vaultsync.control.others import hold
from vaultsync.control.times import NEVER, horizon_s, refresh_s
from vaultsync.control.tools import Login, Tools, chance, finalizer, now
from vaultsync.errors import SyncError, VaultDenied
from vaultsync.vault.server import Identity
from vaultsync.vault.sessions import Token

_LONGEST_S = 3600.0
"""So often at least it is looked whether the token has to be renewed."""
_BEFORE_TIME = (reasons.RESOURCE_UPDATED, reasons.CLIENT_CHANGED, reasons.DESTINATION_MISSING)
"""Reasons by which a lease is followed before its time and revoked; one at its end is left to programs that use it."""


def sync_dynamic(tools: Tools, entry: Entry, spec: DynamicSecretSpec, deadline: Deadline) -> float:
    """Do what is due, and return the seconds until the next time; raise SyncError or Refused."""
    access = tools.access(spec.auth, entry.resource.namespace)
    identity = tools.identity(access, entry.resource.namespace, deadline)
    if spec.revoke:
        hold(tools, access, deadline)
        entry = tools.set_finalizer(entry, finalizer(entry.key.kind), True, deadline)
    lease = lease_in(entry.status)
    may_lease = lease is not None or entry.status.get("lastGeneration") != entry.resource.generation
    login = tools.log_in(identity, spec, deadline, kept=may_lease)
    if lease is None and entry.status.get("lastGeneration"):
        return _without_lease(tools, entry, spec, login, deadline)
    if lease is not None:
        lease = replace(lease, token_ends_at=_token_end(tools, login.token, lease, entry))
    next_ = plan(lease, _facts(tools, entry, spec, identity, lease, deadline))
    if next_.step is Step.WAIT:
        return _bounded(next_.after_s, login.token)
    if next_.step is Step.RENEW and lease is not None:
        renewed = _renew(tools, entry, spec, login, lease, deadline)
        if renewed is not None:
            return renewed
    return _issue(tools, entry, spec, login, next_, deadline)


def _token_end(tools: Tools, token: Token, lease: Lease, entry: Entry) -> float:
    """Return when the token ends that the lease hangs on: of the one that is used now its new end, else as it was kept."""
    meta = entry.status.get("vaultClientMeta") or {}
    if meta.get("id") != _token_mark(tools, token):
        return lease.token_ends_at
    return _wall_end(token)


def _token_mark(tools: Tools, token: Token) -> str:
    """Return a name for a token by which it is known again, and that tells nothing of it."""
    return mac_of({"token": token.value.encode()}, tools.key)[:16]


def _wall_end(token: Token) -> float:
    left_s = token.ends_at - time.monotonic()
    return 0.0 if left_s == NEVER else now() + left_s


def _facts(
    tools: Tools,
    entry: Entry,
    spec: DynamicSecretSpec,
    identity: Identity,
    lease: Lease | None,
    deadline: Deadline,
) -> Facts:
    mac = str(entry.status.get("secretMAC") or "")
    has_secret = lease is not None and tools.destinations.holds(
        entry, spec.destination, mac, tools.key, deadline
    )
    return Facts(
        generation=entry.resource.generation,
        last_generation=int(entry.status.get("lastGeneration") or 0),
        has_secret=has_secret,
        client=tools.sessions.mark(identity),
        last_client=client_in(entry.status),
        percent=spec.renewal_percent,
        now=now(),
        chance=_chance_of(lease) if lease else 0.0,
    )


def _renew(
    tools: Tools,
    entry: Entry,
    spec: DynamicSecretSpec,
    login: Login,
    lease: Lease,
    deadline: Deadline,
) -> float | None:
    """Renew the lease and return the seconds until the next time; None where new credentials are needed."""
    body: dict[str, Any] = {"lease_id": lease.id, "increment": int(lease.duration_s)}
    request = VaultRequest("PUT", "sys/leases/renew", body=body)
    try:
        answer = tools.ask(login, request)
    except VaultDenied as error:
        tools.tell(entry, reasons.LEASE_RENEWAL_ERROR, f"Could not renew lease: {error}", is_warning=True)
        return None
    granted_s = float(answer.get("lease_duration") or 0)
    if is_truncated(granted_s, lease.duration_s):
        shorter = f"from {lease.duration_s:.0f}s to {granted_s:.0f}s"
        message = f"Lease renewal duration was truncated {shorter}, requesting new credentials"
        tools.tell(entry, reasons.LEASE_RENEWED, message)
        return None
    kept = replace(lease, granted_at=now(), duration_s=granted_s)
    after_s = _horizon(kept, spec)
    message = f'Renewed lease, lease_id="{lease.id}", horizon={after_s:.3f}s'
    tools.tell(entry, reasons.LEASE_RENEWED, message)
    fields = _lease_fields(tools, kept, str(answer.get("request_id") or ""), login)
    tools.save(entry, (), fields, deadline)
    return _bounded(after_s, login.token)


def _issue(
    tools: Tools,
    entry: Entry,
    spec: DynamicSecretSpec,
    login: Login,
    why: Plan,
    deadline: Deadline,
) -> float:
    """Ask for credentials, keep their lease, write them, and revoke the lease that they follow."""
    before = lease_in(entry.status)
    was_synced = bool(entry.status.get("secretMAC"))
    transformation = tools.transformation(entry, spec)
    answer = tools.ask(login, request_of(spec))
    lease = _granted(answer, login.token)
    fields: dict[str, Any] = {}
    if lease is not None:
        fields = _lease_fields(tools, lease, str(answer.get("request_id") or ""), login)
        entry = tools.save(entry, (), fields, deadline)
    try:
        source = source_of(spec, answer)
        data = data_of(spec, source, transformation, annotations=entry.annotations, labels=entry.labels)
        mac = mac_of(data, tools.key)
        is_changed = tools.destinations.write(entry, spec.destination, data, mac, deadline)
    except SyncError:
        # Nobody has these credentials, and the next attempt asks for others.
        if lease is not None:
            _revoke_if_possible(tools, entry, login, lease)
        raise
    if entry.status.get("lastGeneration") != entry.resource.generation:
        tools.destinations.prune(entry, spec.destination, deadline)
    fields |= {"lastGeneration": entry.resource.generation, "secretMAC": mac}
    after_s = _horizon(lease, spec) if lease else refresh_s(spec.refresh_after_s, False, chance())
    message = f'Secret synced, lease_id="{lease.id}", horizon={after_s:.3f}s' if lease else "Secret synced"
    if is_changed:
        tools.tell(entry, reasons.ROTATED if was_synced else reasons.FIRST_SYNC, message)
    tools.save(entry, synced(why.reason, "Secret synced"), fields, deadline)
    if is_changed and was_synced:
        tools.roll(entry, spec.restart_targets, deadline)
    is_followed = before is not None and lease is not None and before.id != lease.id
    if before is not None and is_followed and why.reason in _BEFORE_TIME and now() < before.ends_at():
        _revoke_if_possible(tools, entry, login, before)
    return _bounded(after_s, login.token)


def _revoke_if_possible(tools: Tools, entry: Entry, login: Login, lease: Lease) -> None:
    try:
        _revoke(tools, entry, login, lease)
    except SyncError as error:
        message = f"Lease {lease.id} could not be revoked; it ends by itself: {error}"
        tools.tell(entry, reasons.LEASE_REVOKED, message, is_warning=True)


def _revoke(tools: Tools, entry: Entry, login: Login, lease: Lease) -> None:
    tools.ask(login, VaultRequest("PUT", "sys/leases/revoke", body={"lease_id": lease.id}))
    tools.tell(entry, reasons.LEASE_REVOKED, f'Lease revoked, lease_id="{lease.id}"')


def _without_lease(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec, login: Login, deadline: Deadline
) -> float:
    """Read credentials that Vault answers without a lease anew: those that it rotates, or that have a refreshAfter.

    Of others each read may make new ones, so they stay until the object changes or the Secret is lost.
    """
    is_rotated = spec.static_credentials or bool(spec.refresh_after_s)
    if not is_rotated and entry.status.get("lastGeneration") == entry.resource.generation:
        mac = str(entry.status.get("secretMAC") or "")
        if tools.destinations.holds(entry, spec.destination, mac, tools.key, deadline):
            return NEVER
    return _issue(tools, entry, spec, login, Plan(Step.ISSUE, reasons.FIRST_SYNC), deadline)


def _granted(answer: dict[str, Any], token: Token) -> Lease | None:
    if not answer.get("lease_id"):
        return None
    duration_s = float(answer.get("lease_duration") or 0)
    renewable = answer.get("renewable") is True
    return Lease(str(answer["lease_id"]), duration_s, renewable, now(), _wall_end(token))


def _lease_fields(tools: Tools, lease: Lease, request_id: str, login: Login) -> dict[str, Any]:
    kept = replace(lease, token_ends_at=_wall_end(login.token))
    fields = lease_status(kept, request_id, tools.sessions.mark(login.identity))
    fields["vaultClientMeta"]["id"] = _token_mark(tools, login.token)
    return fields


def _horizon(lease: Lease, spec: DynamicSecretSpec) -> float:
    return horizon_s(lease.duration_s, spec.renewal_percent, _chance_of(lease))


def _chance_of(lease: Lease) -> float:
    """Return a number from 0 to 1 that is the lease's own, also after a restart."""
    return zlib.crc32(lease.id.encode()) / (1 << 32)


def _bounded(after_s: float, token: Token) -> float:
    """Return when the object is looked at again: in time to renew the token that its lease hangs on."""
    half_s = 0.5 * token.life_s if token.life_s else _LONGEST_S
    return min(after_s, max(half_s, 1.0), _LONGEST_S)


def revoke_dynamic(tools: Tools, entry: Entry, spec: DynamicSecretSpec, deadline: Deadline) -> None:
    """Revoke the lease of an object that is deleted; raise SyncError or Refused."""
    lease = lease_in(entry.status)
    if lease is None or not spec.revoke or now() >= lease.ends_at() + lease.duration_s:
        return
    access = tools.access(spec.auth, entry.resource.namespace)
    identity = tools.identity(access, entry.resource.namespace, deadline)
    _revoke(tools, entry, tools.log_in(identity, spec, deadline, kept=True), lease)
