"""AdmissionReview of admission.k8s.io, and the UserInfo in it.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from typing import TypedDict

from vaultkube.wire.objects import KubernetesObject


class UserInfo(TypedDict, total=False):
    """UserInfo of authentication.k8s.io: the sender of a request to the API server."""

    username: str
    uid: str
    groups: list[str]
    extra: dict[str, list[str]]


class GroupVersionKind(TypedDict, total=False):
    """A kind of object in one version."""

    group: str
    version: str
    kind: str


class GroupVersionResource(TypedDict, total=False):
    """A resource, the plural name of a kind, in one version."""

    group: str
    version: str
    resource: str


class AdmissionRequest(TypedDict, total=False):
    """The request: an object that is created, changed or deleted."""

    uid: str
    kind: GroupVersionKind
    resource: GroupVersionResource
    name: str
    namespace: str
    operation: str
    subResource: str
    userInfo: UserInfo
    object: KubernetesObject
    oldObject: KubernetesObject
    dryRun: bool


class Status(TypedDict, total=False):
    """The reason of a refusal; `code` is an HTTP status."""

    code: int
    reason: str
    message: str


class AdmissionResponse(TypedDict, total=False):
    """The answer: `patch` is a JSON Patch in base64."""

    uid: str
    allowed: bool
    status: Status
    patchType: str
    patch: str
    warnings: list[str]
    auditAnnotations: dict[str, str]


class AdmissionReview(TypedDict, total=False):
    """A request as received, or its response as sent."""

    apiVersion: str
    kind: str
    request: AdmissionRequest
    response: AdmissionResponse
