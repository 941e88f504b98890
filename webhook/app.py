"""The WSGI application: requests in, answers out. What a review comes to stands in `webhook.reviewer`."""

import math
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, request

from webhook.at_once import AT_ONCE, Application
from webhook.deadline import Deadline, Moment
from webhook.forms import DURATION
from webhook.log import Log
from webhook.metrics import Metrics, exposition
from webhook.review import AdmissionRequest
from webhook.reviewer import Admission, Reviewer

BODY_LIMIT = 8 << 20
_RESOURCES = ("pods", "secrets", "configmaps")
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
    reviewer = Reviewer(admission, metrics, log, on_refusal)

    def review(resource: str) -> Response:
        body = request.get_data(cache=False)
        answer = reviewer.answer(resource, body, _review_deadline(request.environ, budget_s))
        return Response(answer.body, answer.status, content_type=answer.content_type)

    for resource in _RESOURCES:
        app.add_url_rule(f"/{resource}", resource, partial(review, resource), methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "readyz", lambda: _ready(admission))
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(*expose()))
    app.wsgi_app = _Shortcut(app.wsgi_app, reviewer, budget_s)  # type: ignore[method-assign]
    return app


class _Shortcut:
    """Answers the reviews whose length is told and within bounds without Flask's work for each request.

    That would be a quarter of the whole; everything else is Flask's.
    """

    def __init__(self, otherwise: Application, reviewer: Reviewer, budget_s: float) -> None:
        self._otherwise = otherwise
        self._reviewer = reviewer
        self._budget_s = budget_s
        self._resources = {f"/{resource}": resource for resource in _RESOURCES}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        resource = self._resources.get(environ["PATH_INFO"])
        length = environ.get("CONTENT_LENGTH") or ""
        if resource is None or environ["REQUEST_METHOD"] != "POST" or not _is_within_bounds(length):
            return self._otherwise(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        deadline = _review_deadline(environ, self._budget_s)
        status, content_type, text = self._reviewer.answer(resource, body, deadline)
        head = [("Content-Type", content_type), ("Content-Length", str(len(text)))]
        start_response(status, head)
        return [text]


def _is_within_bounds(length: str) -> bool:
    return length.isdecimal() and len(length) < 10 and int(length) <= BODY_LIMIT


def _review_deadline(environ: dict[str, Any], budget_s: float) -> Deadline:
    return _deadline(environ, min(budget_s, _caller_budget_s(environ.get("QUERY_STRING", ""))))


def _deadline(environ: dict[str, Any], budget_s: float) -> Deadline:
    return Moment() if environ.get(AT_ONCE) else Deadline(budget_s)


@lru_cache(maxsize=16)
def _caller_budget_s(query: str) -> float:
    """What may be taken of the `timeout` that the API server waits for; without one it is without end."""
    try:
        (text,) = parse_qs(query).get("timeout", [""])[:1]
        return _MARGIN * float(DURATION.parse(text))
    except ValueError:
        return math.inf


def _ready(admission: Admission) -> Response:
    if admission.ready(_deadline(request.environ, _READY_BUDGET_S)):
        return Response("ok\n", mimetype="text/plain")
    return Response("the API server does not answer\n", status=503, mimetype="text/plain")


def _metrics(text: bytes, content_type: str) -> Response:
    return Response(text, content_type=content_type)
