"""The WSGI application: passes HTTP requests to the Reviewer, and returns its answers."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, request

from vaultkube.deadline import Deadline
from vaultkube.metrics import Metrics, exposition
from webhook.admission.review import AdmissionRequest
from webhook.serving.callers import Callers
from webhook.serving.expiry import Expiry
from webhook.serving.fast_path import PATHS
from webhook.serving.reviewer import CALLERS, REVIEWER, Admission, Reviewer, Tracing
from webhook.serving.sending import DENIED
from webhook.serving.tls import ServerSocket

BODY_LIMIT = 8 << 20
_READY_BUDGET_S = 2.0
_log = logging.getLogger(__name__)


class _App(Flask):
    def log_exception(self, exc_info: Any) -> None:
        """Log an unexpected error; Flask's own line has the path, whose segment is a secret."""
        _log.error("failed to answer", exc_info=exc_info)


def create_app(
    admission: Admission,
    metrics: Metrics,
    budget_s: float,
    on_refusal: Callable[[AdmissionRequest, str], None] = lambda _request, _reason: None,
    callers: Callers | None = None,
    expiry: Expiry | None = None,
    tracing: Tracing | None = None,
) -> Flask:
    """Return the application; `budget_s` bounds each admission, and so does the caller's `?timeout=`.

    `on_refusal` is called with the request and the reason, and must return at once. Without `callers` every caller gets
    answers. With `expiry`, the webhook is ready only while its certificate is valid. With `tracing`, reviews have
    spans.
    """
    app = _App("webhook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    expose = exposition()
    reviewer = app.extensions[REVIEWER] = Reviewer(admission, metrics, budget_s, on_refusal, tracing)
    allowed = app.extensions[CALLERS] = callers or Callers()

    def review(resource: str, segment: str = "") -> Response:
        connection = request.environ.get("gunicorn.socket")
        if not allowed.allows(segment.encode(), connection):
            allowed.denied(request.remote_addr or "")
            return Response(DENIED, 403, {"Connection": "close"}, mimetype="text/plain")
        if isinstance(connection, ServerSocket):
            connection.is_api_server = True
        body, traceparent = request.get_data(cache=False), request.headers.get("traceparent", "")
        answer = reviewer.answer(resource, request.query_string, body, traceparent)
        return Response(answer.body, answer.status, content_type=answer.content_type)

    for path, resource in PATHS.items():
        view = partial(review, resource)
        app.add_url_rule(f"/{path}", path, view, methods=["POST"])
        app.add_url_rule(f"/<segment>/{path}", f"{path} behind a segment", view, methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "readyz", lambda: _ready(admission, expiry))
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(*expose()))
    return app


def _ready(admission: Admission, expiry: Expiry | None) -> Response:
    problem = expiry.problem() if expiry else ""
    if problem:
        return Response(f"{problem}\n", status=503, mimetype="text/plain")
    if admission.ready(Deadline(_READY_BUDGET_S)):
        return Response("ok\n", mimetype="text/plain")
    return Response("the API server does not answer\n", status=503, mimetype="text/plain")


def _metrics(text: bytes, content_type: str) -> Response:
    return Response(text, content_type=content_type)
