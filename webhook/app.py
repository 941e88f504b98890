"""The WSGI application: requests in, answers out. What is decided stands in `webhook.admission`."""

import math
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Protocol
from urllib.parse import parse_qs

from flask import Flask, Response, request

from webhook.codec import encode
from webhook.deadline import Deadline
from webhook.errors import InvalidReview
from webhook.forms import DURATION
from webhook.log import Log
from webhook.metrics import Metrics, exposition
from webhook.review import AdmissionRequest, Decision, answer, parse_review

BODY_LIMIT = 8 << 20
_MARGIN = 0.8
_READY_BUDGET_S = 2.0


class Admission(Protocol):
    """Decides about objects: `webhook.admission.Admission`."""

    def decide(self, resource: str, review: AdmissionRequest, deadline: Deadline) -> Decision: ...

    def ready(self, deadline: Deadline) -> bool: ...


def create_app(
    admission: Admission,
    metrics: Metrics,
    log: Log,
    budget_s: float,
    on_refusal: Callable[[AdmissionRequest, str], None] = lambda _request, _reason: None,
) -> Flask:
    """Return the application; `budget_s` bounds each admission, and the caller's `?timeout=` does as well.

    `on_refusal` is called with the request and the reason, and must return at once.
    """
    app = Flask("webhook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    expose = exposition()

    def review(resource: str) -> Response:
        started = time.monotonic()
        try:
            parsed = parse_review(request.get_data(cache=False))
        except InvalidReview as error:
            metrics.review(resource, "invalid", time.monotonic() - started)
            log.write("warning", "no admission review", resource=resource, reason=str(error))
            return Response(f"{error}\n", status=400, mimetype="text/plain")
        decision = _decide(resource, parsed, Deadline(min(budget_s, _caller_budget_s(request.query_string))))
        _report(resource, parsed, decision, time.monotonic() - started)
        if decision.refusal:
            on_refusal(parsed, decision.refusal)
        return Response(encode(answer(parsed, decision)), content_type="application/json")

    def _decide(resource: str, parsed: AdmissionRequest, deadline: Deadline) -> Decision:
        try:
            return admission.decide(resource, parsed, deadline)
        except Exception as error:
            log.write("error", "failed to decide", resource=resource, uid=parsed.uid, error=_trace(error))
            return Decision(
                refusal=f"could not mutate object: internal error; the webhook's log has it under uid {parsed.uid}"
            )

    def _report(resource: str, parsed: AdmissionRequest, decision: Decision, seconds: float) -> None:
        outcome = "refused" if decision.refusal else "changed" if decision.patch else "unchanged"
        metrics.review(resource, outcome, seconds)
        log.write(
            "warning" if decision.refusal else "info",
            "reviewed",
            uid=parsed.uid,
            resource=resource,
            namespace=parsed.namespace,
            name=_name(parsed),
            operation=parsed.operation,
            outcome=outcome,
            references=decision.references,
            ms=round(seconds * 1000, 1),
            **({"reason": decision.refusal} if decision.refusal else {}),
            **({"warnings": list(decision.warnings)} if decision.warnings else {}),
        )

    for resource in ("pods", "secrets", "configmaps"):
        app.add_url_rule(f"/{resource}", resource, partial(review, resource), methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "readyz", lambda: _ready(admission))
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(*expose()))
    return app


def _ready(admission: Admission) -> Response:
    if admission.ready(Deadline(_READY_BUDGET_S)):
        return Response("ok\n", mimetype="text/plain")
    return Response("the API server does not answer\n", status=503, mimetype="text/plain")


def _metrics(text: bytes, content_type: str) -> Response:
    return Response(text, content_type=content_type)


@lru_cache(maxsize=16)
def _caller_budget_s(query: bytes) -> float:
    """What may be taken of the `timeout` that the API server waits for; without one it is without end."""
    try:
        (text,) = parse_qs(query.decode("latin-1")).get("timeout", [""])[:1]
        return _MARGIN * float(DURATION.parse(text))
    except ValueError:
        return math.inf


def _name(parsed: AdmissionRequest) -> str:
    metadata = parsed.object.get("metadata")
    own = metadata if isinstance(metadata, dict) else {}
    return parsed.name or str(own.get("name") or own.get("generateName") or "")


def _trace(error: BaseException) -> str:
    """The kind of an unexpected error and where it arose; its text could hold a value, so it is left out."""
    trace, places = error.__traceback__, []
    while trace:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-4:])}"
