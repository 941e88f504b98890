"""AdmissionReview of admission.k8s.io/v1, as the API server sends it and as it is answered.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webhook.codec import decode, encode
from webhook.errors import InvalidReview
from webhook.jsonpatch import Operation

API_VERSION = "admission.k8s.io/v1"
_WARNING_LENGTH = 256
_WARNINGS = 10
_AUDIT_LENGTH = 4096


@dataclass(frozen=True)
class AdmissionRequest:
    """What the API server asks about: `object` and `old_object` are JSON documents, or None."""

    uid: str
    kind: str
    namespace: str
    name: str
    operation: str
    subresource: str
    object: Mapping[str, Any]
    old_object: Mapping[str, Any] | None
    dry_run: bool

    @property
    def object_name(self) -> str:
        """The object's name, empty while the API server has yet to make one."""
        metadata = self.object.get("metadata")
        return self.name or str((metadata if isinstance(metadata, dict) else {}).get("name") or "")


@dataclass(frozen=True)
class Decision:
    """The answer to one request: refused when `refusal` is not empty, else changed by `patch`."""

    patch: Sequence[Operation] = ()
    refusal: str = ""
    warnings: Sequence[str] = ()
    audit: Mapping[str, str] = field(default_factory=dict)
    references: int = 0


def parse_review(body: bytes) -> AdmissionRequest:
    """Return the request in `body`; InvalidReview says what is missing."""
    try:
        review = decode(body)
    except (ValueError, RecursionError):
        raise InvalidReview("the body is not JSON") from None
    if not isinstance(review, dict) or review.get("kind") != "AdmissionReview":
        raise InvalidReview("the body is not an AdmissionReview")
    if review.get("apiVersion") != API_VERSION:
        raise InvalidReview(
            f"apiVersion must be {API_VERSION}; set admissionReviewVersions: [v1] in the webhook configuration"
        )
    request = review.get("request")
    if not isinstance(request, dict) or not isinstance(request.get("uid"), str) or not request["uid"]:
        raise InvalidReview("the AdmissionReview has no request with a uid")
    content = request.get("object")
    if not isinstance(content, dict):
        raise InvalidReview("the AdmissionReview has no object")
    kind, previous = request.get("kind"), request.get("oldObject")
    return AdmissionRequest(
        uid=request["uid"],
        kind=_text(kind, "kind") if isinstance(kind, dict) else "",
        namespace=_text(request, "namespace"),
        name=_text(request, "name"),
        operation=_text(request, "operation"),
        subresource=_text(request, "subResource"),
        object=content,
        old_object=previous if isinstance(previous, dict) else None,
        dry_run=request.get("dryRun") is True,
    )


def answer(request: AdmissionRequest, decision: Decision) -> dict[str, Any]:
    """Return the AdmissionReview that carries `decision`."""
    response: dict[str, Any] = {"uid": request.uid, "allowed": not decision.refusal}
    if decision.refusal:
        response["status"] = {"code": 403, "reason": "Forbidden", "message": decision.refusal}
    elif decision.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(encode(decision.patch)).decode("ascii")
    if decision.warnings:
        response["warnings"] = [
            _shortened(warning, _WARNING_LENGTH) for warning in decision.warnings[:_WARNINGS]
        ]
    if decision.audit:
        response["auditAnnotations"] = {
            key: _shortened(text, _AUDIT_LENGTH) for key, text in decision.audit.items()
        }
    return {"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response}


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
