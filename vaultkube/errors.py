"""Errors of the webhook, by the party at fault.

    WebhookError
    ├── InvalidReview        the caller's: no AdmissionReview (HTTP 400)
    ├── InvalidManifest      a file given to `mutate`, `check` or `render` cannot be used
    │   └── NotYaml          or can, and is not YAML
    └── Refused              the object's author can correct it: answered `allowed: false`, 403
        ├── ForbiddenAddress     a Vault address that the operator has not listed
        ├── MissingRight         the operator's: RBAC does not grant a right that the decision needs
        ├── ImageNotRead         the registry did not give the image's configuration
        ├── NotResolved          Vault did not give a secret that the object refers to
        ├── Unavailable          somebody did not answer, and may do so later: 503
        │   ├── ClusterUnavailable   the API server
        │   │   └── AnswerTooLong        or with more than there is room for
        │   ├── RegistryUnavailable  a registry; an ImageNotRead too
        │   └── VaultUnavailable     Vault; a NotResolved too
        └── OutOfTime            there is more in the object than can be decided in time: 504

InvalidSetting, the operator's, is the launcher's class too: an environment variable that cannot be used.
Messages are shown to people and stored by the API server's audit log: they name the container, variable and
reference, and never a secret value, a token, or text that a registry or Vault chose.
"""

from vaultenv.errors import InvalidSetting as InvalidSetting


class WebhookError(Exception):
    """Base class of all errors that this package raises."""


class InvalidReview(WebhookError):
    """The request body is no AdmissionReview of admission.k8s.io/v1."""


class InvalidManifest(WebhookError):
    """A file with manifests or secrets cannot be used; the message names the file, or the path that it is for."""


class NotYaml(InvalidManifest):
    """A file with manifests is no YAML: at `line`, from 1, for this `reason`."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: not YAML: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class Refused(WebhookError):
    """The object is refused; `str()` says why and what to do.

    `code` and `reason` go into the Status of the answer, `outcome` into metrics and log.
    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
    """

    code = 403
    reason = "Forbidden"
    outcome = "refused"


class ForbiddenAddress(Refused):
    """An annotation names a Vault address that the operator has not allowed."""


class MissingRight(Refused):
    """The webhook's own ServiceAccount lacks a right; trying again does not help."""


class ImageNotRead(Refused):
    """The configuration of an image could not be read from its registry."""


class NotResolved(Refused):
    """References in a Secret, ConfigMap or custom object could not be resolved."""


class Unavailable(Refused):
    """A server did not give an answer that the decision needs; trying again may help."""

    code = 503
    reason = "ServiceUnavailable"
    outcome = "unavailable"


class ClusterUnavailable(Unavailable):
    """The Kubernetes API did not answer in time, or not with a document that the webhook may read."""


class AnswerTooLong(ClusterUnavailable):
    """The answer of the Kubernetes API is longer than there is room for; a list can be read in smaller parts."""


class RegistryUnavailable(ImageNotRead, Unavailable):
    """The registry did not answer, or is too busy to."""


class VaultUnavailable(NotResolved, Unavailable):
    """Vault did not answer, is sealed, or is too busy to."""


class OutOfTime(Refused):
    """The admission's deadline has passed while the webhook itself was at work."""

    code = 504
    reason = "Timeout"
    outcome = "timeout"
