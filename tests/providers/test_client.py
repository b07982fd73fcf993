"""A dialect over a transport, against raw sockets: what the caller of a provider gets, whatever the provider does."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from muxer.errors import ProviderFailed, Reason
from muxer.ports import Timeouts, Transport
from muxer.providers.client import MAX_ERROR_BYTES, HttpProviderClient
from muxer.providers.transport import transport
from muxer.types.chat import ChatChunk, ChatRequest, ImagePart, Message, Usage

from tests.providers.calls import USER
from tests.providers.capture import GOLDENS
from tests.providers.wire import CHUNKED, PATIENT, Anyone, Hurried, Place, Serve, answering, chunk, ok

REQUEST = ChatRequest((USER,))
TEXT = (GOLDENS / "openai/text.sse").read_bytes()
EVENTS = [event + b"\n\n" for event in TEXT.split(b"\n\n") if event]


@pytest.fixture
def client(http: Transport) -> HttpProviderClient:
    return HttpProviderClient(http)


async def batches(client: HttpProviderClient, place: Place, timeouts: Timeouts = PATIENT) -> list[list[ChatChunk]]:
    async with client.stream(REQUEST, *place, timeouts) as arriving:
        return [list(chunks) async for chunks in arriving]


def texts(chunks: list[ChatChunk]) -> str:
    return "".join(choice.delta.content for chunk in chunks for choice in chunk.choices)


async def test_a_whole_answer_comes_back_as_the_dialect_reads_it(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    server = await serve(answering(ok((GOLDENS / "openai/text.json").read_bytes())))
    answer = await client.complete(REQUEST, *anyone("openai", server.url), PATIENT)

    assert answer.choices[0].message.content == "Grüße aus Zürich 😀!"
    assert [head.split(" ")[1] for head, _ in server.requests] == ["/chat/completions"]


async def test_chunks_that_arrive_together_leave_together_and_at_once(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    seen = asyncio.Queue[str]()
    reads = [b"".join(EVENTS[:3]), EVENTS[3][:20], EVENTS[3][20:] + EVENTS[4], b"".join(EVENTS[5:])]

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(reads[0]))
        assert await seen.get() == "Grüße aus Zürich 😀"
        await connection.send(chunk(reads[1]))
        await connection.send(chunk(reads[2]))
        assert await seen.get() == "!"
        await connection.send(chunk(reads[3]) + b"0\r\n\r\n")

    server = await serve(script)
    async with client.stream(REQUEST, *anyone("openai", server.url), PATIENT) as arriving:
        async for chunks in arriving:
            if text := texts(list(chunks)):
                seen.put_nowait(text)

    await server.ended.wait()


async def test_the_stream_ends_with_its_terminator_and_not_with_the_connection(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(TEXT))
        await connection.closed()

    server = await serve(script)
    got = await batches(client, anyone("openai", server.url))

    assert texts(got[0]) == "Grüße aus Zürich 😀!"
    await asyncio.wait_for(server.ended.wait(), 2.0)


async def test_a_finished_stream_leaves_its_connection_for_the_next_request(serve: Serve, anyone: Anyone) -> None:
    server = await serve(answering(CHUNKED + chunk(TEXT) + b"0\r\n\r\n", times=2))
    pool = transport("aiohttp")
    for _ in range(2):
        await batches(HttpProviderClient(pool), anyone("openai", server.url))
    await pool.close()

    assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (429, b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}', Reason.RATE_LIMIT_EXCEEDED),
        (503, b"<html>", Reason.PROVIDER_UNAVAILABLE),
        (302, b"", Reason.PROVIDER_ERROR),
        (500, b"x" * (MAX_ERROR_BYTES + 1), Reason.PROVIDER_ERROR),
    ],
)
async def test_any_other_status_is_a_failure(
    client: HttpProviderClient, serve: Serve, anyone: Anyone, status: int, body: bytes, reason: Reason, streamed: bool
) -> None:
    lines = [f"HTTP/1.1 {status} X", "location: http://127.0.0.1:9/", "retry-after: 3", f"content-length: {len(body)}"]
    server = await serve(answering("\r\n".join([*lines, "", ""]).encode() + body))
    place = anyone("openai", server.url)
    with pytest.raises(ProviderFailed) as caught:
        await (batches(client, place) if streamed else client.complete(REQUEST, *place, PATIENT))

    failure = caught.value
    assert (failure.reason, failure.status, failure.retry_after_s, failure.sent) == (reason, status, 3.0, True)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_provider_that_cannot_be_reached_fails_unsent(
    client: HttpProviderClient, anyone: Anyone, streamed: bool
) -> None:
    place = anyone("openai", "http://no-such-host.invalid/v1")
    with pytest.raises(ProviderFailed, match="openai cannot be reached: no connection") as caught:
        await (batches(client, place) if streamed else client.complete(REQUEST, *place, PATIENT))

    failure = caught.value
    assert (failure.reason, failure.retryable, failure.failover) == (Reason.PROVIDER_UNAVAILABLE, True, True)
    assert (failure.sent, failure.status, failure.provider_code) == (False, None, "connect")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (b"", "first_byte", Reason.DEADLINE_EXCEEDED),
        (CHUNKED + chunk(EVENTS[0]), "idle", Reason.DEADLINE_EXCEEDED),
    ],
)
async def test_a_provider_that_hangs_has_timed_out(
    client: HttpProviderClient,
    serve: Serve,
    anyone: Anyone,
    hurried: Hurried,
    answer: bytes,
    code: str,
    reason: Reason,
    streamed: bool,
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(answer)
        await connection.closed()

    server = await serve(script)
    place, waits = anyone("openai", server.url), hurried(first_byte=0.1, idle=0.1)
    with pytest.raises(ProviderFailed) as caught:
        await (batches(client, place, waits) if streamed else client.complete(REQUEST, *place, waits))

    assert (caught.value.provider_code, caught.value.reason, caught.value.sent) == (code, reason, True)


async def received(client: HttpProviderClient, place: Place) -> tuple[list[ChatChunk], ProviderFailed | None]:
    got: list[ChatChunk] = []
    try:
        async with client.stream(REQUEST, *place, PATIENT) as arriving:
            async for chunks in arriving:
                got += chunks
    except ProviderFailed as failure:
        return got, failure
    return got, None


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_stream_that_is_cut_fails_after_what_came(
    client: HttpProviderClient, serve: Serve, anyone: Anyone, reset: bool
) -> None:
    sent = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"".join(EVENTS[:3])))
        await sent.wait()
        if reset:
            connection.reset()

    server = await serve(script)
    got: list[ChatChunk] = []

    async def receive() -> None:
        async with client.stream(REQUEST, *anyone("openai", server.url), PATIENT) as arriving:
            async for chunks in arriving:
                got.extend(chunks)
                sent.set()

    with pytest.raises(ProviderFailed, match="the connection broke") as caught:
        await receive()

    assert (texts(got), caught.value.provider_code) == ("Grüße aus Zürich 😀", "cut")


async def test_a_stream_that_ends_properly_but_too_soon_is_incomplete(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    server = await serve(answering(CHUNKED + chunk(b"".join(EVENTS[:3])) + b"0\r\n\r\n"))
    got, failure = await received(client, anyone("openai", server.url))

    assert failure is not None
    assert (texts(got), failure.message) == ("Grüße aus Zürich 😀", "openai failed: incomplete stream")


async def test_usage_that_was_reported_before_a_failure_is_not_lost(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    stream = (GOLDENS / "anthropic/text.sse").read_bytes().split(b"event: message_delta")[0]
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    server = await serve(answering(CHUNKED + chunk(stream + error) + b"0\r\n\r\n"))
    got, failure = await received(client, anyone("anthropic", server.url))

    assert failure is not None
    assert failure.reason is Reason.PROVIDER_UNAVAILABLE
    assert texts(got) == "Grüße aus Zürich 😀!"
    assert [chunk.usage for chunk in got if chunk.usage] == [Usage(2110, 1, 1800, 100)]


async def test_a_stream_longer_than_was_asked_for_is_given_up(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 10_000 + b'"}}]}\n\n'

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        while not connection.reader.at_eof():
            await connection.send(chunk(event))

    server = await serve(script)
    provider, model = anyone("openai", server.url)
    model = msgspec.structs.replace(model, max_output_tokens=100)
    got, failure = await received(client, (provider, model))

    assert failure is not None
    assert "longer than the request allows" in failure.message
    assert len(texts(got)) < 100 * 8 + (1 << 16) + 200_000


async def test_leaving_a_stream_closes_the_connection_at_once(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(EVENTS[1]))
        await connection.closed()

    server = await serve(script)
    async with client.stream(REQUEST, *anyone("openai", server.url), PATIENT) as arriving:
        await anext(aiter(arriving))

    await asyncio.wait_for(server.ended.wait(), 2.0)


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelling_a_call_closes_the_connection_at_once(
    client: HttpProviderClient, serve: Serve, anyone: Anyone, streamed: bool
) -> None:
    waiting = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(EVENTS[0]))
        waiting.set()
        await connection.closed()

    server = await serve(script)
    place = anyone("openai", server.url)
    call = batches(client, place) if streamed else client.complete(REQUEST, *place, PATIENT)
    task: asyncio.Task[Any] = asyncio.ensure_future(call)
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.wait_for(server.ended.wait(), 2.0)


async def test_what_a_provider_cannot_say_fails_before_anything_is_sent(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    server = await serve(answering(ok(b"")))
    with pytest.raises(ProviderFailed, match="anthropic does not support `n`") as caught:
        await client.complete(ChatRequest((USER,), n=2), *anyone("anthropic", server.url), PATIENT)

    failure = caught.value
    assert (failure.reason, failure.field) == (Reason.UNSUPPORTED_PARAMETER, "n")
    assert (failure.failover, failure.retryable, failure.sent) == (True, False, False)
    assert server.connections == 0


async def test_a_very_long_answer_is_streamed_by_the_provider_and_put_together(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    stream = (GOLDENS / "anthropic/text.sse").read_bytes()
    server = await serve(answering(CHUNKED + chunk(stream) + b"0\r\n\r\n"))
    request = ChatRequest((USER,), max_tokens=21_334)
    answer = await client.complete(request, *anyone("anthropic", server.url), PATIENT)

    assert msgspec.json.decode(server.requests[0][1])["stream"] is True
    assert answer.choices[0].message.content == "Grüße aus Zürich 😀!"


async def test_pictures_by_address_are_never_fetched_by_us(
    client: HttpProviderClient, serve: Serve, anyone: Anyone
) -> None:
    canary = await serve(answering(ok(b"")))
    server = await serve(answering(ok((GOLDENS / "openai/text.json").read_bytes())))
    request = ChatRequest((Message("user", parts=(ImagePart(canary.url + "/a.png"),)),))
    await client.complete(request, *anyone("openai", server.url), PATIENT)

    assert canary.connections == 0
