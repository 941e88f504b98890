"""AdmissionReview in and out."""

import base64
import json
from typing import Any

import pytest

from vaultkube.errors import InvalidReview
from webhook.admission.review import Decision, answer, parse_review


def review_of(**request: Any) -> bytes:
    body = {"uid": "u-1", "object": {"metadata": {"name": "x"}}, **request}
    return json.dumps(
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": body}
    ).encode()


def test_a_review_is_read() -> None:
    request = parse_review(review_of(kind={"kind": "Pod"}, namespace="shop", operation="CREATE", dryRun=True))
    assert (request.uid, request.kind, request.namespace, request.operation) == (
        "u-1",
        "Pod",
        "shop",
        "CREATE",
    )
    assert request.dry_run
    assert request.object == {"metadata": {"name": "x"}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 200_000,
        b'{"request": {}}',
        b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v2", "request": {"uid": "u", "object": {}}}',
        review_of(uid=""),
        review_of(uid=7),
        review_of(object=None),
        review_of(object=[]),
        b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": []}',
    ],
)
def test_anything_else_is_no_review(body: bytes) -> None:
    with pytest.raises(InvalidReview):
        parse_review(body)


def test_the_answer_has_the_version_of_the_question() -> None:
    body = json.loads(review_of())
    body["apiVersion"] = "admission.k8s.io/v1beta1"
    answered = answer(parse_review(json.dumps(body).encode()), Decision())
    assert answered["apiVersion"] == "admission.k8s.io/v1beta1"


@pytest.mark.parametrize("operation", ["DELETE", "CONNECT"])
def test_a_review_of_a_deletion_needs_no_object(operation: str) -> None:
    request = parse_review(review_of(operation=operation, object=None, oldObject={"metadata": {"name": "x"}}))
    assert (request.object, request.old_object) == ({}, {"metadata": {"name": "x"}})


def test_the_namespace_is_the_requests_else_the_objects() -> None:
    content = {"metadata": {"namespace": "of-object"}}
    assert parse_review(review_of(namespace="of-request", object=content)).namespace == "of-request"
    assert parse_review(review_of(object=content)).namespace == "of-object"


def response_to(decision: Decision) -> dict[str, Any]:
    answered = answer(parse_review(review_of()), decision)
    assert (answered["apiVersion"], answered["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response: dict[str, Any] = answered["response"]
    assert response["uid"] == "u-1"
    return response


def test_no_change_is_no_patch() -> None:
    assert response_to(Decision()) == {"uid": "u-1", "allowed": True}


def test_a_patch_is_base64_of_json() -> None:
    operation = {"op": "add", "path": "/x", "value": "ü"}
    response = response_to(Decision(patch=[operation]))
    assert response["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(response["patch"])) == [operation]


def test_a_refusal_carries_no_patch() -> None:
    response = response_to(Decision(patch=[{"op": "remove", "path": "/x"}], refusal="no"))
    assert response["allowed"] is False
    assert response["status"] == {"code": 403, "reason": "Forbidden", "message": "no"}
    assert "patch" not in response


def test_length_and_number_of_warnings_are_bounded() -> None:
    response = response_to(Decision(warnings=["w" * 1000] * 50))
    assert len(response["warnings"]) == 10
    assert len(response["warnings"][0]) == 256
    assert response["warnings"][-1] == "41 more warnings are in the webhook's log"
