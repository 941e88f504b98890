"""Everything that ends the work on a custom object, by who can mend it; `reason` is that of its event.

    SyncError
    ├── InvalidResource      the author's of the object, with all problems
    ├── ReferenceRefused     an object that is referred to is not there, cannot be used, or is not for this namespace
    ├── TransformationFailed a template or a filter cannot be used on what Vault answered
    ├── DataUnusable         what Vault answered makes no Secret
    ├── NotOwner             the Secret is somebody else's
    ├── VaultDenied          Vault refuses a request
    │   └── LoginDenied          Vault refuses the login
    └── VaultAway            Vault cannot answer now; it is asked again

Messages become conditions and events. They name objects, paths and keys, and never a secret value or a token.
"""

from collections.abc import Sequence

from vaultkube.problem import Problem, messages
from vaultsync import reasons

_SHOWN = 8


class SyncError(Exception):
    """Base class of all errors that this package raises."""

    reason = reasons.SYNC_ERROR


class InvalidResource(SyncError):
    """A custom object cannot be used; `problems` are all that is wrong with it."""

    reason = reasons.INVALID_CONFIGURATION

    def __init__(self, problems: Sequence[Problem]) -> None:
        shown = messages(problems[:_SHOWN])
        more = len(problems) - len(shown)
        super().__init__("; ".join(shown) + (f"; and {more} more problems" if more > 0 else ""))
        self.problems = tuple(problems)


class ReferenceRefused(SyncError):
    """An object that another one refers to cannot be used for it."""

    reason = reasons.INVALID_REFERENCE


class TransformationFailed(SyncError):
    """A template or a filter cannot be used on what Vault answered."""

    reason = reasons.TRANSFORMATION_ERROR


class DataUnusable(SyncError):
    """Vault's answer makes no Secret."""

    reason = reasons.DATA_ERROR


class NotOwner(SyncError):
    """The Secret is there already, and somebody else's."""


class VaultDenied(SyncError):
    """Vault refuses a request; `status` is that of its answer."""

    reason = reasons.CLIENT_ERROR

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class LoginDenied(VaultDenied):
    """Vault refuses a login."""

    reason = reasons.CLIENT_CONFIGURATION_ERROR


class VaultAway(SyncError):
    """Vault cannot be reached, is sealed, or has too much to do."""

    reason = reasons.CLIENT_ERROR
