"""The transport port, for every adapter over real sockets: what is an answer, and what is not."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest
from muxer.ports import Transport, TransportFailed

from tests.providers.wire import CHUNKED, PATIENT, Post, Serve, answering, chunk, failure, ok, whole


async def test_the_answer_comes_with_status_lower_case_headers_and_body(
    http: Transport, serve: Serve, post: Post
) -> None:
    server = await serve(
        answering(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nX-Request-Id: r1\r\nContent-Length: 4\r\n\r\nwait")
    )

    async with http.send(post(server.url), PATIENT) as response:
        body = await response.read(100)

    assert response.status == 429
    assert dict(response.headers) == {"retry-after": "7", "x-request-id": "r1", "content-length": "4"}
    assert body == b"wait"


async def test_the_request_arrives_as_it_was_given_and_asks_for_no_compression(
    http: Transport, serve: Serve, post: Post
) -> None:
    server = await serve(answering(ok(b"")))
    body = b'{"text": "' + "ü".encode() * 700_000 + b'"}'  # more than a socket buffer and aiohttp's limit

    await whole(http, post(server.url + "/v1/a%2Fb:c?alt=sse", body, authorization="Bearer k"))

    head, received = server.requests[0]
    assert received == body
    assert head.startswith("POST /v1/a%2Fb:c?alt=sse HTTP/1.1\r\n")
    assert sorted(line.lower() for line in head.split("\r\n")[1:] if line and line != "connection: close") == [
        "accept-encoding: identity",
        "authorization: bearer k",
        f"content-length: {len(body)}",
        "content-type: application/json",
        f"host: {server.url.removeprefix('http://')}",
        "user-agent: modelmuxer",
    ]


async def test_bytes_are_handed_on_as_they_arrive(http: Transport, serve: Serve, post: Post) -> None:
    seen = asyncio.Queue[bytes]()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        for data in (b"one", b"two", b"three"):
            await connection.send(chunk(data))
            assert await seen.get() == data  # nothing more is sent until this was seen
        await connection.send(b"0\r\n\r\n")

    server = await serve(script)
    async with http.send(post(server.url), PATIENT) as response:
        async for data in response.chunks():
            seen.put_nowait(data)

    assert seen.empty()


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, gzip"])
async def test_a_compressed_answer_is_refused_unread(http: Transport, serve: Serve, post: Post, encoding: str) -> None:
    server = await serve(answering(ok(gzip.compress(b"x" * 10**6), f"content-encoding: {encoding}\r\n")))

    assert await failure(http, post(server.url)) == ("protocol", True)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        CHUNKED,
        CHUNKED + chunk(b"whole"),
        CHUNKED + b"a\r\nhalf",
    ],
    ids=["nothing", "half a head", "short of its length", "no chunk", "no last chunk", "half a chunk"],
)
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_an_answer_that_is_cut_short_is_never_whole(
    http: Transport, serve: Serve, post: Post, answer: bytes, reset: bool
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(answer)
        if reset:
            connection.reset()

    server = await serve(script)

    assert await failure(http, post(server.url)) == ("cut", True)


async def test_what_came_before_the_cut_is_handed_on(http: Transport, serve: Serve, post: Post) -> None:
    seen = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one"))
        await seen.wait()
        connection.reset()

    server = await serve(script)
    received: list[bytes] = []

    async def receive() -> None:
        async with http.send(post(server.url), PATIENT) as response:
            async for data in response.chunks():
                received.append(data)
                seen.set()

    with pytest.raises(TransportFailed, match="connection broke"):
        await receive()

    assert received == [b"one"]


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * 1_000_000)[:500],
        CHUNKED + chunk(b"x" * 60) + chunk(b"x" * 60),
        ok(b"").replace(b": 0", b": 99999999999999999999"),
    ],
    ids=["announced", "unannounced", "absurd"],
)
async def test_an_answer_over_the_limit_is_given_up(http: Transport, serve: Serve, post: Post, answer: bytes) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(answer)
        await connection.closed()

    server = await serve(script)
    kind, sent = await failure(http, post(server.url), limit=100)

    assert kind in ("too_large", "protocol")
    assert sent
    await server.ended.wait()


async def test_an_answer_of_exactly_the_limit_is_read(http: Transport, serve: Serve, post: Post) -> None:
    server = await serve(answering(ok(b"x" * 100)))

    assert await whole(http, post(server.url), limit=100) == b"x" * 100


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
    ids=["another protocol", "no status", "no header", "two lengths", "no chunk size", "huge header"],
)
async def test_what_is_not_http_is_a_protocol_failure(http: Transport, serve: Serve, post: Post, answer: bytes) -> None:
    server = await serve(answering(answer))

    assert await failure(http, post(server.url)) == ("protocol", True)
