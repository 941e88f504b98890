"""Errors that end a mount, by who can correct them; `status` is the gRPC status code of the answer to the driver.

    CsiError
    ├── InvalidRequest       the driver's request cannot be read (INVALID_ARGUMENT)
    ├── InvalidClass         the SecretProviderClass is invalid; the message lists its problems (INVALID_ARGUMENT)
    ├── PodUnknown           the pod or its ServiceAccount is gone (NOT_FOUND)
    ├── CertificatesUnusable the class or a setting names files that are no certificates (FAILED_PRECONDITION)
    ├── LoginRefused         Vault does not log the pod in (PERMISSION_DENIED)
    ├── SecretNotRead        the path does not exist in Vault, or has no such value (FAILED_PRECONDITION)
    │   └── PathForbidden        Vault refuses the path to the pod's token (PERMISSION_DENIED)
    ├── TooLarge             the files are larger than the driver accepts (OUT_OF_RANGE)
    └── Unavailable          Vault or the API server did not answer; a retry may succeed (UNKNOWN)

Every code is a final one for the kubelet (isFinalError in its pkg/volume/csi/csi_client.go). After UNAVAILABLE, RESOURCE_EXHAUSTED,
ABORTED, CANCELLED or DEADLINE_EXCEEDED it leaves the volume's folder for its next attempt; a driver with rotation then mistakes
the new folder for a fresh mount (NodePublishVolume of version 1.6), reports success, and the pod starts without its files.

Messages become Events of the pod. They name the role, mount, ServiceAccount and path, and never a secret value or a token.
Vault's own error messages are shown in one short line, because `invalid role name "db"` is what people search for.
"""

from collections.abc import Sequence

from vaultkube.problem import Problem, first_messages


class CsiError(Exception):
    """Base class of all errors that this package raises."""

    status: str


class InvalidRequest(CsiError):
    """The request of the driver is not one of its interface."""

    status = "INVALID_ARGUMENT"


class InvalidClass(CsiError):
    """A SecretProviderClass cannot be used; `problems` has all its problems."""

    status = "INVALID_ARGUMENT"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(first_messages(problems))
        self.problems = tuple(problems)


class PodUnknown(CsiError):
    """The pod or its ServiceAccount no longer exists."""

    status = "NOT_FOUND"


class CertificatesUnusable(CsiError):
    """The files that a class or a setting names as certificates for Vault cannot be used."""

    status = "FAILED_PRECONDITION"


class LoginRefused(CsiError):
    """Vault refused the pod's login."""

    status = "PERMISSION_DENIED"


class SecretNotRead(CsiError):
    """An object of the class could not be made from Vault's answer."""

    status = "FAILED_PRECONDITION"


class PathForbidden(SecretNotRead):
    """Vault answered 403 to the pod's token; the message assumes that the token is valid."""

    status = "PERMISSION_DENIED"


class TooLarge(CsiError):
    """The files of a mount are larger than the driver accepts in one answer."""

    status = "OUT_OF_RANGE"


class Unavailable(CsiError):
    """Vault or the API server did not answer in time; the driver and the kubelet retry automatically."""

    status = "UNKNOWN"
