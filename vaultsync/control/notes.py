"""Notes after "Secret synced" in a condition: what a setting does not do here, and what the author may want to set. Pure."""

from vaultkube.sync_resources.secrets import DynamicSecretSpec, StaticSecretSpec
from vaultsync.control.times import NEVER

MESSAGE = "Secret synced"
POLLED = "this operator has no instantUpdates: it reads Vault again as refreshAfter says"
_FOLLOWED = (
    "this operator has no instantUpdates: it follows leases and rotations by their times, else refreshAfter"
)
_UNREAD = "Vault's answer has no lease and no rotation: to have it read again, set spec.refreshAfter"


def wants_events(spec: StaticSecretSpec | DynamicSecretSpec) -> bool:
    """Return whether an object asks for updates by Vault's events."""
    return spec.sync is not None and spec.sync.instant


def static_message(spec: StaticSecretSpec) -> str:
    """Return the message of a static secret in sync."""
    return f"{MESSAGE}; {POLLED}" if wants_events(spec) else MESSAGE


def dynamic_message(spec: DynamicSecretSpec, delay_s: float) -> str:
    """Return the message of a dynamic secret in sync that is next looked at after this delay."""
    notes = (_FOLLOWED if wants_events(spec) else "", _UNREAD if delay_s == NEVER else "")
    return "; ".join((MESSAGE, *filter(None, notes)))
