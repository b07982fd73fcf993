from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from muxer.errors import MuxerError, Reason
from muxer.telemetry.interceptor import TracingInterceptor
from muxer.telemetry.labels import CODES, FAULT_CODES
from muxer.telemetry.spans import OtelTracer
from opentelemetry import trace
from opentelemetry.instrumentation.grpc._utilities import _server_status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Context = grpc.aio.ServicerContext[Any, Any]

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-01"
NOT_SAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-00"


async def says_trace_context(request: bytes, context: Context) -> bytes:
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "").encode()


DO = {"Do": grpc.unary_unary_rpc_method_handler(says_trace_context)}


async def call(channel: grpc.aio.Channel, *metadata: tuple[str, str]) -> str:
    return (await channel.unary_unary("/test.Echo/Do")(b"x", metadata=metadata)).decode()


@pytest.mark.parametrize("ratio", [0.0, 1.0])
async def test_a_call_of_a_sampled_trace_is_recorded_as_its_child_whatever_the_ratio(serve, provider, spans, ratio):
    async with serve(DO, [TracingInterceptor(provider.get_tracer("test"), ratio)]) as channel:
        inside = await call(channel, ("traceparent", SAMPLED), ("tracestate", "vendor=1"))
        span = await spans.next()
    assert (
        trace.format_trace_id(span.context.trace_id),
        trace.format_span_id(span.parent.span_id),
    ) == (TRACE_ID, PARENT_ID)
    assert f"00-{TRACE_ID}-{trace.format_span_id(span.context.span_id)}-01" == inside
    assert span.context.trace_state.to_header() == "vendor=1"
    assert (span.name, span.kind) == ("test.Echo/Do", trace.SpanKind.SERVER)


async def test_a_call_of_a_trace_that_is_not_sampled_passes_that_on_and_makes_no_span(serve, provider, spans):
    async with serve(DO, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        inside = await call(channel, ("traceparent", NOT_SAMPLED))
    assert inside == NOT_SAMPLED
    assert spans.ended == []


async def test_a_root_call_that_is_not_sampled_tells_those_below_it_so(serve, provider, spans):
    async with serve(DO, [TracingInterceptor(provider.get_tracer("test"), 0.0)]) as channel:
        inside = [await call(channel) for _ in range(3)]
    assert [text.rpartition("-")[2] for text in inside] == ["00"] * 3
    assert len(set(inside)) == 3
    assert spans.ended == []


async def test_no_call_inherits_the_context_of_the_one_before_it(serve, provider, spans):
    async with serve(DO, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        await call(channel, ("traceparent", SAMPLED))
        await call(channel)
        first, second = await spans.next(), await spans.next()
    assert (first.parent is not None, second.parent is not None) == (True, False)


@pytest.mark.parametrize(
    "nonsense",
    ["", "nonsense", f"ff-{TRACE_ID}-{PARENT_ID}-01", f"00-{'0' * 32}-{PARENT_ID}-01", "0" * 600],
)
async def test_a_broken_parent_is_none(serve, provider, spans, nonsense):
    async with serve(DO, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        await call(channel, ("traceparent", nonsense))
        span = await spans.next()
    assert None is span.parent


async def test_about_the_given_share_of_root_calls_is_sampled(provider):
    interceptor = TracingInterceptor(provider.get_tracer("test"), 0.25)
    sampled = sum(interceptor.samples_root(number * 2**64 // 400) for number in range(400))
    assert sampled == 100


async def test_health_checks_and_unknown_methods_are_not_traced(provider, spans):
    async def check(request: bytes, context: Context) -> bytes:
        return b"fine"

    server = grpc.aio.server(interceptors=[TracingInterceptor(provider.get_tracer("test"), 1.0)])
    for service, method in (("grpc.health.v1.Health", "Check"), ("modelmuxer.v1.OperationsService", "GetMetrics")):
        handlers = {method: grpc.unary_unary_rpc_method_handler(check)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert await channel.unary_unary("/grpc.health.v1.Health/Check")(b"") == b"fine"
        assert await channel.unary_unary("/modelmuxer.v1.OperationsService/GetMetrics")(b"") == b"fine"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/test.Echo/Nothing")(b"")
    await server.stop(None)
    assert grpc.StatusCode.UNIMPLEMENTED is caught.value.code()
    assert spans.ended == []


async def test_all_four_kinds_of_rpc_answer_as_they_do_without_tracing(serve, provider, spans):
    async def unary(request: bytes, context: Context) -> bytes:
        return request

    async def stream(request: bytes, context: Context):
        for _ in range(3):
            yield request

    async def join(requests, context: Context) -> bytes:
        return b"".join([request async for request in requests])

    async def mirror(requests, context: Context):
        async for request in requests:
            yield request

    async def two():
        yield b"a"
        yield b"b"

    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Stream": grpc.unary_stream_rpc_method_handler(stream),
        "Join": grpc.stream_unary_rpc_method_handler(join),
        "Mirror": grpc.stream_stream_rpc_method_handler(mirror),
    }
    async with serve(handlers, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        assert await channel.unary_unary("/test.Echo/Unary")(b"x") == b"x"
        assert [m async for m in channel.unary_stream("/test.Echo/Stream")(b"x")] == [b"x"] * 3
        assert await channel.stream_unary("/test.Echo/Join")(two()) == b"ab"
        assert [m async for m in channel.stream_stream("/test.Echo/Mirror")(two())] == [b"a", b"b"]
        names = [(await spans.next()).name for _ in handlers]
    assert [f"test.Echo/{name}" for name in handlers] == names


async def test_a_synchronous_handler_is_left_to_grpcs_threads(serve, provider, spans):
    def synchronous(request: bytes, context: Any) -> bytes:
        return request

    handlers = {"Do": grpc.unary_unary_rpc_method_handler(synchronous)}
    async with serve(handlers, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        assert await channel.unary_unary("/test.Echo/Do")(b"x") == b"x"
    assert spans.ended == []


async def test_steps_are_children_of_the_rpc_even_inside_a_generator_and_a_task(serve, provider, spans):
    tracer = OtelTracer(provider.get_tracer("test"))

    async def provider_call():
        with tracer.span("provider.call", {"gen_ai.request.model": "m"}, remote=True) as span:
            yield b"1"
            span.set("attempt", 2)
            yield b"2"

    async def decide() -> None:
        with tracer.span("route.decide"):
            await asyncio.sleep(0)

    async def handler(request: bytes, context: Context):
        tracer.annotate({"modelmuxer.request_id": "r1"})
        await asyncio.create_task(decide())
        async for piece in provider_call():
            yield piece
        yield tracer.trace_id().encode()

    handlers = {"Do": grpc.unary_stream_rpc_method_handler(handler)}
    async with serve(handlers, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        answers = [m async for m in channel.unary_stream("/test.Echo/Do")(b"x")]
        route, called, rpc = [await spans.next() for _ in range(3)]
    assert [route.name, called.name, rpc.name] == ["route.decide", "provider.call", "test.Echo/Do"]
    assert [rpc.context.span_id] * 2 == [route.parent.span_id, called.parent.span_id]
    assert dict(called.attributes) == {"gen_ai.request.model": "m", "attempt": 2}
    assert [route.kind, called.kind] == [trace.SpanKind.INTERNAL, trace.SpanKind.CLIENT]
    assert rpc.attributes["modelmuxer.request_id"] == "r1"
    assert trace.format_trace_id(rpc.context.trace_id).encode() == answers[-1]


async def test_steps_of_a_call_that_is_not_sampled_leave_nothing(serve, provider, spans):
    tracer = OtelTracer(provider.get_tracer("test"))

    async def handler(request: bytes, context: Context) -> bytes:
        tracer.annotate({"modelmuxer.request_id": "r1"})
        with tracer.span("provider.call") as span:
            span.set("attempt", 1)
        return tracer.trace_id().encode()

    handlers = {"Do": grpc.unary_unary_rpc_method_handler(handler)}
    async with serve(handlers, [TracingInterceptor(provider.get_tracer("test"), 0.0)]) as channel:
        assert await channel.unary_unary("/test.Echo/Do")(b"x") == b""
    assert spans.ended == []


@pytest.mark.parametrize(
    ("error", "name"),
    [(MuxerError(Reason.PROVIDER_ERROR, "quotes the prompt"), "provider_error"), (KeyError("the prompt"), "KeyError")],
)
def test_a_failed_step_says_what_failed_and_quotes_nothing(provider, spans, error, name):
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("rpc"), pytest.raises(type(error)), OtelTracer(tracer).span("provider.call"):
        raise error
    step = spans.ended[0]
    assert (trace.StatusCode.ERROR, name, name) == (
        step.status.status_code,
        step.status.description,
        step.attributes["error.type"],
    )
    assert "prompt" not in step.to_json()


async def test_a_failed_rpc_quotes_nothing(serve, provider, spans):
    async def handler(request: bytes, context: Context) -> bytes:
        raise ValueError(request.decode())

    handlers = {"Do": grpc.unary_unary_rpc_method_handler(handler)}
    async with serve(handlers, [TracingInterceptor(provider.get_tracer("test"), 1.0)]) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await channel.unary_unary("/test.Echo/Do")(b"my prompt", metadata=[("authorization", "Bearer my-key")])
        span = await spans.next()
    assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, "UNKNOWN")
    assert "my prompt" not in span.to_json()
    assert "my-key" not in span.to_json()


def test_faults_of_the_server_are_those_of_the_instrumentation_that_this_one_replaces():
    faults = {code.name for code in grpc.StatusCode if not _server_status(code, "").is_unset}
    assert faults == FAULT_CODES


def test_the_codes_are_grpcs():
    assert {code.name for code in grpc.StatusCode} == CODES
