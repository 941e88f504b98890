"""Static secrets: read from Vault at intervals, and written if something has changed."""

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.requests import request_of
from vaultkube.sync_resources.secrets import StaticSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.source import source_of
from vaultsync.control.conditions import Condition, synced, was_synced
from vaultsync.control.notes import MESSAGE, POLLED, static_message, wants_events
from vaultsync.control.times import refresh_s
from vaultsync.control.tools import Tools, chance
from vaultsync.control.writing import write_secret


def sync_static(tools: Tools, entry: Entry, spec: StaticSecretSpec, deadline: Deadline) -> float:
    """Sync the Secret and return the seconds until the next time; raise SyncError or Refused."""
    resource = entry.resource
    access = tools.access(spec.auth, resource.namespace)
    identity = tools.identity(access, resource.namespace, deadline)
    transformation = tools.transformation(entry, spec)
    answer = tools.request_as(identity, spec, request_of(spec), deadline)
    source = source_of(spec, answer)
    is_known = was_synced(entry.status)
    mac, is_changed = write_secret(tools, entry, spec, source, transformation, deadline)
    rollout: tuple[Condition, ...] = ()
    if is_changed:
        if not is_known:
            tools.send_event(entry, reasons.FIRST_SYNC, MESSAGE)
            if wants_events(spec):
                tools.send_event(entry, reasons.EVENT_WATCHER_ERROR, POLLED, is_warning=True)
        tools.send_event(entry, reasons.ROTATED, MESSAGE)
        if is_known:
            rollout = tools.roll(entry, spec.restart_targets, deadline)
    fields = {"lastGeneration": resource.generation, "secretMAC": mac if spec.hmac else None}
    conditions = synced(reasons.FIRST_SYNC, static_message(spec))
    tools.save(entry, (*conditions, *rollout), fields, deadline)
    return refresh_s(spec.refresh_after_s, spec.hmac, chance())
