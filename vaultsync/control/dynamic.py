"""Dynamic secrets: credentials with a lease, which is renewed as long as Vault allows, and then replaced."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.documents.times import seconds_of
from vaultkube.errors import Refused
from vaultkube.sync_resources.requests import VaultRequest
from vaultkube.sync_resources.secrets import DynamicSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.control.conditions import renewed
from vaultsync.control.current import follow, is_current
from vaultsync.control.holding import (
    bounded,
    horizon,
    lease_fields,
    may_hold,
    revoke,
    wall_end,
    with_token,
)
from vaultsync.control.issuing import issue
from vaultsync.control.lease import Facts, Lease, Step, client_in, is_truncated, lease_in, plan
from vaultsync.control.notes import dynamic_message
from vaultsync.control.referenced import hold, release_user
from vaultsync.control.rotated import sync_rotated
from vaultsync.control.times import chance_of
from vaultsync.control.tools import Tools, login_with, now
from vaultsync.errors import SyncError, TransformationFailed, VaultDenied
from vaultsync.vault.holders import Holder
from vaultsync.vault.tokens import Token


def sync_dynamic(tools: Tools, entry: Entry, spec: DynamicSecretSpec, deadline: Deadline) -> float:
    """Renew the lease or issue credentials if due, and return the seconds until the next time; raise SyncError or Refused."""
    access = tools.access(spec.auth, entry.resource.namespace)
    identity = tools.identity(access, entry.resource.namespace, deadline)
    if spec.revoke:
        hold(tools, access, deadline)
        entry = tools.set_finalizer(entry, deadline)
    else:
        entry = release_user(tools, entry, deadline)
    lease, token = lease_in(entry.status), None
    has_secret = _has_secret(tools, entry, spec, deadline, is_leased=lease is not None)
    if has_secret:
        entry = follow(tools, entry, spec, deadline, dynamic_message(spec, 0.0))
    if not may_hold(entry):
        return sync_rotated(tools, entry, spec, identity, deadline)
    holder = Holder(entry.resource.uid, identity)
    if lease is not None:
        token = tools.holders.token(holder, lease.token_id, deadline)
        lease = with_token(lease, token)
    facts = _facts(tools, entry, spec, holder, lease, has_secret=has_secret)
    next_ = plan(lease, facts)
    if next_.step is Step.WAIT:
        return bounded(next_.delay_s, token)
    if next_.step is Step.RENEW and lease is not None and token is not None:
        delay_s, entry = _renew(tools, entry, spec, holder, lease, token, deadline)
        if delay_s is not None:
            return delay_s
    try:
        return issue(tools, entry, spec, holder, next_, deadline)
    except (SyncError, Refused):
        is_due = lease is not None and plan(lease, facts.unchanged()).step is Step.RENEW
        if next_.step is Step.ISSUE and is_due and token is not None and lease is not None:
            # Programs use these credentials until the mistake in the object is corrected.
            with suppress(SyncError, Refused):
                _renew(tools, entry, spec, holder, lease, token, deadline)
        raise


def _has_secret(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec, deadline: Deadline, *, is_leased: bool
) -> bool:
    """Return whether the Secret is as the spec says now.

    A lease is renewed even if a SecretTransformation is missing, without which no credentials could be written.
    """
    if not is_leased and entry.is_seen:
        return False  # `sync_rotated` looks
    try:
        return is_current(tools, entry, spec, deadline)
    except TransformationFailed:
        return entry.is_seen


def _facts(
    tools: Tools,
    entry: Entry,
    spec: DynamicSecretSpec,
    holder: Holder,
    lease: Lease | None,
    *,
    has_secret: bool,
) -> Facts:
    return Facts(
        generation=entry.resource.generation,
        last_generation=entry.status.get("lastGeneration"),
        has_secret=has_secret,
        is_as_written=tools.destinations.is_as_written(entry, spec.destination, entry.mac),
        client=tools.client(holder.identity),
        last_client=client_in(entry.status),
        percent=spec.renewal_percent,
        now=now(),
        chance=chance_of(lease.id) if lease else 0.0,
    )


def _renew(
    tools: Tools,
    entry: Entry,
    spec: DynamicSecretSpec,
    holder: Holder,
    lease: Lease,
    token: Token,
    deadline: Deadline,
) -> tuple[float | None, Entry]:
    """Renew the lease; return the seconds until the next time, or None if new credentials are needed, and the updated object."""
    body: dict[str, Any] = {"lease_id": lease.id, "increment": int(lease.duration_s)}
    request = VaultRequest("PUT", "sys/leases/renew", body=body)
    try:
        answer = tools.send_request(login_with(token, holder.identity, spec), request)
    except VaultDenied as error:
        message = f"Could not renew lease: {error}"
        tools.send_event(entry, reasons.LEASE_RENEWAL_ERROR, message, is_warning=True)
        return None, tools.save(entry, renewed(message), {}, deadline)
    granted_s = seconds_of(answer.get("lease_duration"))
    if is_truncated(granted_s, lease.duration_s):
        shorter = f"from {lease.duration_s:.0f}s to {granted_s:.0f}s"
        message = f"Lease renewal duration was truncated {shorter}, requesting new credentials"
        tools.send_event(entry, reasons.LEASE_RENEWED, message)
        return None, tools.save(entry, renewed(message), {}, deadline)
    renewed_lease = replace(lease, granted_at=now(), duration_s=granted_s, token_ends_at=wall_end(token))
    delay_s = horizon(renewed_lease, spec)
    message = f'Renewed lease, lease_id="{lease.id}", horizon={delay_s:.3f}s'
    tools.send_event(entry, reasons.LEASE_RENEWED, message)
    entry = tools.save(entry, renewed(), lease_fields(tools, renewed_lease, answer, holder), deadline)
    return bounded(delay_s, token), entry


def revoke_dynamic(tools: Tools, entry: Entry, spec: DynamicSecretSpec, deadline: Deadline) -> None:
    """Revoke the lease of a deleted object; raise SyncError or Refused."""
    lease = lease_in(entry.status)
    if lease is None or not spec.revoke or now() >= lease.ends_at() + lease.duration_s:
        return
    access = tools.access(spec.auth, entry.resource.namespace)
    identity = tools.identity(access, entry.resource.namespace, deadline)
    revoke(tools, entry, spec, Holder(entry.resource.uid, identity), lease, deadline)
