"""One span for each RPC, with the status that the caller saw.

It takes the place of the server interceptor in opentelemetry-instrumentation-grpc (0.66b2), whose filters it uses. That
one records status 0 for an exception, a deadline and a cancelled call, and pays for a span before it knows whether
the call is sampled. Here the decision comes first: a call whose caller is being traced follows the caller (W3C
`traceparent`), any other is sampled by chance, and a call that is not sampled only gets its context set.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import filters
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from muxer.telemetry.labels import FAULT_CODES
from muxer.telemetry.port import AttributeValue
from muxer.telemetry.rpc_status import final_code
from muxer.telemetry.spans import error_type

_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in the stubs only
_Context = grpc.aio.ServicerContext[Any, Any]
_Call = Callable[[Any, _Context], Awaitable[Any]]

_PROPAGATOR = TraceContextTextMapPropagator()
_PROPAGATED = ("traceparent", "tracestate")

_FACTORIES: dict[tuple[bool, bool], tuple[str, Callable[..., _Handler]]] = {
    (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
    (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
    (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
    (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
}
"""By (request streaming, response streaming): where a handler keeps its function, and what makes a handler."""

worth_tracing = filters.negate(
    filters.any_of(filters.service_prefix("grpc."), filters.service_name("modelmuxer.v1.OperationsService"))
)
"""Not health checks, reflection and scrapes: machines ask for them every few seconds."""


class TracingInterceptor(grpc.aio.ServerInterceptor):
    """Traces RPCs. The first of a server's interceptors, so that its span covers the others."""

    def __init__(
        self,
        tracer: trace.Tracer,
        sample_ratio: float,
        wanted: Callable[[grpc.HandlerCallDetails], bool] = worth_tracing,
    ) -> None:
        """`tracer` must record whatever it is asked to: sampling is done here. `sample_ratio` is 0 to 1."""
        self._tracer = tracer
        self._wanted = wanted
        self._ids = RandomIdGenerator()
        self._sampled_below = round(sample_ratio * 2**64)
        self._answers: dict[str, bool] = {}
        self._traced: dict[str, tuple[_Handler, _Handler]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler | None:
        """The handler for a call: the server's own, with a span around it when the call is sampled."""
        handler = await continuation(handler_call_details)
        if handler is None or not self._is_wanted(handler_call_details):
            return handler
        if not self._enter_trace(handler_call_details.invocation_metadata):
            return handler
        method = handler_call_details.method
        known = self._traced.get(method)
        if known is None or known[0] is not handler:
            known = self._traced[method] = (handler, self._trace(handler, method))
        return known[1]

    def _is_wanted(self, details: grpc.HandlerCallDetails) -> bool:
        """What the filter says; remembered for each method that the server has, since a filter takes 25 us."""
        answer = self._answers.get(details.method)
        if answer is None:
            answer = self._answers[details.method] = self._wanted(details)
        return answer

    def samples_root(self, trace_id: int) -> bool:
        """Whether a call that begins a trace is sampled: by the lower half of its id, as in OpenTelemetry."""
        return trace_id & (2**64 - 1) < self._sampled_below

    def _enter_trace(self, metadata: Iterable[tuple[str, str | bytes]]) -> bool:
        """Sets the trace context of the call, and says whether the call is sampled.

        Nothing is detached at the end: gRPC runs every call, its interceptors included, in a `contextvars` context of
        its own. The metadata is that of the call details because asking the handler's context copies it anew.
        """
        carrier = {key: value for key, value in metadata if key in _PROPAGATED}
        inherited = _PROPAGATOR.extract(carrier) if carrier else contexts.Context()
        parent = trace.get_current_span(inherited).get_span_context()
        if parent.is_valid:
            contexts.attach(inherited)
            return parent.trace_flags.sampled
        trace_id = self._ids.generate_trace_id()
        if self.samples_root(trace_id):
            return True
        unsampled = trace.SpanContext(trace_id, self._ids.generate_span_id(), is_remote=False)
        contexts.attach(trace.set_span_in_context(trace.NonRecordingSpan(unsampled), inherited))
        return False

    def _trace(self, handler: _Handler, method: str) -> _Handler:
        kind, factory = _FACTORIES[handler.request_streaming, handler.response_streaming]
        call = _as_coroutine(getattr(handler, kind))
        if call is None:
            return handler
        traced = self._traced_call(call, method.removeprefix("/"))
        return factory(traced, handler.request_deserializer, handler.response_serializer)

    def _traced_call(self, call: _Call, name: str) -> _Call:
        service, _, method = name.rpartition("/")
        attributes: dict[str, AttributeValue] = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}

        async def traced(request: Any, context: _Context) -> Any:
            span = self._tracer.start_span(name, kind=trace.SpanKind.SERVER, attributes=attributes)
            contexts.attach(trace.set_span_in_context(span))
            timeout_s = context.time_remaining()
            error: BaseException | None = None
            try:
                return await call(request, context)
            except BaseException as caught:
                error = caught
                raise
            finally:
                _end(span, final_code(context, error, timeout_s), error)

        return traced


def _as_coroutine(function: Any) -> _Call | None:
    """A handler as one coroutine function; None for a synchronous one, which gRPC runs in a thread.

    A generator is drained here and not in gRPC, because there a cancelled one is left to the garbage collector: its
    end would be seen late and from another task.
    """
    if inspect.iscoroutinefunction(function):
        return function  # type: ignore[no-any-return] # iscoroutinefunction() narrows to nothing more precise
    if not inspect.isasyncgenfunction(function):
        return None

    async def drained(request: Any, context: _Context) -> None:
        async with aclosing(function(request, context)) as messages:
            async for message in messages:
                await context.write(message)

    return drained


def _end(span: trace.Span, code: grpc.StatusCode, error: BaseException | None) -> None:
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    if error is not None and not isinstance(error, grpc.aio.AbortError):
        span.set_attribute("error.type", error_type(error))
    elif code is not grpc.StatusCode.OK:
        span.set_attribute("error.type", code.name)
    if code.name in FAULT_CODES:
        span.set_status(trace.StatusCode.ERROR, code.name)
    span.end()
