"""Streams pass as they are written, and end when either side ends them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from google.api.httpbody_pb2 import HttpBody

from tests.edge.conftest import Edge, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = [b'data: {"n":%d,"text":"\xc3\xa9\\n<&>"}\n\n' % n for n in range(3)] + [b"data: [DONE]\n\n"]


def event(data: bytes) -> HttpBody:
    return HttpBody(content_type="text/event-stream", data=data)


async def test_each_event_is_there_before_the_next_is_written(edge: Edge) -> None:
    read = asyncio.Semaphore(1)

    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        for data in EVENTS:
            await read.acquire()
            yield event(data)

    edge.upstream.chat = chat
    received = []
    async with edge.rest.stream("POST", "/v1/chat/completions", json={"stream": True}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
        async for data in answer.aiter_raw():
            received.append(data)
            read.release()
    assert received == EVENTS


async def test_the_headers_of_a_stream_come_with_its_first_event(edge: Edge) -> None:
    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        await context.send_initial_metadata((("x-modelmuxer-model", "openai:gpt-6-luna"),))
        yield event(b"data: 1\n\n")

    edge.upstream.chat = chat
    answer = await edge.rest.post("/v1/chat/completions", json={})
    assert answer.headers["x-modelmuxer-model"] == "openai:gpt-6-luna"


async def test_a_body_of_every_byte_passes_both_ways_unchanged(edge: Edge) -> None:
    body = bytes(range(256)) * 4000
    answer = await edge.rest.post("/v1/chat/completions", content=body, headers={"content-type": "a/b"})
    assert answer.content == body


async def test_an_empty_body_passes(edge: Edge) -> None:
    answer = await edge.rest.post("/v1/chat/completions")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_long_answer_that_is_not_streamed_passes_whole(edge: Edge) -> None:
    assert (await edge.rest.get("/metrics/prometheus")).content == b"up 1\n" * 50_000


class Cancellation:
    """A chat that hangs, before or after its first event, and says when it was cancelled."""

    def __init__(self, first: bytes | None) -> None:
        self.first = first
        self.started = asyncio.Event()
        self.at = asyncio.get_running_loop().create_future()

    async def chat(self, request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        if self.first is not None:
            yield event(self.first)
        self.started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.at.set_result(time.perf_counter())
            raise


@pytest.mark.parametrize("first", [None, b"data: 1\n\n"])
async def test_a_client_that_leaves_cancels_the_call_within_100_ms(edge: Edge, first: bytes | None) -> None:
    hanging = Cancellation(first)
    edge.upstream.chat = hanging.chat
    _, writer = await asyncio.open_connection(edge.envoy.address.host, edge.envoy.address.port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n{}")
    await asyncio.wait_for(hanging.started.wait(), 5)
    left = time.perf_counter()
    writer.close()
    assert await asyncio.wait_for(hanging.at, 5) - left < 0.1


async def test_a_server_that_dies_in_mid_stream_does_not_look_like_one_that_finished(edge: Edge) -> None:
    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        yield event(EVENTS[0])
        raise RuntimeError("the-secret")

    edge.upstream.chat = chat
    answer = b""
    with contextlib.suppress(httpx.RemoteProtocolError):
        async with edge.rest.stream("POST", "/v1/chat/completions", json={}) as response:
            async for data in response.aiter_raw():
                answer += data
    assert answer == EVENTS[0]  # no [DONE]; the server writes an error event before it ends


async def test_clients_that_do_not_read_do_not_hold_up_the_others(edge: Edge) -> None:
    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        for _ in range(1 if request.data == b"reader" else 1000):
            yield event(b"x" * 16_000)

    edge.upstream.chat = chat
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n{}"
    with contextlib.ExitStack() as lazy:
        for _ in range(40):
            client = lazy.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((edge.envoy.address.host, edge.envoy.address.port))
            client.sendall(request)

        async def all_are_stuck() -> bool:
            return await edge.statistic("cluster.muxer.upstream_flow_control_paused_reading_total") >= 40

        await until(all_are_stuck)
        started = time.perf_counter()
        answer = await edge.rest.post("/v1/chat/completions", content=b"reader")
        assert (answer.status_code, len(answer.content)) == (200, 16_000)
        assert time.perf_counter() - started < 1
