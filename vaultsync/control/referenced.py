"""Referenced objects (VaultConnection, VaultAuth and others): conditions of their use, and finalizers while they are needed."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from vaultenv.client.answers import is_https_only, refusal
from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.sync_resources.auth import AuthSpec
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry, Key
from vaultsync.control.access import Access, access_through
from vaultsync.control.conditions import accepted, validity
from vaultsync.control.times import NEVER
from vaultsync.control.tools import Tools, finalizer
from vaultsync.errors import ReferenceRefused, VaultDenied
from vaultsync.vault.client import Call
from vaultsync.vault.server import Server

_LOOK_S = 1.0
_REACH_S, _STATE = 5.0, "sys/seal-status"


def accept(tools: Tools, entry: Entry, deadline: Deadline) -> float:
    """Set the condition of a usable object; raise SyncError or Refused if Vault cannot be reached by it, or it refers to an unusable one."""
    spec = entry.resource.spec
    if isinstance(spec, ConnectionSpec):
        reach(tools, tools.server(spec, entry.key.namespace, deadline))
    if isinstance(spec, AuthSpec):
        access_through(entry.key.reference, spec, tools.namespace, tools.store.get)
    message = f"Successfully handled {entry.key.kind} resource request"
    fields = {**validity(), "lastGeneration": entry.resource.generation}
    saved = tools.save(entry, accepted(message), fields, deadline)
    if saved is not entry:
        tools.send_event(entry, reasons.ACCEPTED, message)
    return NEVER


def reach(tools: Tools, server: Server) -> None:
    """Have Vault answer, whatever that is: it may be sealed, or a proxy may deny this path; raise VaultAway or VaultDenied."""
    server = replace(server, timeout_s=min(server.timeout_s, _REACH_S))
    answer = tools.vaults.exchange(server, Call("GET", _STATE))
    if is_https_only(answer.content):
        raise VaultDenied(refusal("GET", f"{server.address}/v1/{_STATE}", answer.status_code, answer.content))


def release(tools: Tools, entry: Entry, age_s: float, deadline: Deadline) -> float:
    """Remove the finalizer of a deleted object when no revocation needs it any more, or its time limit is over."""
    if age_s < tools.deletion_s and _is_needed(tools, entry):
        return _LOOK_S
    tools.drop_finalizers(entry, deadline)
    return NEVER


def hold(tools: Tools, access: Access, deadline: Deadline) -> None:
    """Add finalizers to the VaultAuth and the VaultConnection, which the revocation of credentials will need."""
    for entry in _held(tools, access):
        tools.set_finalizer(entry, deadline)


def release_user(tools: Tools, entry: Entry, deadline: Deadline) -> Entry:
    """Return an object that revokes nothing without its finalizer; its VaultAuth and VaultConnection lose theirs with the last one."""
    after = tools.drop_finalizers(entry, deadline)
    spec = entry.resource.spec
    if after is not entry and isinstance(spec, DynamicSecretSpec | PkiSecretSpec):
        with suppress(ReferenceRefused, Refused):  # then theirs are removed when they are deleted
            for held in _held(tools, tools.access(spec.auth, entry.resource.namespace)):
                if not _is_needed(tools, held):
                    tools.drop_finalizers(held, deadline)
    return after


def _held(tools: Tools, access: Access) -> Iterator[Entry]:
    """Yield the VaultAuth and the VaultConnection of an access, unless they are deleted."""
    for kind, reference in (("VaultAuth", access.auth), ("VaultConnection", access.connection)):
        entry = tools.store.get(Key(kind, *reference))
        if entry and not entry.deleted_at:
            yield entry


def _is_needed(tools: Tools, entry: Entry) -> bool:
    for user in tools.store.entries_of_kinds(("VaultDynamicSecret", "VaultPKISecret")):
        spec = user.resource.spec
        if (
            not isinstance(spec, DynamicSecretSpec | PkiSecretSpec)
            or finalizer(user.key.kind) not in user.finalizers
        ):
            continue
        try:
            access = tools.access(spec.auth, user.resource.namespace)
        except ReferenceRefused:
            continue
        if entry.key.reference in (access.auth, access.connection):
            return True
    return False
