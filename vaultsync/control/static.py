"""Static secrets: read from Vault at intervals, and written if something has changed."""

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.requests import request_of
from vaultkube.sync_resources.secrets import StaticSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry
from vaultsync.content.source import source_of
from vaultsync.control.conditions import Condition, synced, was_synced
from vaultsync.control.times import refresh_s
from vaultsync.control.tools import Tools, chance
from vaultsync.control.writing import write_secret

_MESSAGE = "Secret synced"
_POLLED = "this operator has no instantUpdates: it reads Vault again as refreshAfter says"


def sync_static(tools: Tools, entry: Entry, spec: StaticSecretSpec, deadline: Deadline) -> float:
    """Sync the Secret and return the seconds until the next time; raise SyncError or Refused."""
    resource = entry.resource
    access = tools.access(spec.auth, resource.namespace)
    identity = tools.identity(access, resource.namespace, deadline)
    transformation = tools.transformation(entry, spec)
    login = tools.log_in(identity, spec, deadline)
    answer = tools.send_request(login, request_of(spec))
    source = source_of(spec, answer)
    is_polled = spec.sync is not None and spec.sync.instant
    is_known = was_synced(entry.status)
    mac, is_changed = write_secret(tools, entry, spec, source, transformation, deadline)
    rollout: tuple[Condition, ...] = ()
    if is_changed:
        if not is_known:
            tools.send_event(entry, reasons.FIRST_SYNC, _MESSAGE)
            if is_polled:
                tools.send_event(entry, reasons.EVENT_WATCHER_ERROR, _POLLED, is_warning=True)
        tools.send_event(entry, reasons.ROTATED, _MESSAGE)
        if is_known:
            rollout = tools.roll(entry, spec.restart_targets, deadline)
    fields = {"lastGeneration": resource.generation, "secretMAC": mac if spec.hmac else None}
    message = f"{_MESSAGE}; {_POLLED}" if is_polled else _MESSAGE
    tools.save(entry, (*synced(reasons.FIRST_SYNC, message), *rollout), fields, deadline)
    return refresh_s(spec.refresh_after_s, spec.hmac, chance())
