"""The steps of a request as OpenTelemetry spans, behind the port that the other floors know."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType

from opentelemetry import trace

from muxer.errors import MuxerError
from muxer.telemetry.port import NO_ATTRIBUTES, NO_SPAN, Attributes, AttributeValue, Span


def error_type(error: BaseException) -> str:
    """What kind of failure this is: a few values, and no part of the message, which might quote a prompt."""
    return error.reason.value if isinstance(error, MuxerError) else type(error).__name__


class OtelTracer:
    """Makes spans below the current one when that is recorded; implements `Tracer`."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def span(
        self, name: str, attributes: Attributes = NO_ATTRIBUTES, *, remote: bool = False
    ) -> AbstractContextManager[Span]:
        """See `Tracer`."""
        if not trace.get_current_span().is_recording():
            return NO_SPAN
        kind = trace.SpanKind.CLIENT if remote else trace.SpanKind.INTERNAL
        return _Step(self._tracer.start_span(name, kind=kind, attributes=attributes))

    def annotate(self, attributes: Attributes) -> None:
        """See `Tracer`."""
        span = trace.get_current_span()
        if span.is_recording():
            span.set_attributes(attributes)

    def trace_id(self) -> str:
        """See `Tracer`."""
        context = trace.get_current_span().get_span_context()
        return trace.format_trace_id(context.trace_id) if context.trace_flags.sampled else ""


class _Step:
    """A span that ends with its `with` block. It is never attached to a context, so it cannot be detached wrongly when
    an async generator is closed from another task."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, name: str, value: AttributeValue) -> None:
        """See `Span`."""
        self._span.set_attribute(name, value)

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            name = error_type(error)
            self._span.set_attribute("error.type", name)
            self._span.set_status(trace.StatusCode.ERROR, name)
        self._span.end()
