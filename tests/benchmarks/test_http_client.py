"""The client that generates HTTP load knows a whole answer from any other, however its bytes are cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from benchmarks.gateway.http_client import HttpClient
from benchmarks.gateway.load import Job

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\ndata: 1\r\n10\r\n\n\ndata: [DONE]\n\n\r\n0\r\n\r\n"


async def exchange(pieces: Sequence[bytes], *, messages: int = 0) -> float:
    """Sends one request to a server that answers in these pieces, each a packet of its own, and then hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len("{}"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        job = Job(server.sockets[0].getsockname()[1], b"{}", messages, concurrency=1, seconds=1.0, warm_up=0)
        client = await HttpClient.connect(job)
        try:
            return await asyncio.wait_for(client.exchange(0), 5)
        finally:
            await client.close()


@pytest.mark.parametrize("cut", range(0, len(STREAM), 7))
async def test_a_stream_is_whole_however_it_is_cut(cut):
    assert await exchange([STREAM[:cut], STREAM[cut:]], messages=1) > 0


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 7))
async def test_a_whole_answer_is_whole_however_it_is_cut(cut):
    assert await exchange([WHOLE[:cut], WHOLE[cut:]]) > 0


@pytest.mark.parametrize(
    ("pieces", "messages"),
    [
        ([b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"], 0),
        ([WHOLE[:-1]], 0),
        ([STREAM[:-1]], 1),
        ([STREAM.replace(b"[DONE]", b"[OVER]")], 1),
    ],
    ids=["an error", "a whole one cut short", "a stream cut short", "a stream without its end"],
)
async def test_anything_but_a_whole_answer_fails_the_measurement(pieces, messages):
    with pytest.raises(RuntimeError):
        await exchange(pieces, messages=messages)
