"""A server to be traced, and places where its spans arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider, sampling

Handlers = Mapping[str, Any]
Serve = Callable[[Handlers, Sequence[grpc.aio.ServerInterceptor]], AbstractAsyncContextManager[grpc.aio.Channel]]


class FinishedSpans(SpanProcessor):
    """Finished spans, in the order of their ends; can be waited for from the event loop they end on."""

    def __init__(self) -> None:
        self.ended: list[ReadableSpan] = []
        self._queue: asyncio.Queue[ReadableSpan] = asyncio.Queue()

    def on_end(self, span: ReadableSpan) -> None:
        self.ended.append(span)
        self._queue.put_nowait(span)

    async def next(self) -> ReadableSpan:
        return await asyncio.wait_for(self._queue.get(), 10)


@pytest.fixture
def spans() -> FinishedSpans:
    return FinishedSpans()


@pytest.fixture
def provider(spans: FinishedSpans) -> TracerProvider:
    provider = TracerProvider(sampler=sampling.ALWAYS_ON, shutdown_on_exit=False)
    provider.add_span_processor(spans)
    return provider


@pytest.fixture
def serve() -> Serve:
    """Serves handlers as `test.Echo` behind interceptors, over a real socket."""

    @asynccontextmanager
    async def serving(
        handlers: Handlers, interceptors: Sequence[grpc.aio.ServerInterceptor] = ()
    ) -> AsyncIterator[grpc.aio.Channel]:
        server = grpc.aio.server(interceptors=list(interceptors))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", dict(handlers)),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield channel
        finally:
            await server.stop(None)

    return serving
