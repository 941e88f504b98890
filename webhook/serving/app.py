"""The WSGI application: requests in, answers out. What a review comes to stands in `webhook.serving.reviewer`."""

import math
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs

from flask import Flask, Response, request

from vaultkube.deadline import Deadline
from vaultkube.log import Log
from vaultkube.metrics import Metrics, exposition
from vaultkube.value_types import DURATION
from webhook.admission.review import AdmissionRequest
from webhook.serving.reviewer import EXTENSION, Admission, Reviewer

BODY_LIMIT = 8 << 20
_MARGIN = 0.8
_READY_BUDGET_S = 2.0


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
    reviewer = app.extensions[EXTENSION] = Reviewer(admission, metrics, log, on_refusal)

    def review(resource: str) -> Response:
        body = request.get_data(cache=False)
        deadline = Deadline(min(budget_s, _caller_budget_s(request.query_string)))
        answer = reviewer.answer(resource, body, deadline)
        return Response(answer.body, answer.status, content_type=answer.content_type)

    for resource in ("pods", "secrets", "configmaps"):
        app.add_url_rule(f"/{resource}", resource, partial(review, resource), methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "readyz", lambda: _ready(admission))
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(*expose()))
    return app


def _caller_budget_s(query: bytes) -> float:
    """What may be taken of the `timeout` that the API server waits for; without one it is without end."""
    try:
        (text,) = parse_qs(query.decode("latin-1")).get("timeout", [""])[:1]
        return _MARGIN * float(DURATION.parse(text))
    except ValueError:
        return math.inf


def _ready(admission: Admission) -> Response:
    if admission.ready(Deadline(_READY_BUDGET_S)):
        return Response("ok\n", mimetype="text/plain")
    return Response("the API server does not answer\n", status=503, mimetype="text/plain")


def _metrics(text: bytes, content_type: str) -> Response:
    return Response(text, content_type=content_type)
