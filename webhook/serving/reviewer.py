"""The Reviewer: parses a request's body, has `webhook.admission` decide, and returns the body of the answer."""

import logging
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

from vaultkube.deadline import Deadline, ShortDeadline, WouldBlock
from vaultkube.documents.json_codec import encode
from vaultkube.errors import InvalidReview
from vaultkube.log import Line
from vaultkube.metrics import Metrics
from vaultkube.value_types import DURATION
from webhook.admission.needs import Need, Steps, advance
from webhook.admission.review import INTERNAL, AdmissionRequest, Decision, answer, parse_review, shortened

REVIEWER, CALLERS = "webhook.serving.reviewer", "webhook.serving.callers"
"""Keys of the Reviewer and the Callers among the extensions of the WSGI application."""

_log = logging.getLogger(__name__)
_WARNINGS = 100
_WARNING_LENGTH = 1024
_NAME_LENGTH = 253
"""The longest name in Kubernetes (RFC 1123); only a review from another client has longer ones."""
_TIMEOUT = re.compile(rb"(?:^|&)timeout=([0-9a-z.]+)(?:&|$)")
_MARGIN = 0.8
"""The share of the API server's timeout that a review may use, so that its answer arrives in time."""


class Admission(Protocol):
    """Decides about objects: `webhook.admission.admission.Admission`."""

    def begin(self, resource: str, request: AdmissionRequest, deadline: Deadline) -> Steps[Decision]: ...

    def begin_long(
        self, steps: Steps[Decision], request: AdmissionRequest, deadline: Deadline
    ) -> Need | Decision: ...

    def finish(self, steps: Steps[Decision], need: Need | Decision, deadline: Deadline) -> Decision: ...

    def ready(self, deadline: Deadline) -> bool: ...


class ReviewSpan(Protocol):
    """The span of a trace for one review: `webhook.serving.tracing.ReviewSpan`."""

    def current(self) -> AbstractContextManager[object]: ...

    def end(self, fields: Mapping[str, Any]) -> None: ...


class Tracing(Protocol):
    """Begins spans: `webhook.serving.tracing.Tracing`."""

    def begin(self, resource: str, traceparent: str) -> ReviewSpan: ...


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: str
    content_type: str
    body: bytes


class Reviewer:
    """Answers reviews; counts and logs each once, when it is decided."""

    def __init__(
        self,
        admission: Admission,
        metrics: Metrics,
        budget_s: float,
        on_refusal: Callable[[AdmissionRequest, str], None],
        tracing: Tracing | None = None,
    ) -> None:
        self.admission = admission
        self._metrics = metrics
        self._budget_s = budget_s
        self._on_refusal = on_refusal
        self._tracing = tracing

    def answer(self, resource: str, query: bytes, body: bytes, traceparent: str = "") -> Answer:
        """Return the AdmissionReview that answers the one in `body`; HTTP 400 if there is none."""
        review = self.begin(resource, query, body, traceparent)
        return review if isinstance(review, Answer) else review.finish()

    def begin(self, resource: str, query: bytes, body: bytes, traceparent: str = "") -> "Answer | Review":
        """Return the answer if it takes a moment and no fact from outside, else the review, to `finish` in a thread.

        `query` is that of the URL: the API server's `timeout` in it bounds the review, like `budget_s`. `traceparent`
        is the header field.
        """
        started = time.monotonic()
        try:
            request = parse_review(body)
        except InvalidReview as error:
            self._metrics.review(resource, "invalid", time.monotonic() - started)
            fields = {"resource": resource, "reason": str(error)}
            _log.warning("not an AdmissionReview", extra={"fields": fields})
            return Answer("400 Bad Request", "text/plain; charset=utf-8", f"{error}\n".encode())
        deadline = ShortDeadline(min(self._budget_s, _caller_budget_s(query)))
        span = self._tracing.begin(resource, traceparent) if self._tracing else None
        review = Review(self, resource, request, deadline, started, span)
        return review.advance() or review

    def report(self, review: "Review", decision: Decision) -> Answer:
        """Count and log the review's decision, and return its answer."""
        request, seconds = review.request, time.monotonic() - review.started
        outcome = (
            decision.status.outcome if decision.refusal else "changed" if decision.patch else "unchanged"
        )
        self._metrics.review(review.resource, outcome, seconds)
        fields = {
            "uid": request.uid[:_NAME_LENGTH],
            "resource": review.resource,
            "namespace": request.namespace[:_NAME_LENGTH],
            "name": _name(request)[:_NAME_LENGTH],
            "operation": request.operation[:_NAME_LENGTH],
            "outcome": outcome,
            "references": decision.references,
            "ms": round(seconds * 1000, 1),
        }
        if decision.refusal:
            fields["reason"] = decision.refusal
        if decision.warnings:
            fields["warnings"] = _readable(decision.warnings)
        level = logging.WARNING if decision.refusal else logging.INFO
        if _log.isEnabledFor(level):
            _log.handle(Line(_log.name, level, "reviewed", fields))
        if review.span:
            review.span.end(fields)
        if decision.refusal:
            self._on_refusal(request, decision.refusal)
        return Answer("200 OK", "application/json", encode(answer(request, decision)))

    def internal_error(self, review: "Review", error: Exception) -> Decision:
        """Log an unexpected error, and return it as a refusal."""
        uid = review.request.uid
        fields = {"resource": review.resource, "uid": shortened(uid, _NAME_LENGTH)}
        _log.error("failed to decide", exc_info=error, extra={"fields": fields})
        refusal = f"could not mutate object: internal error; the webhook's log has it under uid {uid}"
        return Decision(refusal=refusal, status=INTERNAL)


class Review:
    """One review: its decision runs without waiting first, and is finished in a thread if it must wait."""

    __slots__ = ("_deadline", "_need", "_reviewer", "_steps", "request", "resource", "span", "started")

    def __init__(
        self,
        reviewer: Reviewer,
        resource: str,
        request: AdmissionRequest,
        deadline: ShortDeadline,
        started: float,
        span: ReviewSpan | None,
    ) -> None:
        self.resource = resource
        self.request = request
        self.started = started
        self.span = span
        self._reviewer = reviewer
        self._deadline = deadline
        self._begin()

    def _begin(self) -> None:
        self._steps = self._reviewer.admission.begin(self.resource, self.request, self._deadline)
        self._need: Need | None = None

    def advance(self) -> Answer | None:
        """Return the answer if the decision takes a moment and needs no fact from outside; else None."""
        try:
            found = advance(self._steps.__next__)
        except WouldBlock:
            self._begin()
            return None
        except Exception as error:
            found = self._reviewer.internal_error(self, error)
        if isinstance(found, Decision):
            return self._reviewer.report(self, found)
        self._need = found
        return None

    def finish(self) -> Answer:
        """Return the answer, after waiting for the decision's needs."""
        self._deadline.resume()
        admission = self._reviewer.admission
        try:
            with self.span.current() if self.span else nullcontext():
                need = self._need or admission.begin_long(self._steps, self.request, self._deadline)
                decision = admission.finish(self._steps, need, self._deadline)
        except Exception as error:
            decision = self._reviewer.internal_error(self, error)
        return self._reviewer.report(self, decision)


def _caller_budget_s(query: bytes) -> float:
    """Return the usable seconds of the `timeout` in the URL; infinite if there is none."""
    found = _TIMEOUT.search(query)
    try:
        return _MARGIN * float(DURATION.parse(found[1].decode())) if found else math.inf
    except ValueError:
        return math.inf


def _readable(warnings: Sequence[str]) -> list[str]:
    """Return the warnings, limited to a length that a log can hold: one object can have a megabyte of them."""
    shown = [shortened(text, _WARNING_LENGTH) for text in warnings[:_WARNINGS]]
    return [*shown, f"{len(warnings) - _WARNINGS} more"] if len(warnings) > _WARNINGS else shown


def _name(request: AdmissionRequest) -> str:
    metadata = request.object.get("metadata")
    own = metadata if isinstance(metadata, dict) else {}
    return request.name or str(own.get("name") or own.get("generateName") or "")
