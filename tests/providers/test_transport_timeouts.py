"""The transport port, for every adapter over real sockets: each wait has an end of its own kind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from muxer.ports import Transport, TransportFailed

from tests.providers.wire import CHUNKED, Hurried, Post, Serve, chunk, failure


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", CHUNKED], ids=["nothing", "half a head", "no body"])
async def test_an_answer_that_does_not_begin_fails_at_the_first_byte_timeout(
    http: Transport, serve: Serve, post: Post, hurried: Hurried, head: bytes
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(head)
        await connection.closed()

    server = await serve(script)

    assert await failure(http, post(server.url), hurried(first_byte=0.15, idle=0.01)) == ("first_byte", True)
    await server.ended.wait()


@pytest.mark.parametrize("together", [True, False], ids=["with the head", "after the head"])
async def test_an_answer_that_stalls_fails_at_the_idle_timeout(
    http: Transport, serve: Serve, post: Post, hurried: Hurried, together: bool
) -> None:
    head_seen = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        if together:
            await connection.send(CHUNKED + chunk(b"one"))
        else:
            await connection.send(CHUNKED)
            await head_seen.wait()
            await connection.send(chunk(b"one"))
        await connection.closed()

    server = await serve(script)
    received: list[bytes] = []

    async def receive() -> None:
        async with http.send(post(server.url), hurried(idle=0.15)) as response:
            head_seen.set()
            async for data in response.chunks():
                received.append(data)

    with pytest.raises(TransportFailed) as caught:
        await receive()

    assert (caught.value.kind, caught.value.sent) == ("idle", True)
    assert received == [b"one"]
    await server.ended.wait()


async def test_an_answer_that_drips_fails_at_the_total_timeout(
    http: Transport, serve: Serve, post: Post, hurried: Hurried
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        while not connection.reader.at_eof():
            await connection.send(chunk(b"."))
            await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.02))])

    server = await serve(script)

    assert await failure(http, post(server.url), hurried(idle=0.5, total=0.3)) == ("total", True)
