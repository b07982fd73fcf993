from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent import futures
from typing import Any

import grpc
import pytest
from muxer.telemetry.tracing import QUEUE_SPANS, start_tracing
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as otlp_grpc


class Collector(otlp_grpc.TraceServiceServicer):
    """A collector that keeps what it gets; it answers only while `open` is set."""

    def __init__(self) -> None:
        self.requests: list[otlp.ExportTraceServiceRequest] = []
        self.called = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def Export(self, request: otlp.ExportTraceServiceRequest, context: Any) -> otlp.ExportTraceServiceResponse:  # noqa: N802
        self.called.set()
        self.open.wait(30)
        self.requests.append(request)
        return otlp.ExportTraceServiceResponse()

    @property
    def names(self) -> list[str]:
        return sorted(
            span.name
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        )


@pytest.fixture
def collector():
    servicer = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    otlp_grpc.add_TraceServiceServicer_to_server(servicer, server)
    servicer.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer
    servicer.open.set()
    server.stop(None).wait()


class Drops:
    """Counts lost spans, as the metrics do."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def add(self, count: int) -> None:
        with self._changed:
            self.count += count
            self._changed.notify_all()

    def reach(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.count == count, 3)  # less than an export may take


@pytest.fixture
def drops():
    return Drops()


def begin(port: int, drops: Drops, ratio: float = 1.0):
    return start_tracing(
        endpoint=f"http://127.0.0.1:{port}",
        service_name="modelmuxer",
        service_version="1.2.3",
        sample_ratio=ratio,
        on_drop=drops.add,
    )


def echo(tracing):
    async def handler(request: bytes, context: Any) -> bytes:
        with tracing.tracer.span("provider.call", remote=True):
            return request

    return {"Do": grpc.unary_unary_rpc_method_handler(handler)}


async def test_a_collector_gets_every_span_and_the_name_of_the_service(serve, collector, drops):
    tracing = begin(collector.port, drops)
    async with serve(echo(tracing), [tracing.interceptor]) as channel:
        for _ in range(3):
            await channel.unary_unary("/test.Echo/Do")(b"x")
    await asyncio.to_thread(tracing.close)
    assert collector.names == ["provider.call"] * 3 + ["test.Echo/Do"] * 3
    resource = collector.requests[0].resource_spans[0].resource
    attributes = {item.key: item.value.string_value for item in resource.attributes}
    assert (attributes["service.name"], attributes["service.version"]) == ("modelmuxer", "1.2.3")
    assert drops.count == 0


async def test_nothing_is_sent_for_calls_that_are_not_sampled(serve, collector, drops):
    tracing = begin(collector.port, drops, ratio=0.0)
    async with serve(echo(tracing), [tracing.interceptor]) as channel:
        assert await channel.unary_unary("/test.Echo/Do")(b"x") == b"x"
    await asyncio.to_thread(tracing.close)
    assert collector.requests == []


async def test_calls_succeed_without_a_collector_and_the_lost_spans_are_counted(serve, drops):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tracing = begin(port, drops)
    async with serve(echo(tracing), [tracing.interceptor]) as channel:
        answers = [await channel.unary_unary("/test.Echo/Do")(b"x", timeout=5) for _ in range(10)]
    begun = time.monotonic()
    await asyncio.to_thread(tracing.close, 0.5)
    assert time.monotonic() - begun < 3
    assert answers == [b"x"] * 10
    assert drops.reach(20)


async def test_calls_succeed_while_the_collector_hangs_and_closing_does_not_wait_for_it(serve, collector, drops):
    collector.open.clear()
    tracing = begin(collector.port, drops)
    async with serve(echo(tracing), [tracing.interceptor]) as channel:
        answers = [await channel.unary_unary("/test.Echo/Do")(b"x", timeout=5) for _ in range(300)]
        assert await asyncio.to_thread(collector.called.wait, 10)
        answers.append(await channel.unary_unary("/test.Echo/Do")(b"x", timeout=5))
    begun = time.monotonic()
    await asyncio.to_thread(tracing.close, 0.5)
    assert time.monotonic() - begun < 3
    assert answers == [b"x"] * 301
    assert drops.reach(602)


def test_a_full_queue_drops_the_newest_spans_and_counts_them(collector, drops):
    collector.open.clear()
    tracing = begin(collector.port, drops)
    tracer = tracing.provider.get_tracer("test")
    for number in range(QUEUE_SPANS + 700):
        tracer.start_span(f"span {number:05}").end()
    assert 0 < drops.count <= 700
    collector.open.set()
    tracing.close()
    assert len(collector.names) + drops.count == QUEUE_SPANS + 700
    assert collector.names[0] == "span 00000"


@pytest.mark.parametrize("endpoint", ["", "localhost:4317", "collector", "ftp://collector:4317", "http://"])
def test_an_address_that_cannot_be_is_refused(endpoint):
    with pytest.raises(ValueError, match="OTLP endpoint must be"):
        start_tracing(
            endpoint=endpoint, service_name="s", service_version="1", sample_ratio=1.0, on_drop=lambda count: None
        )


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_a_ratio_that_cannot_be_is_refused(ratio):
    with pytest.raises(ValueError, match="ratio must be 0 to 1"):
        start_tracing(
            endpoint="http://127.0.0.1:4317",
            service_name="s",
            service_version="1",
            sample_ratio=ratio,
            on_drop=lambda count: None,
        )
