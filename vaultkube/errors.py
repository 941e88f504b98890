"""Errors of the webhook, by the party at fault.

    WebhookError
    ├── InvalidReview        the caller's request is no AdmissionReview (HTTP 400)
    ├── InvalidManifest      a file for `mutate`, `check` or `render` cannot be used
    │   └── NotYaml          the file is not YAML
    └── Refused              the object's author can correct it: answered `allowed: false`, 403
        ├── ForbiddenAddress     a Vault address that the operator has not listed
        ├── MissingRight         RBAC does not grant a right that the decision needs; the operator can add it
        ├── ImageNotRead         the registry did not return the image's configuration
        ├── NotResolved          Vault did not return a secret that the object refers to
        ├── Unavailable          a server did not answer; a retry may succeed: 503
        │   ├── ClusterUnavailable   the API server
        │   │   └── AnswerTooLong        its answer is longer than the limit
        │   ├── RegistryUnavailable  a registry; an ImageNotRead too
        │   └── VaultUnavailable     Vault; a NotResolved too
        └── OutOfTime            the object is too large to be decided in time: 504

InvalidSetting, for an unusable environment variable of the operator, is the launcher's class too.
Messages are shown to people and stored by the API server's audit log: they name the container, variable and
reference, and never a secret value, a token, or text that a registry or Vault chose.
"""

from vaultenv.errors import InvalidSetting as InvalidSetting


class WebhookError(Exception):
    """Base class of all errors that this package raises."""


class InvalidReview(WebhookError):
    """The request body is no AdmissionReview of admission.k8s.io/v1."""


class InvalidManifest(WebhookError):
    """A file with manifests or secrets cannot be used; the message names the file, or the path in Vault."""


class NotYaml(InvalidManifest):
    """A file with manifests is not YAML; `line` counts from 1."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: not YAML: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class Refused(WebhookError):
    """The object is refused; `str()` is the cause with the remedy.

    `code` and `reason` are for the Status of the answer, `outcome` for metrics and the log.
    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
    """

    code = 403
    reason = "Forbidden"
    outcome = "refused"


class ForbiddenAddress(Refused):
    """An annotation names a Vault address that the operator has not allowed."""


class MissingRight(Refused):
    """The webhook's own ServiceAccount lacks a right; a retry does not help."""


class ImageNotRead(Refused):
    """The configuration of an image could not be read from its registry."""


class NotResolved(Refused):
    """References in a Secret, ConfigMap or custom object could not be resolved."""


class Unavailable(Refused):
    """A server did not answer a request that the decision needs; a retry may help."""

    code = 503
    reason = "ServiceUnavailable"
    outcome = "unavailable"


class ClusterUnavailable(Unavailable):
    """The Kubernetes API did not answer in time, or not with a usable document."""


class AnswerTooLong(ClusterUnavailable):
    """The answer of the Kubernetes API is longer than the limit; a list can be read in smaller pages."""


class RegistryUnavailable(ImageNotRead, Unavailable):
    """The registry did not answer, or is too busy."""


class VaultUnavailable(NotResolved, Unavailable):
    """Vault did not answer, is sealed, or is too busy."""


class OutOfTime(Refused):
    """The admission's deadline has passed during the webhook's own work."""

    code = 504
    reason = "Timeout"
    outcome = "timeout"
