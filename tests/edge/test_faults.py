"""A server that hangs, is down, drains or dies; clients that dawdle."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.api.httpbody_pb2 import HttpBody

from tests.edge.conftest import Edge, Upstream, running_edge, until

UNAVAILABLE = {
    "error": {
        "message": "The server is not available.",
        "type": "service_unavailable",
        "code": "upstream_unavailable",
        "details": None,
    }
}
LATE = {
    "error": {
        "message": "The time allowed for the request is over.",
        "type": "timeout_error",
        "code": "deadline_exceeded",
        "details": None,
    }
}
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n{}"


async def hang(request: Any, context: Any) -> Any:
    await asyncio.Event().wait()


async def hang_in_chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
    await asyncio.Event().wait()
    yield HttpBody()


@asynccontextmanager
async def under_way(edge: Edge) -> AsyncIterator[None]:
    """While a chat is under way."""
    edge.upstream.seen.clear()
    _, writer = await asyncio.open_connection(edge.envoy.address.host, edge.envoy.address.port)
    writer.write(REQUEST)

    async def has_begun() -> bool:
        return bool(edge.upstream.seen)

    await until(has_begun)
    yield
    writer.close()


async def test_a_hung_server_is_a_504_in_our_shape(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    upstream.route, upstream.chat = hang, hang_in_chat
    async with (
        upstream.serving(),
        running_edge(run_dir, upstream, rpc_timeout_s=0.3, chat_idle_timeout_s=0.4) as edge,
    ):
        answers = await asyncio.gather(
            edge.rest.post("/v1/route", json={}), edge.rest.post("/v1/chat/completions", json={})
        )
    assert [(answer.status_code, answer.json()) for answer in answers] == [(504, LATE), (504, LATE)]


async def test_a_chat_may_last_longer_than_other_calls(run_dir: Path) -> None:
    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        for _ in range(5):
            await asyncio.sleep(0.1)
            yield HttpBody(content_type="text/event-stream", data=b"data: 1\n\n")

    upstream = Upstream(run_dir / "server.sock")
    upstream.chat = chat
    async with upstream.serving(), running_edge(run_dir, upstream, rpc_timeout_s=0.3) as edge:
        answer = await edge.rest.post("/v1/chat/completions", json={})
    assert answer.content == b"data: 1\n\n" * 5


async def test_a_server_that_is_down_is_a_503_until_it_is_back(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    async with AsyncExitStack() as stack:
        async with upstream.serving():
            edge = await stack.enter_async_context(running_edge(run_dir, upstream))
        for path in ("/v1/route", "/v1/chat/completions"):
            answer = await edge.rest.post(path, json={})
            assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, UNAVAILABLE, "1")
        async with upstream.serving():
            back = time.perf_counter()

            async def answers() -> bool:
                return (await edge.rest.post("/v1/route", json={})).status_code == 200

            await until(answers)
            assert time.perf_counter() - back < 2


async def test_a_server_that_says_it_is_not_serving_still_answers_for_itself(run_dir: Path) -> None:
    async def draining(request: Any, context: Any) -> HttpBody:
        await context.send_initial_metadata((("x-mm-http-status", "503"),))
        return HttpBody(content_type="application/json", data=b'{"status":"draining"}')

    upstream = Upstream(run_dir / "server.sock")
    async with upstream.serving(), running_edge(run_dir, upstream) as edge:
        await upstream.set_serving(False)

        async def envoy_has_noticed() -> bool:
            return await edge.statistic("cluster.muxer.membership_healthy") == 0

        await until(envoy_has_noticed)
        upstream.health = draining
        answer = await edge.rest.get("/health")
    assert (answer.status_code, answer.content) == (503, b'{"status":"draining"}')


async def test_no_request_is_lost_when_one_of_two_replicas_stops(run_dir: Path) -> None:
    replicas = [Upstream(run_dir / f"{number}.sock") for number in range(2)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(replicas[0].serving())
        async with replicas[1].serving():
            edge = await stack.enter_async_context(running_edge(run_dir, *replicas))
            before = [await edge.rest.post("/v1/route", json={}) for _ in range(40)]
        after = [await edge.rest.post("/v1/route", json={}) for _ in range(40)]
    assert {answer.status_code for answer in before + after} == {200}
    assert all(replica.seen for replica in replicas)


async def test_a_drain_lets_requests_finish_and_sends_clients_away(run_dir: Path) -> None:
    finish = asyncio.Event()

    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        yield HttpBody(content_type="text/event-stream", data=b"data: 1\n\n")
        await finish.wait()
        yield HttpBody(data=b"data: [DONE]\n\n")

    upstream = Upstream(run_dir / "server.sock")
    upstream.chat = chat
    async with upstream.serving(), running_edge(run_dir, upstream) as edge:
        async with edge.rest.stream("POST", "/v1/chat/completions", json={}) as stream:
            parts = stream.aiter_raw()
            received = [await anext(parts)]
            drain = asyncio.create_task(edge.envoy.drain(5))

            async def is_draining() -> bool:
                return "close" in (await edge.rest.get("/health")).headers.get("connection", "")

            await until(is_draining)
            assert not drain.done()
            finish.set()
            received += [part async for part in parts]
        await asyncio.wait_for(drain, 2)
    assert received == [b"data: 1\n\n", b"data: [DONE]\n\n"]


async def test_a_drain_does_not_wait_longer_than_it_may(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    upstream.chat = hang_in_chat
    async with upstream.serving(), running_edge(run_dir, upstream) as edge, under_way(edge):
        started = time.perf_counter()
        await edge.envoy.drain(0.2)
        assert 0.2 <= time.perf_counter() - started < 1


async def test_when_a_drain_has_waited_long_enough_no_more_clients_come_in_and_the_last_are_answered(
    run_dir: Path,
) -> None:
    finish = asyncio.Event()

    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        await finish.wait()
        yield HttpBody(content_type="application/json", data=b"{}")

    upstream = Upstream(run_dir / "server.sock")
    upstream.chat = chat
    async with upstream.serving(), running_edge(run_dir, upstream) as edge:
        asking = asyncio.create_task(edge.rest.post("/v1/chat/completions", json={}))
        drain = asyncio.create_task(edge.envoy.drain(0.5))

        async def nobody_comes_in() -> bool:
            try:
                _, writer = await asyncio.open_connection(edge.envoy.address.host, edge.envoy.address.port)
            except ConnectionError:
                return True
            writer.close()
            return False

        await until(nobody_comes_in)
        assert not drain.done()
        finish.set()
        answer = await asking
        await drain
    assert (answer.status_code, answer.content) == (200, b"{}")


@pytest.mark.parametrize("sent", [b"POST /v1/route HT", REQUEST[:-1]])
async def test_a_client_that_dawdles_is_sent_away(run_dir: Path, sent: bytes) -> None:
    upstream = Upstream(run_dir / "server.sock")
    async with upstream.serving(), running_edge(run_dir, upstream, header_timeout_s=0.2, body_timeout_s=0.3) as edge:
        answer = await edge.raw(sent)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer
    assert upstream.seen[1:] == []  # the first was the readiness probe


async def test_a_client_that_takes_nothing_of_its_answer_loses_it(run_dir: Path) -> None:
    given_up = asyncio.Event()

    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        try:
            for _ in range(1000):
                yield HttpBody(content_type="text/event-stream", data=b"x" * 16_000)
        finally:
            given_up.set()

    upstream = Upstream(run_dir / "server.sock")
    upstream.chat = chat
    async with upstream.serving(), running_edge(run_dir, upstream, write_timeout_s=0.3) as edge:
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect((edge.envoy.address.host, edge.envoy.address.port))
            lazy.sendall(REQUEST)
            await asyncio.wait_for(given_up.wait(), 5)
        reset = await edge.statistic("http.edge.downstream_cx_destroy_remote_active_rq")
    assert reset == 1


async def test_connections_beyond_the_limit_are_closed_and_the_others_served(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    async with upstream.serving(), running_edge(run_dir, upstream, max_connections=2) as edge:
        address = edge.envoy.address
        kept = [await asyncio.open_connection(address.host, address.port) for _ in range(2)]

        async def both_are_open() -> bool:
            return await edge.statistic("http.edge.downstream_cx_active") == 2

        await until(both_are_open)
        with pytest.raises(httpx.TransportError):
            await edge.rest.get("/health")
        kept[0][1].write(b"GET /health HTTP/1.1\r\nhost: h\r\n\r\n")
        assert (await kept[0][0].readline()).startswith(b"HTTP/1.1 200 ")
        for _, writer in kept:
            writer.close()


async def test_requests_beyond_the_limit_are_503(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    upstream.chat = hang_in_chat
    async with upstream.serving(), running_edge(run_dir, upstream, max_streams=1) as edge, under_way(edge):
        answer = await edge.rest.post("/v1/route", json={})
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, UNAVAILABLE, "1")
