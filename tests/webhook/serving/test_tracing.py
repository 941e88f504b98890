"""Traces: spans of reviews below the API server's, and spans of their waits."""

import json
import re
import time
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.serving import QuietHandler, serving
from tests.webhook.admission.test_review import review_of
from tests.webhook.served import running
from tests.webhook.serving.test_app import REFERRING, BrokenVault, DownCluster, DownRegistry, NoMetrics, pod
from tests.webhook.serving.test_fast_path import POST, parse
from webhook.admission.admission import Admission, Services
from webhook.admission.needs import Need
from webhook.config.annotations import read_defaults
from webhook.config.settings import read_settings
from webhook.serving.fast_path import Request
from webhook.serving.reviewer import Answer, Reviewer
from webhook.serving.tracing import Tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OPERATOR = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1"}


class Traced:
    """A Reviewer with its spans in memory."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        tracing = Tracing(provider)
        services = Services(DownCluster(), DownRegistry(), BrokenVault(), "own", waiting=tracing.waiting)
        admission = Admission(read_settings(OPERATOR), read_defaults(OPERATOR), services)
        metrics: Any = NoMetrics()
        self._reviewer = Reviewer(admission, metrics, 5, lambda _request, _reason: None, tracing)

    def review(self, document: dict[str, Any], traceparent: str = TRACEPARENT) -> list[Any]:
        """Return the spans of a pod's review, in the order of their ends."""
        self._exporter.clear()
        review = self._reviewer.begin("pods", b"", review_of(object=document, namespace="shop"), traceparent)
        if not isinstance(review, Answer):
            review.finish()
        return list(self._exporter.get_finished_spans())


def test_a_review_is_a_span_below_that_of_the_api_server() -> None:
    (span,) = Traced().review(pod(REFERRING))
    assert span.name == "review pods"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == TRACEPARENT.split("-")[2]
    assert span.attributes["review.namespace"] == "shop"
    assert (span.attributes["review.outcome"], span.attributes["review.references"]) == ("changed", 1)


def test_each_wait_of_a_review_is_a_span_below_its_own() -> None:
    without_command = {key: value for key, value in REFERRING.items() if key != "command"}
    *waits, review = Traced().review(pod(without_command))
    assert {wait.name for wait in waits} >= {"wait for ImageConfigs"}
    assert {wait.parent.span_id for wait in waits} == {review.context.span_id}


def test_the_page_names_the_span_of_each_wait() -> None:
    page = (Path(__file__).parents[3] / "docs/tracing.md").read_text()
    assert set(re.findall("`wait for ([A-Za-z]+)`", page)) == {need.__name__ for need in get_args(Need)}


@pytest.mark.parametrize("traceparent", ["", "00-1-2-01", "x" * 512])
def test_a_review_without_a_usable_traceparent_begins_a_trace(traceparent: str) -> None:
    (span,) = Traced().review(pod(REFERRING), traceparent)
    assert span.parent is None


def test_the_decision_not_to_sample_is_followed() -> None:
    assert Traced().review(pod(REFERRING), TRACEPARENT.removesuffix("01") + "00") == []


@pytest.mark.parametrize("name", [b"Traceparent", b"traceparent"])
def test_traceparent_is_read_from_the_head(name: bytes) -> None:
    found = parse(POST.replace(b"\r\nAccept:", b"\r\n%b: %b\r\nAccept:" % (name, TRACEPARENT.encode()), 1))
    assert found == Request("pods", b"timeout=10s", b"body", TRACEPARENT)


@pytest.fixture
def spans() -> Iterator[tuple[str, list[Any]]]:
    """Yield the address of a receiver of OTLP over HTTP, and the received spans."""
    received: list[Any] = []

    class Receiver(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    received.extend((resource.resource, span) for span in scope.spans)
            self.send_response(200)
            self.end_headers()

    with serving(HTTPServer(("127.0.0.1", 0), Receiver)) as server:
        yield f"http://127.0.0.1:{server.server_port}", received


@pytest.mark.servers
def test_the_api_servers_trace_continues_in_the_webhook(
    spans: tuple[str, list[Any]], tmp_path: Path, authority: Authority
) -> None:
    address, received = spans
    configuration = tmp_path / "tracing.json"
    configuration.write_text(
        json.dumps(
            {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "TracingConfiguration",
                "endpoint": "127.0.0.1:1",
                "samplingRatePerMillion": 1_000_000,
            }
        )
    )
    flags = [f"--tracing-config-file={configuration}"]
    cluster = Cluster(tmp_path / "cluster", authority, flags=flags)
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    try:
        cluster.wait()
        with running(tmp_path / "webhook", authority, settings) as served:
            cluster.apply(json.dumps(served.registration()))
            template = pod(REFERRING) | {"apiVersion": "v1", "kind": "Pod"}
            cluster.request("POST", "/api/v1/namespaces/default/pods", template)
            end = time.monotonic() + 20
            while not received and time.monotonic() < end:
                time.sleep(0.02)
    finally:
        cluster.stop()
    resource, span = received[0]
    assert (span.name, len(span.parent_span_id)) == ("review pods", 8)
    names = {attribute.key: attribute.value.string_value for attribute in resource.attributes}
    assert names["service.name"] == "vault-webhook"
