"""One review: the body of a request in, the body of its answer out. What is decided stands in `webhook.admission.admission`."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from vaultkube.deadline import Deadline
from vaultkube.documents.json_codec import encode
from vaultkube.errors import InvalidReview
from vaultkube.metrics import Metrics
from webhook.admission.review import AdmissionRequest, Decision, answer, parse_review, shortened

EXTENSION = "webhook.serving.reviewer"
"""The Reviewer's key among the extensions of the WSGI application."""

_log = logging.getLogger(__name__)
_WARNINGS = 100
_WARNING_LENGTH = 1024


class Admission(Protocol):
    """Decides about objects: `webhook.admission.admission.Admission`."""

    def decide(self, resource: str, review: AdmissionRequest, deadline: Deadline) -> Decision: ...

    def ready(self, deadline: Deadline) -> bool: ...


class Answer(NamedTuple):
    """What is answered over HTTP."""

    status: str
    content_type: str
    body: bytes


class Reviewer:
    """Answers reviews; each is counted and logged once, when it is decided."""

    def __init__(
        self,
        admission: Admission,
        metrics: Metrics,
        on_refusal: Callable[[AdmissionRequest, str], None],
    ) -> None:
        self._admission = admission
        self._metrics = metrics
        self._on_refusal = on_refusal

    def answer(self, resource: str, body: bytes, deadline: Deadline) -> Answer:
        """Return the AdmissionReview that answers the one in `body`, or what is wrong with it.

        MustWait where the deadline lets nothing be waited for, before anything has been counted or logged.
        """
        started = time.monotonic()
        try:
            request = parse_review(body)
        except InvalidReview as error:
            self._metrics.review(resource, "invalid", time.monotonic() - started)
            fields = {"resource": resource, "reason": str(error)}
            _log.warning("no admission review", extra={"fields": fields})
            return Answer("400 Bad Request", "text/plain; charset=utf-8", f"{error}\n".encode())
        decision = self._decide(resource, request, deadline)
        self._report(resource, request, decision, time.monotonic() - started)
        if decision.refusal:
            self._on_refusal(request, decision.refusal)
        return Answer("200 OK", "application/json", encode(answer(request, decision)))

    def _decide(self, resource: str, request: AdmissionRequest, deadline: Deadline) -> Decision:
        try:
            return self._admission.decide(resource, request, deadline)
        except Exception as error:
            fields = {"resource": resource, "uid": request.uid}
            _log.error("failed to decide", exc_info=error, extra={"fields": fields})
            return Decision(
                refusal=f"could not mutate object: internal error; the webhook's log has it under uid {request.uid}"
            )

    def _report(self, resource: str, request: AdmissionRequest, decision: Decision, seconds: float) -> None:
        outcome = "refused" if decision.refusal else "changed" if decision.patch else "unchanged"
        self._metrics.review(resource, outcome, seconds)
        fields = {
            "uid": request.uid,
            "resource": resource,
            "namespace": request.namespace,
            "name": _name(request),
            "operation": request.operation,
            "outcome": outcome,
            "references": decision.references,
            "ms": round(seconds * 1000, 1),
        }
        if decision.refusal:
            fields["reason"] = decision.refusal
        if decision.warnings:
            fields["warnings"] = _readable(decision.warnings)
        level = logging.WARNING if decision.refusal else logging.INFO
        _log.log(level, "reviewed", extra={"fields": fields})


def _readable(warnings: Sequence[str]) -> list[str]:
    """As many warnings as a log bears: an object of a megabyte can have as much to be warned of."""
    shown = [shortened(text, _WARNING_LENGTH) for text in warnings[:_WARNINGS]]
    return [*shown, f"{len(warnings) - _WARNINGS} more"] if len(warnings) > _WARNINGS else shown


def _name(request: AdmissionRequest) -> str:
    metadata = request.object.get("metadata")
    own = metadata if isinstance(metadata, dict) else {}
    return request.name or str(own.get("name") or own.get("generateName") or "")
