"""Faults of streams do on the wire exactly what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from muxer.simulator import Simulator

from tests.simulator.chat import CHAT, body, plain_text, texts

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire


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


async def test_a_stream_may_lose_its_connection_without_the_last_chunk(wire: Wire) -> None:
    wire.chat("hang_up_mid_stream;after=2", stream=True)
    await wire.head()
    rest = await wire.reader.read()

    assert rest.count(b"data: ") == 2
    assert not rest.endswith(b"0\r\n\r\n")


async def test_a_malformed_event_is_followed_by_the_rest(wire: Wire) -> None:
    wire.chat("malformed_event;after=2", stream=True)
    await wire.head()
    events = await wire.chunks()

    with pytest.raises(json.JSONDecodeError):
        json.loads(events[2].removeprefix(b"data: "))
    assert events[3].startswith(events[2].rstrip(b"\n"))
    assert events[-1] == b"data: [DONE]\n\n"


async def test_an_endless_stream_repeats_itself_up_to_its_limit(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body("endless;mb=1", stream=True))

    assert 1_048_576 < len(answer.content) < 2 * 1_048_576
    assert b"[DONE]" not in answer.content


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


async def test_usage_twice_repeats_the_usage_and_nothing_else(http: httpx.AsyncClient) -> None:
    options = {"include_usage": True}
    answer = await http.post(CHAT, json=body("usage_twice", stream=True, stream_options=options))

    events = answer.text.split("\n\n")
    assert events[-3] == events[-4] != events[-5]


async def test_a_long_stream_has_so_many_tokens(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body("long_stream;events=2000", stream=True))

    assert answer.text.count('"content":"') - 1 == 2_000
