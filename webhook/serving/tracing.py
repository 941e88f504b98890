"""Traces with OpenTelemetry: a span for each review, and one below it for each wait for a fact from outside.

The API server begins the trace (`--tracing-config-file`) and sends its ID in `traceparent`. The SDK's own variables,
`OTEL_…`, configure the exporter and the sampling:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

The packages are the extra `tracing`; they are imported if OTEL_EXPORTER_OTLP_ENDPOINT is set.
"""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from vaultkube.errors import InvalidSetting

try:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:
    raise InvalidSetting(
        f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and {error.name} is not installed: build the image with "
        "--build-arg EXTRAS=tracing, or in a clone of the repository: pip install '.[tracing]'"
    ) from None

_NAME = "vault-webhook"


class Tracing:
    """Begins a span for each review."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(_NAME)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, resource: str, traceparent: str) -> "ReviewSpan":
        """Return the span of a review of this resource, below `traceparent` (W3C Trace Context) if that has a span."""
        parent = self._propagator.extract({"traceparent": traceparent})
        return ReviewSpan(self._tracer.start_span(f"review {resource}", parent, kind=trace.SpanKind.SERVER))

    def waiting(self, subject: str) -> AbstractContextManager[object]:
        """Return a span, below the current one, for the time of the block."""
        return self._tracer.start_as_current_span(f"wait for {subject}")


class ReviewSpan:
    """The span of one review."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def current(self) -> AbstractContextManager[object]:
        """Make this span the parent of the spans that this thread begins in the block."""
        return trace.use_span(self._span)

    def end(self, fields: Mapping[str, Any]) -> None:
        """End the span, with the log fields of the review as its attributes."""
        self._span.set_attributes({f"review.{name}": value for name, value in fields.items()})
        self._span.end(time.time_ns())


def export() -> Tracing:
    """Return a Tracing that exports spans to OTEL_EXPORTER_OTLP_ENDPOINT over HTTP, from a thread of this process."""
    os.environ.setdefault("OTEL_SERVICE_NAME", _NAME)
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)
