"""Every fault does on the wire exactly what it says."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from muxer.simulator import Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire

CHAT = "/openai/v1/chat/completions"


def body(scenario: str, **fields: Any) -> dict[str, Any]:
    message = {"role": "user", "content": f"Hello there. [[simulate:{scenario}]]"}
    return {"model": "gpt-4o-mini", "messages": [message], **fields}


def texts(events: list[bytes]) -> str:
    """The text in the data lines of these events."""
    found = []
    for event in events:
        for line in event.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                found.append(choices[0]["delta"].get("content") or "" if choices else "")
    return "".join(found)


async def turns(http: httpx.AsyncClient) -> None:
    """Gives the simulator time to do what it would: it answers another connection, several times over."""
    for _ in range(3):
        await http.get("/_sim/health")


async def plain_text(http: httpx.AsyncClient, scenario: str) -> str:
    """What the same request is answered with, without its fault."""
    answer = await http.post(CHAT, json=body(scenario), headers={"x-simulate": "ok"})
    return str(answer.json()["choices"][0]["message"]["content"])


async def test_before_the_headers_nothing_comes(wire: Wire, sim: Simulator, http: httpx.AsyncClient) -> None:
    wire.chat("hang_before_headers", stream=True)
    first = asyncio.ensure_future(wire.reader.read(1))
    await turns(http)
    assert not first.done()

    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)
    assert (call.scenario, call.status, call.billed.total) == ("hang_before_headers", 0, 0)
    first.cancel()


async def test_a_slow_first_byte_waits_for_its_gate_and_then_comes(
    wire: Wire, sim: Simulator, http: httpx.AsyncClient
) -> None:
    wire.chat("slow_first_byte;gate=g", stream=False)
    first = asyncio.ensure_future(wire.head())
    await turns(http)
    assert not first.done()

    sim.gates.open("g")
    assert (await first)[0] == 200


async def test_a_slow_first_byte_takes_as_long_as_scripted(http: httpx.AsyncClient) -> None:
    before = time.monotonic()
    await http.post(CHAT, json=body("slow_first_byte;seconds=0.05"))

    assert time.monotonic() - before >= 0.05


async def test_a_whole_answer_is_billed_even_when_nobody_waits_for_it(wire: Wire, sim: Simulator) -> None:
    wire.chat("slow_first_byte;gate=never", stream=False)
    await sim.record.wait_for(lambda call: call.scenario.startswith("slow_first_byte"))
    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)

    assert call.billed.output > 0
    assert call.billed.total == sim.record.bill.total.prompt_tokens + sim.record.bill.total.completion_tokens


async def test_a_gated_stream_sends_one_event_and_waits(wire: Wire, sim: Simulator, http: httpx.AsyncClient) -> None:
    wire.chat("gated;gate=g", stream=True)
    await wire.head()
    first = await wire.chunk()
    second = asyncio.ensure_future(wire.chunk())
    await turns(http)
    assert not second.done()
    assert b'"role":"assistant"' in first

    sim.gates.open("g")
    assert b'"content":"Simulated"' in await second
    assert (await wire.chunks())[-1] == b"data: [DONE]\n\n"


async def test_a_gate_opens_over_http(wire: Wire, http: httpx.AsyncClient) -> None:
    wire.chat("gated;gate=h", stream=False)
    answer = asyncio.ensure_future(wire.head())
    opened = await http.post("/_sim/gates/h")

    assert (opened.status_code, (await answer)[0]) == (204, 200)


async def test_a_stream_that_hangs_midway_sends_so_many_events_and_no_more(
    wire: Wire, sim: Simulator, http: httpx.AsyncClient
) -> None:
    wire.chat("hang_mid_stream;after=4", stream=True)
    await wire.head()
    events = [await wire.chunk() for _ in range(4)]
    more = asyncio.ensure_future(wire.chunk())
    await turns(http)
    assert not more.done()
    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)

    assert texts(events) == "Simulated answer by"
    assert (call.events_sent, call.billed.output) == (4, 3)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await more


async def test_an_error_in_the_midst_ends_the_stream_without_its_terminator(wire: Wire, sim: Simulator) -> None:
    wire.chat("error_mid_stream;after=3;kind=rate_limit", stream=True)
    await wire.head()
    events = await wire.chunks()

    assert len(events) == 4
    assert json.loads(events[-1][6:])["error"]["code"] == "rate_limit_exceeded"
    assert sim.record.last.billed.output == 2


async def test_an_error_before_the_first_token_costs_nothing(wire: Wire, sim: Simulator) -> None:
    wire.chat("error_before_first_token", stream=True)
    status, _ = await wire.head()
    events = await wire.chunks()

    assert (status, len(events), texts(events[:1])) == (200, 2, "")
    assert b'"error"' in events[1]
    assert sim.record.bill.total.calls == 0


async def test_anthropic_bills_the_prompt_that_it_reported_before_it_failed(wire: Wire, sim: Simulator) -> None:
    message = {"role": "user", "content": "Hello there. [[simulate:error_before_first_token]]"}
    wire.ask("/anthropic/v1/messages", {"model": "m", "max_tokens": 99, "messages": [message], "stream": True})
    await wire.head()
    events = await wire.chunks()

    assert events[0].split(b"\n")[0] == b"event: message_start"
    assert events[-1].split(b"\n")[0] == b"event: error"
    usage = json.loads(events[0].split(b"data: ")[1])["message"]["usage"]
    assert (usage["input_tokens"], 0) == (sim.record.last.billed.prompt, sim.record.last.billed.output)


async def test_a_truncated_stream_ends_cleanly_without_its_terminator(wire: Wire) -> None:
    wire.chat("truncated;after=6", stream=True)
    await wire.head()
    events = await wire.chunks()

    assert len(events) == 6
    assert b"[DONE]" not in b"".join(events)
    assert b'"finish_reason":"' not in b"".join(events)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reset_is_a_reset(wire: Wire, stream: bool) -> None:
    wire.chat("reset_mid_stream", stream=stream)
    with pytest.raises(ConnectionResetError):
        await wire.reader.read()


@pytest.mark.parametrize("scenario", ["truncated", "hang_up_mid_stream"])
async def test_a_truncated_body_is_shorter_than_announced(wire: Wire, scenario: str) -> None:
    wire.chat(scenario, stream=False)
    _, headers = await wire.head()
    rest = await wire.reader.read()

    assert int(headers["content-length"]) // 2 == len(rest)


async def test_a_stream_may_lose_its_connection_without_the_last_chunk(wire: Wire) -> None:
    wire.chat("hang_up_mid_stream;after=2", stream=True)
    await wire.head()
    rest = await wire.reader.read()

    assert rest.count(b"data: ") == 2
    assert not rest.endswith(b"0\r\n\r\n")


async def test_a_body_that_hangs_midway_was_begun(wire: Wire, sim: Simulator) -> None:
    wire.chat("hang_mid_stream", stream=False)
    _, headers = await wire.head()
    await wire.reader.readexactly(int(headers["content-length"]) // 2)
    wire.writer.transport.abort()

    assert (await sim.record.wait_for(lambda call: call.aborted)).billed.output > 0


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("scenario", "content_type", "beginning"),
    [("malformed_json", "text/html", b"<!doctype html>"), ("empty_200", "application/json", b"")],
)
async def test_what_is_no_answer_comes_with_a_200_and_costs_nothing(
    http: httpx.AsyncClient, sim: Simulator, scenario: str, content_type: str, beginning: bytes, stream: bool
) -> None:
    answer = await http.post(CHAT, json=body(scenario, stream=stream))

    assert (200, content_type) == (answer.status_code, answer.headers["content-type"])
    assert beginning == answer.content[:15]
    assert sim.record.bill.total.calls == 0


async def test_a_malformed_event_is_followed_by_the_rest(wire: Wire) -> None:
    wire.chat("malformed_event;after=2", stream=True)
    await wire.head()
    events = await wire.chunks()

    with pytest.raises(json.JSONDecodeError):
        json.loads(events[2].removeprefix(b"data: "))
    assert events[3].startswith(events[2].rstrip(b"\n"))
    assert events[-1] == b"data: [DONE]\n\n"


@pytest.mark.parametrize("scenario", ["malformed_event", "truncated_utf8"])
async def test_a_malformed_body_has_the_length_it_announces(http: httpx.AsyncClient, scenario: str) -> None:
    answer = await http.post(CHAT, json=body(scenario))

    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.content)


async def test_a_length_that_is_too_long_ends_early(wire: Wire) -> None:
    wire.chat("wrong_content_length;kind=long", stream=False)
    _, headers = await wire.head()
    rest = await wire.reader.read()

    assert int(headers["content-length"]) == len(rest) + 100
    assert json.loads(rest)["object"] == "chat.completion"


async def test_a_length_that_is_too_short_is_followed_by_a_smuggled_answer(wire: Wire) -> None:
    wire.chat("wrong_content_length;kind=short", stream=False)
    _, headers = await wire.head()
    await wire.reader.readexactly(int(headers["content-length"]))
    leftover = await wire.reader.readuntil(b'{"smuggled":true}')

    assert b"HTTP/1.1 200 OK" in leftover
    wire.chat("ok", stream=False)
    assert (await wire.head())[0] == 200


async def test_a_length_may_come_along_with_chunks(wire: Wire) -> None:
    wire.chat("wrong_content_length;kind=chunked", stream=False)
    _, headers = await wire.head()

    assert (headers["content-length"], headers["transfer-encoding"]) == ("5", "chunked")
    assert json.loads(b"".join(await wire.chunks()))["object"] == "chat.completion"


async def test_a_huge_body_has_the_size_that_was_scripted(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body("huge_body;mb=2"))

    assert len(answer.content) == 2 * 1_048_576 + 9


async def test_an_endless_stream_repeats_itself_up_to_its_limit(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body("endless;mb=1", stream=True))

    assert 1_048_576 < len(answer.content) < 2 * 1_048_576
    assert b"[DONE]" not in answer.content


@pytest.mark.parametrize(
    ("scenario", "encoding", "unpacked"),
    [
        ("gzip_bomb;mb=3", "gzip", lambda data: zlib.decompress(data, 31)),
        ("gzip_bomb;mb=3;encoding=deflate", "deflate", zlib.decompress),
        ("gzip_bomb;mb=3;chain=2", "gzip, gzip", lambda data: zlib.decompress(zlib.decompress(data, 31), 31)),
    ],
)
async def test_a_bomb_is_small_on_the_wire_and_large_inside(
    wire: Wire, scenario: str, encoding: str, unpacked: Callable[[bytes], bytes]
) -> None:
    wire.chat(scenario, stream=False)
    _, headers = await wire.head()
    data = await wire.reader.readexactly(int(headers["content-length"]))

    assert encoding == headers["content-encoding"]
    assert len(data) < 10_000
    assert unpacked(data) == b" " * 3 * 1_048_576


async def test_a_redirect_leads_to_a_place_that_records_who_follows(http: httpx.AsyncClient, sim: Simulator) -> None:
    answer = await http.post(CHAT, json=body("redirect;status=307"))
    assert (answer.status_code, len([call for call in sim.record.calls if call.provider == "redirected"])) == (307, 0)

    await http.get(answer.headers["location"])
    assert sim.record.last.provider == "redirected"


async def test_a_kept_connection_breaks_when_the_next_request_comes(wire: Wire) -> None:
    wire.chat("keepalive_race", stream=False)
    _, headers = await wire.head()
    await wire.reader.readexactly(int(headers["content-length"]))
    wire.chat("ok", stream=False)

    with pytest.raises(ConnectionResetError):
        await wire.reader.readexactly(1)


@pytest.mark.parametrize(
    "scenario", ["keepalive_comments", "crlf", "cr", "mixed_newlines", "bom", "long_line", "usage_twice"]
)
async def test_unusual_but_legal_streams_say_the_same(wire: Wire, http: httpx.AsyncClient, scenario: str) -> None:
    expected = await plain_text(http, scenario)
    wire.chat(scenario, stream=True)
    await wire.head()
    whole = b"".join(await wire.chunks())

    assert expected == texts([whole.removeprefix(b"\xef\xbb\xbf")])
    assert whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("scenario", "sign"),
    [
        ("keepalive_comments", lambda data: data.startswith(b": keep-alive\n\n")),
        ("crlf", lambda data: data.count(b"\r\n") == data.count(b"\n") > 2),
        ("cr", lambda data: b"\n" not in data and data.endswith(b"\r\r")),
        ("mixed_newlines", lambda data: 0 < data.count(b"\r\n") < data.count(b"\n")),
        ("bom", lambda data: data.startswith(b"\xef\xbb\xbfdata: ")),
        ("several_data_lines", lambda data: data.startswith(b'data: {\ndata: "id"')),
        ("missing_blank_line", lambda data: data.count(b"\n\n") == data.count(b"data: ") - 1),
        ("long_line", lambda data: max(map(len, data.split(b"\n"))) > 1_048_576),
        ("long_line;bytes=5000", lambda data: 5_000 < max(map(len, data.split(b"\n"))) < 6_000),
        ("end_twice", lambda data: data.endswith(b"data: [DONE]\n\ndata: [DONE]\n\n")),
    ],
)
async def test_unusual_streams_are_written_as_they_say(
    wire: Wire, scenario: str, sign: Callable[[bytes], bool]
) -> None:
    wire.chat(scenario, stream=True)
    await wire.head()

    assert sign(b"".join(await wire.chunks()))


async def test_split_bytes_sends_each_byte_in_a_chunk_of_its_own(wire: Wire, http: httpx.AsyncClient) -> None:
    expected = await http.post(CHAT, json=body("split_bytes"))
    wire.chat("split_bytes", stream=True)
    await wire.head()
    chunks = await wire.chunks()

    assert {1} == {len(chunk) for chunk in chunks}
    assert expected.json()["choices"][0]["message"]["content"] == texts([b"".join(chunks)])
    assert "東京" in texts([b"".join(chunks)])


@pytest.mark.parametrize("stream", [True, False])
async def test_slow_bytes_come_one_by_one(wire: Wire, stream: bool) -> None:
    wire.chat("slow_bytes;seconds=0.01", stream=stream)
    await wire.head()
    before = time.monotonic()
    for _ in range(3):
        await (wire.chunk() if stream else wire.reader.readexactly(1))

    assert time.monotonic() - before > 0.015


async def test_a_stream_can_end_in_the_midst_of_a_character(wire: Wire) -> None:
    wire.chat("truncated_utf8", stream=True)
    await wire.head()
    whole = b"".join(await wire.chunks())

    with pytest.raises(UnicodeDecodeError):
        whole.decode()
    assert whole[-1] >= 0x80


@pytest.mark.parametrize("stream", [True, False])
async def test_half_a_surrogate_pair_comes_as_an_escape(http: httpx.AsyncClient, stream: bool) -> None:
    answer = await http.post(CHAT, json=body("lone_surrogate", stream=stream))

    assert answer.content.count(b"\\ud83d") == 1


@pytest.mark.parametrize(
    ("scenario", "holds"),
    [
        ("usage_missing", lambda usage, billed: usage is None),
        ("usage_absurd", lambda usage, billed: usage["completion_tokens"] == 10**12),
        ("usage_negative", lambda usage, billed: usage["prompt_tokens"] == -billed.prompt),
        (
            "usage_contradictory",
            lambda usage, billed: usage["prompt_tokens_details"]["cached_tokens"] > usage["prompt_tokens"],
        ),
    ],
)
async def test_usage_can_lie_while_the_bill_stays_true(
    http: httpx.AsyncClient, sim: Simulator, scenario: str, holds: Callable[[Any, Any], bool]
) -> None:
    usage = (await http.post(CHAT, json=body(scenario))).json().get("usage")
    streamed = await http.post(CHAT, json=body(scenario, stream=True, stream_options={"include_usage": True}))

    billed = sim.record.last.billed
    assert billed.prompt > 0 < billed.output
    assert holds(usage, billed)
    last = json.loads(streamed.text.split("\n\n")[-3].removeprefix("data: "))
    assert holds(last["usage"], billed)


async def test_usage_twice_repeats_the_usage_and_nothing_else(http: httpx.AsyncClient) -> None:
    options = {"include_usage": True}
    answer = await http.post(CHAT, json=body("usage_twice", stream=True, stream_options=options))

    events = answer.text.split("\n\n")
    assert events[-3] == events[-4] != events[-5]


async def test_a_long_stream_has_so_many_tokens(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body("long_stream;events=2000", stream=True))

    assert answer.text.count('"content":"') - 1 == 2_000


async def test_a_stream_keeps_its_pace(wire: Wire) -> None:
    wire.chat("ok;pace=0.01", stream=True)
    await wire.head()
    before = time.monotonic()
    for _ in range(4):
        await wire.chunk()

    assert time.monotonic() - before > 0.025


async def test_a_key_fails_so_many_times_and_then_succeeds(http: httpx.AsyncClient) -> None:
    async def status(scenario: str) -> int:
        return (await http.post(CHAT, json=body(scenario))).status_code

    assert [await status("fail_times=2;key=a;status=503") for _ in range(4)] == [503, 503, 200, 200]
    assert await status("fail_times=2;key=b;status=429") == 429


async def test_a_marker_for_one_provider_leaves_the_others_alone(http: httpx.AsyncClient) -> None:
    async def statuses(scenario: str) -> tuple[int, int]:
        asked = body(scenario, max_tokens=50)
        version = {"anthropic-version": "2023-06-01"}
        answers: list[Awaitable[httpx.Response]] = [
            http.post(CHAT, json=asked),
            http.post("/anthropic/v1/messages", json=asked, headers=version),
        ]
        first, second = await asyncio.gather(*answers)
        return first.status_code, second.status_code

    assert await statuses("503;provider=openai") == (503, 200)
    assert await statuses("529;provider=anthropic") == (200, 529)
    assert await statuses("500;model=gpt-4o-mini") == (500, 500)
    assert await statuses("500;model=other") == (200, 200)


async def test_a_standing_scenario_holds_until_it_is_lifted(http: httpx.AsyncClient, sim: Simulator) -> None:
    async def status() -> int:
        return (await http.post(CHAT, json=body("", messages=[{"role": "user", "content": "x"}]))).status_code

    await http.put("/_sim/script/openai", content="503")
    assert await status() == 503
    sim.script("openai", "")
    assert await status() == 200
