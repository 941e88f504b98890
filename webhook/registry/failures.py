"""The failures of reading an image: a kind for people, and a detail that only the log shows.

Neither contains text from a registry. A denied address, one that does not answer and one that is too slow have the same
kind, so that nobody can scan a network with the webhook's messages.
"""

from collections.abc import Mapping
from enum import StrEnum

from vaultkube.errors import ImageNotRead


class Kind(StrEnum):
    """The kind of a failure; the value is the registries' own error code if they have one."""

    INVALID_REFERENCE = "INVALID_REFERENCE"
    INVALID_PULL_SECRET = "INVALID_PULL_SECRET"  # noqa: S105
    UNAUTHORIZED = "UNAUTHORIZED"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    TOO_MANY_REQUESTS = "TOOMANYREQUESTS"
    UNREACHABLE = "UNREACHABLE"
    BUSY = "BUSY"
    UNTRUSTED_CERTIFICATE = "UNTRUSTED_CERTIFICATE"
    FORBIDDEN_REALM = "FORBIDDEN_REALM"
    INVALID_ANSWER = "INVALID_ANSWER"
    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    NO_PLATFORM = "NO_PLATFORM"
    PLATFORMS_DIFFER = "PLATFORMS_DIFFER"


UNAVAILABLE = frozenset((Kind.TOO_MANY_REQUESTS, Kind.UNREACHABLE, Kind.BUSY))
"""Kinds of failure after which the same request may succeed later."""

_SET_COMMAND = "or set `command` in the container, so that the image need not be read"

MEANINGS: Mapping[Kind, tuple[str, str]] = {
    Kind.INVALID_REFERENCE: (
        "the image's name is not a valid reference",
        "write it as [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST], in lower case",
    ),
    Kind.INVALID_PULL_SECRET: (
        "a pull secret of the pod cannot be read",
        "make it again with `kubectl create secret docker-registry`",
    ),
    Kind.UNAUTHORIZED: (
        "the registry does not let the image be pulled with the pod's credentials",
        "check that imagePullSecrets of the pod name a secret for this repository; where only nodes have credentials (ECR, "
        f"Google, Azure) the operator can set DEFAULT_IMAGE_PULL_SECRET; {_SET_COMMAND}",
    ),
    Kind.MANIFEST_UNKNOWN: (
        "the registry has no such image",
        f"check the name and the tag, {_SET_COMMAND}",
    ),
    Kind.TOO_MANY_REQUESTS: (
        "the registry limits how often images may be pulled",
        f"try again later, add a pull secret with a higher limit, {_SET_COMMAND}",
    ),
    Kind.UNREACHABLE: (
        "the registry does not answer, or the webhook may not connect to it",
        "try again; the operator can list internal registries in REGISTRY_PRIVATE_HOSTS, and those without TLS in "
        f"REGISTRY_PLAIN_HTTP_HOSTS; {_SET_COMMAND}",
    ),
    Kind.BUSY: (
        "the webhook is waiting for as many slow registries as it can",
        f"try again, {_SET_COMMAND}",
    ),
    Kind.UNTRUSTED_CERTIFICATE: (
        "the registry's certificate is not trusted",
        f"the operator can add its CA with REGISTRY_CA_FILE; {_SET_COMMAND}",
    ),
    Kind.FORBIDDEN_REALM: (
        "the registry wants the credentials to be sent to a token server that the webhook does not know as its own",
        f"the operator can name that server in REGISTRY_REALMS; {_SET_COMMAND}",
    ),
    Kind.INVALID_ANSWER: (
        "the registry's answer is not valid",
        f"push the image again, {_SET_COMMAND}",
    ),
    Kind.NOT_AN_IMAGE: (
        "the registry has something under this name that is not a container image of a current form",
        f"check the name; images of schema 1 must be pushed again by a current tool; {_SET_COMMAND}",
    ),
    Kind.NO_PLATFORM: (
        "the image is not made for the platforms of the cluster",
        f"the operator can name them in CLUSTER_PLATFORMS; {_SET_COMMAND}",
    ),
    Kind.PLATFORMS_DIFFER: (
        "the image runs different commands on the platforms of the cluster",
        "set `command` in the container, or pin the pod with a nodeSelector for kubernetes.io/arch",
    ),
}


class RegistryFailure(ImageNotRead):
    """A failed attempt; `detail` is for the log, and for people only if it is from the pod or the operator."""

    def __init__(
        self, kind: Kind, detail: str, *, retry_after_s: float = 0.0, transient: bool = False
    ) -> None:
        super().__init__(f"{kind}: {MEANINGS[kind][0]}")
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s
        """The wait that a registry with a pull limit requests."""
        self.transient = transient
        """Whether the same request may well succeed immediately."""

    def copy(self) -> "RegistryFailure":
        """Return the same failure without a traceback, to be stored or raised in another thread."""
        return RegistryFailure(
            self.kind, self.detail, retry_after_s=self.retry_after_s, transient=self.transient
        )


def message(subject: str, kind: Kind, note: str = "") -> str:
    """Return the message for people; `subject` is the request or the image, `note` names something of the pod."""
    meaning, remedy = MEANINGS[kind]
    return f"cannot fetch image descriptor: {subject}: {kind}: {meaning}{note and f' ({note})'}; {remedy}"
