"""Sends traces to an OpenTelemetry collector. Without an endpoint none of this is imported, and nothing is traced.

Spans wait in a bounded queue and are sent by a thread. When the collector is slow or gone they are lost and counted;
no call ever waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from msgspec import Struct
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from muxer.telemetry.interceptor import TracingInterceptor
from muxer.telemetry.spans import OtelTracer

QUEUE_SPANS = 4096
"""Spans that may wait: some ten seconds of full sampling at 100 requests a second, about 8 MB."""

BATCH_SPANS = 512
SEND_EVERY_MS = 1000.0
EXPORT_TIMEOUT_S = 5.0
ABORT_GRACE_S = 0.5


class Tracing(Struct, frozen=True):
    """Tracing that is switched on."""

    interceptor: TracingInterceptor
    tracer: OtelTracer
    provider: TracerProvider
    outlet: _Outlet

    def close(self, timeout_s: float = 5.0) -> None:
        """Sends what is waiting, for at most this long; what is left then is lost and counted. Blocks."""
        flush = threading.Thread(target=self.provider.shutdown, name="trace-flush", daemon=True)
        flush.start()
        flush.join(timeout_s)
        if flush.is_alive():
            self.outlet.shutdown()
            flush.join(ABORT_GRACE_S)


def start_tracing(
    *, endpoint: str, service_name: str, service_version: str, sample_ratio: float, on_drop: Callable[[int], None]
) -> Tracing:
    """Starts to trace.

    `endpoint` is the collector's OTLP/gRPC address with `http://` (plain) or `https://` (TLS), usually on port 4317.
    `sample_ratio`, 0 to 1, is for calls whose caller is not being traced. `on_drop` is told of spans that could not be
    delivered, from any thread. Raises `ValueError` for an address or a ratio that cannot be.
    """
    address = urlsplit(endpoint)
    if address.scheme not in {"http", "https"} or not address.netloc:
        raise ValueError("the OTLP endpoint must be http://host:port or https://host:port")
    if not 0 <= sample_ratio <= 1:
        raise ValueError(f"the trace sample ratio must be 0 to 1, not {sample_ratio}")
    exporter = OTLPSpanExporter(endpoint, insecure=address.scheme == "http", timeout=EXPORT_TIMEOUT_S)
    outlet = _Outlet(exporter, on_drop)
    provider = TracerProvider(
        sampler=sampling.ALWAYS_ON,  # the interceptor has decided by then
        resource=Resource.create({SERVICE_NAME: service_name, SERVICE_VERSION: service_version}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(_BoundedProcessor(outlet))
    tracer = provider.get_tracer("modelmuxer", service_version)
    return Tracing(TracingInterceptor(tracer, sample_ratio), OtelTracer(tracer), provider, outlet)


class _Outlet(SpanExporter):
    """The way out to the collector, with a count of what waits before it and what is lost in it."""

    def __init__(self, exporter: SpanExporter, on_drop: Callable[[int], None]) -> None:
        self._exporter = exporter
        self._on_drop = on_drop
        self._closed = False
        self._queued = 0  # written by the threads that end spans
        self._taken = 0  # written by the thread that sends them

    def admit(self) -> bool:
        """Whether there is room for one more span; if not, it is counted as lost."""
        if self._queued - self._taken >= QUEUE_SPANS:
            self._on_drop(1)
            return False
        self._queued += 1
        return True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends a batch; gives up after `EXPORT_TIMEOUT_S`."""
        self._taken += len(spans)
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            if result is not SpanExportResult.SUCCESS:
                self._on_drop(len(spans))
        return result

    def shutdown(self) -> None:
        """Ends the export in progress. Called twice when flushing took too long."""
        if not self._closed:
            self._closed = True
            self._exporter.shutdown()


class _BoundedProcessor(BatchSpanProcessor):
    """Drops the newest span when the queue is full, and counts it. The SDK alone would log a warning for each."""

    def __init__(self, outlet: _Outlet) -> None:
        super().__init__(
            outlet,
            max_queue_size=QUEUE_SPANS,
            schedule_delay_millis=SEND_EVERY_MS,
            max_export_batch_size=BATCH_SPANS,
            export_timeout_millis=EXPORT_TIMEOUT_S * 1000,
        )
        self._outlet = outlet

    def on_end(self, span: ReadableSpan) -> None:
        """Queues a finished span."""
        if self._outlet.admit():
            super().on_end(span)
