"""Errors that end the work on a custom object, by who can correct them; `reason` is that of the Event.

    SyncError
    ├── InvalidResource      the spec is invalid; the message lists its problems
    ├── ReferenceRefused     a referenced object does not exist, cannot be used, or is not for this namespace
    ├── TransformationFailed a template or a filter fails on Vault's answer
    ├── DataUnusable         Vault's answer cannot be written as a Secret
    ├── NotOwner             the Secret is not the object's
    ├── NotWritten           the API server refuses the Secret, or does not answer
    ├── VaultDenied          Vault refuses a request
    │   ├── LoginDenied          Vault refuses the login
    │   └── TokenUnknown         Vault does not know the token any more
    └── VaultAway            Vault cannot answer now; the work is retried

Messages become conditions and events. They name objects, paths and keys, and never a secret value or a token.
"""

from collections.abc import Sequence

from vaultkube.problem import Problem, first_messages
from vaultsync import reasons


class SyncError(Exception):
    """Base class of all errors that this package raises."""

    reason = reasons.SYNC_ERROR


class InvalidResource(SyncError):
    """A custom object cannot be used; `problems` has all problems of its spec."""

    reason = reasons.INVALID_CONFIGURATION

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(first_messages(problems))
        self.problems = tuple(problems)


class ReferenceRefused(SyncError):
    """An object that another one refers to cannot be used for it."""

    reason = reasons.INVALID_REFERENCE


class TransformationFailed(SyncError):
    """A template or a filter fails on Vault's answer."""

    reason = reasons.TRANSFORMATION_ERROR


class DataUnusable(SyncError):
    """Vault's answer cannot be written as a Secret."""

    reason = reasons.DATA_ERROR


class NotOwner(SyncError):
    """The Secret exists and is not the object's, or does not exist with `create: false`."""


class NotWritten(SyncError):
    """The API server refuses the Secret that Vault's answer makes, or does not answer."""


class VaultDenied(SyncError):
    """Vault refuses a request; `status` is that of its answer."""

    reason = reasons.CLIENT_ERROR

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class LoginDenied(VaultDenied):
    """Vault refuses a login."""

    reason = reasons.CLIENT_CONFIGURATION_ERROR


class TokenUnknown(VaultDenied):
    """Vault does not know the token any more: it was revoked, or used as many times as it may be."""


class VaultAway(SyncError):
    """Vault cannot be reached, is sealed, or has too much to do."""

    reason = reasons.CLIENT_ERROR
