"""Current Secrets: those whose data is what the object asks for now, so that Vault issues nothing anew for them."""

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.fingerprint import fingerprint_of
from vaultsync.control.conditions import synced
from vaultsync.control.tools import Tools


def fingerprint(tools: Tools, entry: Entry, spec: DynamicSecretSpec | PkiSecretSpec) -> str:
    """Return the fingerprint of a spec with its SecretTransformations; raise TransformationFailed for a missing one."""
    return fingerprint_of(spec, tools.transformation(entry, spec))


def is_current(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec | PkiSecretSpec, deadline: Deadline
) -> bool:
    """Return whether the Secret has the data of the status, made as the spec says now; raise TransformationFailed or Refused."""
    made_from = fingerprint(tools, entry, spec)
    return tools.destinations.holds(entry, spec.destination, entry.mac, tools.key, deadline, made_from)


def follow(
    tools: Tools, entry: Entry, spec: DynamicSecretSpec | PkiSecretSpec, deadline: Deadline, message: str
) -> Entry:
    """Return an object whose Secret is current with its generation in the status; write changed labels of the Secret.

    `message` is for the condition. Raises NotOwner or Refused.
    """
    if entry.is_seen:
        return entry
    made_from = fingerprint(tools, entry, spec)
    tools.destinations.relabel(entry, spec.destination, entry.mac, deadline, made_from)
    fields = {"lastGeneration": entry.resource.generation}
    return tools.save(entry, synced(reasons.FIRST_SYNC, message), fields, deadline)
