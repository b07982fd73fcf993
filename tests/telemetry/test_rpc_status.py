from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2
from grpc_status import rpc_status
from muxer.errors import MuxerError, Reason
from muxer.telemetry.interceptor import TracingInterceptor

Context = grpc.aio.ServicerContext[Any, Any]


@pytest.fixture
def interceptor(provider):
    return TracingInterceptor(provider.get_tracer("test"), 1.0)


async def failure(call) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code()


async def drain(call) -> None:
    async for _ in call:
        pass


async def returns(request: bytes, context: Context) -> bytes:
    return request


async def aborts(request: bytes, context: Context) -> bytes:
    await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no")


async def aborts_with_rich_status(request: bytes, context: Context) -> bytes:
    await context.abort_with_status(rpc_status.to_status(status_pb2.Status(code=14, message="no")))


async def sets_code(request: bytes, context: Context) -> bytes:
    context.set_code(grpc.StatusCode.NOT_FOUND)
    return b""


async def raises(request: bytes, context: Context) -> bytes:
    raise ValueError("quotes the prompt")


async def raises_after_setting_a_code(request: bytes, context: Context) -> bytes:
    context.set_code(grpc.StatusCode.DATA_LOSS)
    raise ValueError("quotes the prompt")


async def streams_and_aborts(request: bytes, context: Context):
    yield b"1"
    await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")


async def streams_and_raises(request: bytes, context: Context):
    yield b"1"
    raise MuxerError(Reason.PROVIDER_ERROR, "quotes the prompt")


async def writes_and_raises(request: bytes, context: Context) -> None:
    await context.write(b"1")
    raise KeyError("quotes the prompt")


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        (aborts, "RESOURCE_EXHAUSTED"),
        (aborts_with_rich_status, "UNAVAILABLE"),
        (sets_code, "NOT_FOUND"),
        (raises, "ValueError"),
        (raises_after_setting_a_code, "ValueError"),
    ],
)
async def test_a_failed_unary_call_is_recorded_with_the_code_that_its_caller_sees(
    serve, interceptor, spans, handler, error_type
):
    async with serve({"Do": grpc.unary_unary_rpc_method_handler(handler)}, [interceptor]) as channel:
        seen = await failure(channel.unary_unary("/test.Echo/Do")(b"x"))
        span = await spans.next()
    assert seen.value[0] == span.attributes["rpc.grpc.status_code"]
    assert error_type == span.attributes["error.type"]


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        (streams_and_aborts, "UNAVAILABLE"),
        (streams_and_raises, "provider_error"),
        (writes_and_raises, "KeyError"),
    ],
)
async def test_a_failed_stream_is_recorded_with_the_code_that_its_caller_sees(
    serve, interceptor, spans, handler, error_type
):
    async with serve({"Do": grpc.unary_stream_rpc_method_handler(handler)}, [interceptor]) as channel:
        seen = await failure(drain(channel.unary_stream("/test.Echo/Do")(b"x")))
        span = await spans.next()
    assert seen.value[0] == span.attributes["rpc.grpc.status_code"]
    assert error_type == span.attributes["error.type"]


async def test_a_call_that_succeeds_is_recorded_as_ok(serve, interceptor, spans):
    async with serve({"Do": grpc.unary_unary_rpc_method_handler(returns)}, [interceptor]) as channel:
        assert await channel.unary_unary("/test.Echo/Do")(b"x") == b"x"
        span = await spans.next()
    assert dict(span.attributes) == {
        "rpc.system": "grpc",
        "rpc.service": "test.Echo",
        "rpc.method": "Do",
        "rpc.grpc.status_code": 0,
    }


async def hangs(request: bytes, context: Context) -> bytes:
    await asyncio.Event().wait()
    raise AssertionError("an event that nobody sets was set")


async def streams_and_hangs(request: bytes, context: Context):
    yield b"1"
    await asyncio.Event().wait()


async def streams_without_end(request: bytes, context: Context):
    while True:
        yield b"1"


@pytest.mark.parametrize(
    "timeout_s",
    [
        pytest.param(0.2, id="sent exactly"),
        pytest.param(1.001, id="rounded up on the wire to 1.01"),
    ],
)
async def test_a_unary_call_past_its_deadline_is_recorded_as_such(serve, interceptor, spans, timeout_s):
    async with serve({"Do": grpc.unary_unary_rpc_method_handler(hangs)}, [interceptor]) as channel:
        seen = await failure(channel.unary_unary("/test.Echo/Do")(b"x", timeout=timeout_s))
        span = await spans.next()
    assert grpc.StatusCode.DEADLINE_EXCEEDED is seen
    assert span.attributes["rpc.grpc.status_code"] == 4


@pytest.mark.parametrize("handler", [streams_and_hangs, streams_without_end])
async def test_a_stream_past_its_deadline_is_recorded_as_such(serve, interceptor, spans, handler):
    async with serve({"Do": grpc.unary_stream_rpc_method_handler(handler)}, [interceptor]) as channel:
        seen = await failure(drain(channel.unary_stream("/test.Echo/Do")(b"x", timeout=0.2)))
        span = await spans.next()
    assert grpc.StatusCode.DEADLINE_EXCEEDED is seen
    assert span.attributes["rpc.grpc.status_code"] == 4


@pytest.mark.parametrize("timeout_s", [None, 30.0])
async def test_a_unary_call_that_its_caller_cancels_is_recorded_as_cancelled(serve, interceptor, spans, timeout_s):
    begun = asyncio.Event()

    async def begins_and_hangs(request: bytes, context: Context) -> bytes:
        begun.set()
        return await hangs(request, context)

    async with serve({"Do": grpc.unary_unary_rpc_method_handler(begins_and_hangs)}, [interceptor]) as channel:
        call = channel.unary_unary("/test.Echo/Do")(b"x", timeout=timeout_s)
        await asyncio.wait_for(begun.wait(), 10)
        call.cancel()
        span = await spans.next()
    assert span.attributes["rpc.grpc.status_code"] == 1


@pytest.mark.parametrize("handler", [streams_and_hangs, streams_without_end])
@pytest.mark.parametrize("timeout_s", [None, 30.0])
async def test_a_stream_that_its_caller_cancels_is_recorded_as_cancelled(serve, interceptor, spans, handler, timeout_s):
    async with serve({"Do": grpc.unary_stream_rpc_method_handler(handler)}, [interceptor]) as channel:
        call = channel.unary_stream("/test.Echo/Do")(b"x", timeout=timeout_s)
        await call.read()
        call.cancel()
        span = await spans.next()
    assert span.attributes["rpc.grpc.status_code"] == 1


async def test_a_cancelled_stream_runs_its_own_clean_up_before_its_span_ends(serve, interceptor, spans):
    cleaned_up = asyncio.Event()

    async def cleans_up(request: bytes, context: Context):
        try:
            while True:
                yield b"1"
        finally:
            cleaned_up.set()

    async with serve({"Do": grpc.unary_stream_rpc_method_handler(cleans_up)}, [interceptor]) as channel:
        call = channel.unary_stream("/test.Echo/Do")(b"x")
        await call.read()
        call.cancel()
        await spans.next()
        assert cleaned_up.is_set()


async def test_a_call_cut_off_by_the_servers_stop_is_recorded_as_cancelled(interceptor, spans):
    begun = asyncio.Event()

    async def begins_and_hangs(request: bytes, context: Context) -> bytes:
        begun.set()
        return await hangs(request, context)

    server = grpc.aio.server(interceptors=[interceptor])
    handlers = {"Do": grpc.unary_unary_rpc_method_handler(begins_and_hangs)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/test.Echo/Do")(b"x")
        await asyncio.wait_for(begun.wait(), 10)
        await server.stop(None)
        span = await spans.next()
        await failure(call)
    assert span.attributes["rpc.grpc.status_code"] == 1
