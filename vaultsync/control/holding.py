"""The lease of an object in its status, the token that owns it, and the revocation of both."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.documents.times import seconds_of
from vaultkube.sync_resources.requests import VaultRequest
from vaultkube.sync_resources.secrets import DynamicSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.control.lease import Lease, lease_in, lease_status
from vaultsync.control.times import NEVER, chance_of, horizon_s
from vaultsync.control.tools import Tools, now
from vaultsync.errors import SyncError, VaultDenied
from vaultsync.vault.holders import Holder
from vaultsync.vault.tokens import Token

_LONGEST_S = 3600.0
"""Longest time between two checks whether the token has to be renewed."""


def may_hold(entry: Entry) -> bool:
    """Return whether the object has a lease, or may get one because its spec has not been synced yet."""
    return lease_in(entry.status) is not None or not entry.is_seen


def granted(answer: Mapping[str, Any], token: Token, token_id: str) -> Lease | None:
    """Return the lease in an answer of Vault, None where it has none."""
    if not answer.get("lease_id"):
        return None
    duration_s = seconds_of(answer.get("lease_duration"))
    renewable = answer.get("renewable") is True
    return Lease(str(answer["lease_id"]), duration_s, renewable, now(), wall_end(token), token_id)


def with_token(lease: Lease, token: Token | None) -> Lease:
    """Return the lease with the present end of its token; a token that no longer exists ends now."""
    return replace(lease, token_ends_at=wall_end(token) if token else now())


def wall_end(token: Token) -> float:
    """Return the end of a token in seconds since 1970, or 0 for never."""
    left_s = token.ends_at - time.monotonic()
    return 0.0 if left_s == NEVER else now() + left_s


def lease_fields(tools: Tools, lease: Lease, answer: Mapping[str, Any], holder: Holder) -> dict[str, Any]:
    """Return the status fields that store the lease of an answer."""
    return lease_status(lease, str(answer.get("request_id") or ""), tools.client(holder.identity))


def horizon(lease: Lease, spec: DynamicSecretSpec) -> float:
    """Return the seconds after which the lease is renewed."""
    return horizon_s(lease.duration_s, spec.renewal_percent, chance_of(lease.id))


def bounded(delay_s: float, token: Token | None) -> float:
    """Return the seconds until the next work on the object: early enough to renew the token of its lease."""
    half_s = 0.5 * token.life_s if token and token.life_s else _LONGEST_S
    return min(delay_s, max(half_s, 1.0), _LONGEST_S)


def revoke(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec, holder: Holder, lease: Lease, deadline: Deadline
) -> None:
    """Revoke a lease by its stored token or, if Vault refuses that, by the object's login; raise SyncError or Refused."""
    try:
        tools.holders.revoke(holder, lease.token_id, deadline)
    except VaultDenied:
        request = VaultRequest("PUT", "sys/leases/revoke", body={"lease_id": lease.id})
        tools.request_as(holder.identity, spec, request, deadline)
    tools.send_event(entry, reasons.LEASE_REVOKED, f'Lease revoked, lease_id="{lease.id}"')


def revoke_if_possible(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec, holder: Holder, lease: Lease, deadline: Deadline
) -> None:
    """Revoke an unused lease, or send an Event that it lasts until it expires; raise Refused."""
    try:
        revoke(tools, entry, spec, holder, lease, deadline)
    except SyncError as error:
        message = f"Lease {lease.id} could not be revoked; it lasts until it expires: {error}"
        tools.send_event(entry, reasons.LEASE_REVOKED, message, is_warning=True)
