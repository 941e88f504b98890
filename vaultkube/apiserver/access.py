"""RBAC rights, and the SubjectAccessReview that checks whether a user has one.

https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
"""

from typing import NamedTuple

from vaultkube.wire.reviews import UserInfo


class Right(NamedTuple):
    """A verb on a resource, in a namespace or in the whole cluster, of any name or of one; an empty group is the core group."""

    verb: str
    resource: str
    namespace: str = ""
    subresource: str = ""
    name: str = ""
    group: str = ""

    def __str__(self) -> str:
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        resource = f"{resource}/{self.subresource}" if self.subresource else resource
        name = f" of {self.name}" if self.name else ""
        return f"{self.verb} {resource}{name}" + (f" in namespace {self.namespace}" if self.namespace else "")


def subject_access_review(user_info: UserInfo, right: Right) -> dict[str, object]:
    """Return the SubjectAccessReview for a right of the user of this UserInfo."""
    subject = {"user" if key == "username" else key: value for key, value in user_info.items()}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {**subject, "resourceAttributes": right._asdict()},
    }
