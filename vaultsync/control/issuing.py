"""Issuing: requests credentials, stores their lease in the status, writes the Secret, and revokes the previous lease.

The token is stored before the request, and the lease in the status before the Secret has the credentials, without an HMAC
until then: however the process ends, no lease is lost (`vaultsync.vault.holders`), and no Secret is left with the
credentials of the lease before.
"""

from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.requests import request_of
from vaultkube.sync_resources.secrets import DynamicSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.fingerprint import fingerprint_of
from vaultsync.content.source import source_of
from vaultsync.control.conditions import synced, was_synced
from vaultsync.control.holding import bounded, granted, horizon, lease_fields, revoke_if_possible
from vaultsync.control.lease import NO_LEASE, Lease, Plan, client_in, is_of_this_operator, lease_in
from vaultsync.control.notes import MESSAGE, dynamic_message
from vaultsync.control.rotated import as_first_read, rotation_fields, rotation_s
from vaultsync.control.tools import Tools, login_with, now
from vaultsync.control.writing import write_secret
from vaultsync.errors import SyncError
from vaultsync.vault.holders import Holder

_CHANGES = (reasons.RESOURCE_UPDATED, reasons.CLIENT_CHANGED)
"""Reasons to replace a lease early. One near its end is left to the programs that use it, and so is one of the Vault Secrets
Operator, and those of all objects whose common SecretTransformation has changed.
"""


def issue(
    tools: Tools,
    entry: Entry,
    spec: DynamicSecretSpec,
    holder: Holder,
    why: Plan,
    deadline: Deadline,
) -> float:
    """Request credentials, write them, and return the seconds until the next time; raise SyncError or Refused."""
    status = entry.status
    before, is_known = lease_in(status), was_synced(status)
    transformation = tools.transformation(entry, spec)
    made_from = fingerprint_of(spec, transformation)
    tools.destinations.check(entry, spec.destination, deadline)
    token = tools.holders.new(holder, before.token_id if before else "", deadline)
    answer = tools.send_request(login_with(token, holder.identity, spec), request_of(spec))
    lease = granted(answer, token, tools.holders.id(holder, token.value))
    fields: dict[str, Any] = rotation_fields(answer, now(), status) | {"secretLease": NO_LEASE}
    if lease is not None:
        fields |= lease_fields(tools, lease, answer, holder) | {"secretMAC": None}
        entry = tools.save(entry, (), fields, deadline)
    try:
        source = source_of(spec, as_first_read(answer, status))
        mac, is_changed = write_secret(tools, entry, spec, source, transformation, deadline, made_from)
    except SyncError:
        # No program has these credentials, and the next attempt requests others; the Secret still has the previous ones.
        if lease is not None:
            if before is not None:
                tools.save(entry, (), {name: status[name] for name in fields if name in status}, deadline)
            revoke_if_possible(tools, entry, spec, holder, lease, deadline)
        raise
    fields |= {"lastGeneration": entry.resource.generation, "secretMAC": mac}
    delay_s = horizon(lease, spec) if lease else rotation_s(spec, answer)
    message = f'{MESSAGE}, lease_id="{lease.id}", horizon={delay_s:.3f}s' if lease else MESSAGE
    if is_changed:
        tools.send_event(entry, reasons.ROTATED if is_known else reasons.FIRST_SYNC, message)
    entry = tools.save(entry, synced(why.reason, dynamic_message(spec, delay_s)), fields, deadline)
    if is_changed and is_known:
        entry = tools.save(entry, tools.roll(entry, spec.restart_targets, deadline), {}, deadline)
    is_ours = is_of_this_operator(client_in(status))
    if before is not None and is_ours and _is_left_over(spec, before, lease, why):
        revoke_if_possible(tools, entry, spec, holder, before, deadline)
    return bounded(delay_s, token) if lease else delay_s


def _is_left_over(spec: DynamicSecretSpec, before: Lease, lease: Lease | None, why: Plan) -> bool:
    """Return whether the previous lease was replaced early, and no program uses it any more, so that it has to be revoked.

    Pods of workloads that are rolled use it until the rollout has replaced them. Credentials whose Secret was lost, as after a
    leak, are revoked in any case.
    """
    is_replaced = (lease is None or before.id != lease.id) and now() < before.ends_at()
    is_unused = why.reason in _CHANGES and not spec.restart_targets
    return is_replaced and (is_unused or why.reason == reasons.DESTINATION_MISSING)
