"""AdmissionReview of admission.k8s.io: the API server's request parsed, and the answer to it in the same version.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from vaultkube.documents.base64 import encoded
from vaultkube.documents.json_codec import decode, encode
from vaultkube.documents.jsonpatch import Operation
from vaultkube.errors import InvalidReview, Refused
from vaultkube.problem import Problem, messages
from vaultkube.wire.objects import KubernetesObject
from vaultkube.wire.reviews import AdmissionResponse, AdmissionReview, UserInfo

API_VERSIONS = ("admission.k8s.io/v1", "admission.k8s.io/v1beta1")
_WITHOUT_OBJECT = ("DELETE", "CONNECT")
_WARNING_LENGTH = 256
_WARNINGS = 10
_AUDIT_LENGTH = 4096
_NOBODY: UserInfo = {}


class AdmissionRequest(NamedTuple):
    """The request of an AdmissionReview: `object` is empty if there is none; `old_object` may be None."""

    uid: str
    kind: str
    namespace: str
    name: str
    operation: str
    subresource: str
    object: KubernetesObject
    old_object: KubernetesObject | None
    dry_run: bool
    api_version: str = API_VERSIONS[0]
    user_info: UserInfo = _NOBODY
    """UserInfo of authentication.k8s.io: the user, or the controller, who sends the object to the API server."""
    resource: str = ""
    """The plural name of the object's kind, with its group: `databases.example.com`."""

    @property
    def object_name(self) -> str:
        """Return the object's name; empty if the API server has not generated it yet."""
        return self.name or _text(self.object.get("metadata"), "name")


class RefusalStatus(NamedTuple):
    """The code and reason of the Status in a refusal, and its outcome in metrics and log."""

    code: int = 403
    reason: str = "Forbidden"
    outcome: str = "refused"


FORBIDDEN = RefusalStatus()
INTERNAL = RefusalStatus(500, "InternalError", "internal")


class Decision(NamedTuple):
    """The answer to one request: a refusal if `refusal` is not empty, else the change in `patch`."""

    patch: Sequence[Operation] = ()
    refusal: str = ""
    warnings: Sequence[str] = ()
    audit: Mapping[str, str] = MappingProxyType({})
    references: int = 0
    status: RefusalStatus = FORBIDDEN


def refuse(problems: Sequence[Problem]) -> None:
    """Raise Refused with the messages of the problems, if there are any."""
    if problems:
        raise Refused("; ".join(messages(problems)))


def audit_of(references: Iterable[str]) -> dict[str, str]:
    """Return the audit annotations with these references, as many as fit: each value with the path that it reads.

    A comma inside of a path is escaped, so that no path looks like two references.
    """
    text = ", ".join([each.replace(",", "%2C") for each in islice(references, _AUDIT_LENGTH)])
    return {"references": shortened(text, _AUDIT_LENGTH)} if text else {}


def _decoded(body: bytes) -> AdmissionReview:
    try:
        review: AdmissionReview = decode(body)
    except (ValueError, RecursionError):
        raise InvalidReview("the body is not JSON") from None
    if not isinstance(review, dict) or review.get("kind") != "AdmissionReview":
        raise InvalidReview("the body is not an AdmissionReview")
    if review.get("apiVersion") not in API_VERSIONS:
        raise InvalidReview(
            f"apiVersion must be one of {', '.join(API_VERSIONS)}; "
            "set admissionReviewVersions: [v1] in the webhook configuration"
        )
    return review


def parse_review(body: bytes) -> AdmissionRequest:
    """Return the request in `body`; InvalidReview says what is missing.

    Only the API server promises the types of the fields.
    """
    review = _decoded(body)
    request = review.get("request")
    if not isinstance(request, dict) or not isinstance(request.get("uid"), str) or not request["uid"]:
        raise InvalidReview("the AdmissionReview has no request with a uid")
    content: KubernetesObject | None = request.get("object")
    if content is None and request.get("operation") in _WITHOUT_OBJECT:
        content = {}
    if not isinstance(content, dict):
        raise InvalidReview("the AdmissionReview has no object")
    previous, user_info = request.get("oldObject"), request.get("userInfo")
    return AdmissionRequest(
        uid=request["uid"],
        kind=_text(request.get("kind"), "kind"),
        namespace=_text(request, "namespace") or _text(content.get("metadata"), "namespace"),
        name=_text(request, "name"),
        operation=_text(request, "operation"),
        subresource=_text(request, "subResource"),
        object=content,
        old_object=previous if isinstance(previous, dict) else None,
        dry_run=request.get("dryRun") is True,
        api_version=review["apiVersion"],
        user_info=user_info if isinstance(user_info, dict) else {},
        resource=".".join(
            filter(None, (_text(request.get("resource"), part) for part in ("resource", "group")))
        ),
    )


def answer(request: AdmissionRequest, decision: Decision) -> AdmissionReview:
    """Return the AdmissionReview that carries `decision`."""
    response: AdmissionResponse = {"uid": request.uid, "allowed": not decision.refusal}
    if decision.refusal:
        status = decision.status
        response["status"] = {"code": status.code, "reason": status.reason, "message": decision.refusal}
    elif decision.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = encoded(encode(decision.patch))
    if decision.warnings:
        response["warnings"] = _fitting(decision.warnings)
    if decision.audit:
        response["auditAnnotations"] = dict(decision.audit)
    return {"apiVersion": request.api_version, "kind": "AdmissionReview", "response": response}


def _fitting(warnings: Sequence[str]) -> list[str]:
    """Return the first warnings, each shortened, and the number of the rest."""
    if len(warnings) > _WARNINGS:
        rest = len(warnings) - _WARNINGS + 1
        warnings = [*warnings[: _WARNINGS - 1], f"{rest} more warnings are in the webhook's log"]
    return [shortened(warning, _WARNING_LENGTH) for warning in warnings]


def _text(document: object, key: str) -> str:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""


def shortened(text: str, length: int) -> str:
    """Return the text if it is not longer than `length`, else as much of it as fits before an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"
