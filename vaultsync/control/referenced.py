"""Referenced objects (VaultConnection, VaultAuth and others): conditions of their use, and finalizers while they are needed."""

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.auth import AuthSpec
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry, Key
from vaultsync.control.access import Access, access_through
from vaultsync.control.conditions import accepted, validity
from vaultsync.control.times import NEVER
from vaultsync.control.tools import Tools, finalizer
from vaultsync.errors import ReferenceRefused

_LOOK_S = 1.0


def accept(tools: Tools, entry: Entry, deadline: Deadline) -> float:
    """Set the condition of a usable object; raise ReferenceRefused if it refers to an unusable one."""
    spec = entry.resource.spec
    if isinstance(spec, AuthSpec):
        access_through(entry.key.reference, spec, tools.namespace, tools.store.get)
    message = f"Successfully handled {entry.key.kind} resource request"
    fields = {**validity(), "lastGeneration": entry.resource.generation}
    saved = tools.save(entry, accepted(message), fields, deadline)
    if saved is not entry:
        tools.send_event(entry, reasons.ACCEPTED, message)
    return NEVER


def release(tools: Tools, entry: Entry, age_s: float, deadline: Deadline) -> float:
    """Remove the finalizer of a deleted object when no revocation needs it any more, or its time limit is over."""
    if age_s < tools.deletion_s and _is_needed(tools, entry):
        return _LOOK_S
    tools.drop_finalizers(entry, deadline)
    return NEVER


def hold(tools: Tools, access: Access, deadline: Deadline) -> None:
    """Add finalizers to the VaultAuth and the VaultConnection, which the revocation of credentials will need."""
    for kind, reference in (("VaultAuth", access.auth), ("VaultConnection", access.connection)):
        entry = tools.store.get(Key(kind, *reference))
        if entry and not entry.deleted_at:
            tools.set_finalizer(entry, deadline)


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
