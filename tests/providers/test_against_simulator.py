"""Every provider against the simulator, which speaks its wire format and keeps a bill of its own.

The simulator shares no code with the dialects: what both agree on, two readings of the providers' words agree on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from muxer.errors import ProviderFailed, Reason
from muxer.ports import Timeouts, Transport
from muxer.providers.assembly import Assembly
from muxer.providers.client import HttpProviderClient
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.transport import transport
from muxer.simulator import Simulator
from muxer.types.catalog import Capabilities, ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse, Message, ResponseFormat, Tool, ToolChoice, Usage

from tests.providers.calls import SCHEMA, TIME, WEATHER
from tests.providers.wire import PATIENT, Place

MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-haiku-4-5",
    "mistral": "mistral-small-2603",
    "google": "gemini-2.5-flash",
    "groq": "openai/gpt-oss-20b",
    "cohere": "command-a-03-2025",
    "together": "openai/gpt-oss-120b",
    "responses": "gpt-6-sol",
}
"""One model of each provider; `responses` is OpenAI with one that takes tools there only."""

HURRIED = Timeouts(connect=5.0, first_byte=0.3, idle=0.3, total=5.0)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator.start() as simulator:
        yield simulator


@pytest.fixture
async def http() -> AsyncIterator[Transport]:
    adapter = transport("aiohttp")
    yield adapter
    await adapter.close()


@pytest.fixture(params=sorted(MODELS))
def place(request: pytest.FixtureRequest, sim: Simulator) -> Place:
    name = "openai" if request.param == "responses" else request.param
    model = ModelSpec(
        name,
        MODELS[request.param],
        (),
        Capabilities(tools=True, reasoning=request.param == "responses", efforts=("none", "low", "high")),
        max_output_tokens=4000,
    )
    return PROVIDERS[name].spec("sk-any-key-will-do", sim.base_url(name)), model


async def both(http: Transport, request: ChatRequest, place: Place, timeouts: Timeouts = PATIENT) -> list[ChatResponse]:
    """The answer as a whole, and put together from a stream."""
    client = HttpProviderClient(http)
    assembly = Assembly()
    whole = await client.complete(request, *place, timeouts)
    async with client.stream(request, *place, timeouts) as arriving:
        async for chunks in arriving:
            assembly.add(chunks)
    return [whole, assembly.response()]


async def failures(
    http: Transport, request: ChatRequest, place: Place, timeouts: Timeouts = PATIENT
) -> list[ProviderFailed]:
    """How a call fails, asked for as a whole and as a stream."""
    client = HttpProviderClient(http)
    with pytest.raises(ProviderFailed) as whole:
        await client.complete(request, *place, timeouts)

    async def stream() -> None:
        async with client.stream(request, *place, timeouts) as arriving:
            async for _ in arriving:
                pass

    with pytest.raises(ProviderFailed) as streamed:
        await stream()
    return [whole.value, streamed.value]


def ask(scenario: str = "", text: str = "Tell me about Oslo.", **fields: Any) -> ChatRequest:
    marker = f" [[simulate:{scenario}]]" if scenario else ""
    return ChatRequest((Message("user", text + marker),), **fields)


def billed(sim: Simulator, at: int) -> Usage:
    """What a call was billed for, as far as its provider tells: Cohere and Together do not single reasoning out."""
    call = sim.record.calls[at]
    reasoning = 0 if call.provider in ("cohere", "together") else call.billed.reasoning
    return Usage(call.billed.prompt, call.billed.output, call.billed.cached, call.billed.written, reasoning)


async def test_answers_say_the_same_whole_and_streamed_and_are_billed_as_reported(
    sim: Simulator, http: Transport, place: Place
) -> None:
    whole, streamed = await both(http, ask(max_tokens=200, stop=()), place)

    assert whole.choices[0].message.content
    assert whole.choices[0].finish_reason == "stop"
    assert msgspec.structs.replace(whole.choices[0].message, provider_state=b"") == msgspec.structs.replace(
        streamed.choices[0].message, provider_state=b""
    )
    assert [whole.usage, streamed.usage] == [billed(sim, 0), billed(sim, 1)]


async def test_forced_and_parallel_calls_come_whole_and_streamed(sim: Simulator, http: Transport, place: Place) -> None:
    request = ask(text="Use weather and time.", tools=(WEATHER, TIME))
    for answer in await both(http, request, place):
        calls = answer.choices[0].message.tool_calls

        assert [call.name for call in calls] == ["weather", "time"]
        assert all(isinstance(msgspec.json.decode(call.arguments), dict) for call in calls)
        assert answer.choices[0].finish_reason == "tool_calls"


async def test_a_tool_loop_comes_round(sim: Simulator, http: Transport, place: Place) -> None:
    tools = (WEATHER, TIME)
    request = ask(text="Use weather and time.", tools=tools)
    client = HttpProviderClient(http)
    answer = (await client.complete(request, *place, PATIENT)).choices[0].message
    results = tuple(Message("tool", '{"c": 4}', tool_call_id=call.id) for call in answer.tool_calls)
    follow_up = ChatRequest((*request.messages, answer, *results), tools=tools)
    last = await client.complete(follow_up, *place, PATIENT)

    assert last.choices[0].message.content


async def test_a_forced_call_is_made(sim: Simulator, http: Transport, place: Place) -> None:
    request = ask(tools=(WEATHER, Tool("time")), tool_choice=ToolChoice("named", ("time",)))
    answer = await HttpProviderClient(http).complete(request, *place, PATIENT)

    assert [call.name for call in answer.choices[0].message.tool_calls] == ["time"]


async def test_an_answer_has_the_form_that_was_asked_for(sim: Simulator, http: Transport, place: Place) -> None:
    request = ask(response_format=ResponseFormat("json_schema", "place", schema=SCHEMA))
    answer = await HttpProviderClient(http).complete(request, *place, PATIENT)

    assert set(msgspec.json.decode(answer.choices[0].message.content)) == {"city"}


async def test_an_answer_that_reaches_its_limit_says_so(sim: Simulator, http: Transport, place: Place) -> None:
    for answer in await both(http, ask("long_stream;events=200", max_tokens=20), place):
        assert answer.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("scenario", "reason", "retryable"),
    [
        ("400", Reason.INVALID_VALUE, False),
        ("401", Reason.PROVIDER_AUTH_FAILED, False),
        ("402", Reason.INSUFFICIENT_QUOTA, False),
        ("404", Reason.MODEL_NOT_FOUND, False),
        ("429;retry_after=7", Reason.RATE_LIMIT_EXCEEDED, True),
        ("500", Reason.PROVIDER_ERROR, True),
        ("503", Reason.PROVIDER_UNAVAILABLE, True),
        ("context_too_long", Reason.CONTEXT_LENGTH_EXCEEDED, False),
    ],
)
async def test_failures_are_told_apart(
    sim: Simulator, http: Transport, place: Place, scenario: str, reason: Reason, retryable: bool
) -> None:
    for failure in await failures(http, ask(scenario), place):
        assert (failure.reason, failure.retryable) == (reason, retryable)


@pytest.mark.parametrize("place", sorted({*MODELS} - {"mistral", "cohere"}), indirect=True)  # those have no code for it
async def test_a_quota_that_is_gone_is_no_rate_limit(sim: Simulator, http: Transport, place: Place) -> None:
    for failure in await failures(http, ask("429-quota"), place):
        assert (failure.reason, failure.retryable) == (Reason.INSUFFICIENT_QUOTA, False)


@pytest.mark.parametrize("place", sorted({*MODELS} - {"cohere"}), indirect=True)  # which does not say
async def test_a_rate_limit_says_when_to_come_back(sim: Simulator, http: Transport, place: Place) -> None:
    for failure in await failures(http, ask("429;retry_after=7"), place):
        assert failure.retry_after_s == 7.0


@pytest.mark.parametrize(
    "scenario", ["malformed_json", "empty_200", "wrong_content_length;kind=long", "gzip_bomb;mb=1", "redirect"]
)
async def test_what_is_no_answer_is_a_failure_of_the_provider(
    sim: Simulator, http: Transport, place: Place, scenario: str
) -> None:
    for failure in await failures(http, ask(scenario), place):
        assert failure.reason is Reason.PROVIDER_ERROR
        assert failure.failover


@pytest.mark.parametrize(
    "scenario",
    [
        "error_before_first_token",
        "error_mid_stream;after=2",
        "truncated;after=2",
        "reset_mid_stream;after=2",
        "hang_up_mid_stream;after=2",
        "malformed_event;after=2",
        "missing_blank_line",
    ],
)
async def test_a_stream_that_breaks_is_never_taken_for_whole(
    sim: Simulator, http: Transport, place: Place, scenario: str
) -> None:
    client = HttpProviderClient(http)

    async def stream() -> None:
        async with client.stream(ask(scenario), *place, PATIENT) as arriving:
            async for _ in arriving:
                pass

    with pytest.raises(ProviderFailed) as caught:
        await stream()

    assert caught.value.failover


@pytest.mark.parametrize(
    "scenario",
    [
        "keepalive_comments",
        "crlf",
        "cr",
        "mixed_newlines",
        "bom",
        "several_data_lines",
        "usage_twice",
        "end_twice",
        "unicode",
    ],
)
async def test_every_legal_notation_of_a_stream_says_the_same(
    sim: Simulator, http: Transport, place: Place, scenario: str
) -> None:
    whole, streamed = await both(http, ask(scenario), place)

    assert whole.choices[0].message.content == streamed.choices[0].message.content
    assert streamed.choices[0].finish_reason == "stop"
    assert streamed.usage == billed(sim, 1)


async def test_a_stream_byte_by_byte_says_the_same(sim: Simulator, http: Transport, place: Place) -> None:
    whole, streamed = await both(http, ask("split_bytes", max_tokens=8), place)

    assert whole.choices[0].message == streamed.choices[0].message
    assert streamed.usage == billed(sim, 1)


@pytest.mark.parametrize("scenario", ["usage_missing", "usage_absurd", "usage_negative"])
async def test_usage_that_cannot_be_right_counts_as_not_reported(
    sim: Simulator, http: Transport, place: Place, scenario: str
) -> None:
    for answer in await both(http, ask(scenario), place):
        assert answer.usage is None
        assert answer.choices[0].message.content


@pytest.mark.parametrize("place", sorted({*MODELS} - {"together"}), indirect=True)  # which tells no parts
async def test_usage_whose_parts_exceed_the_whole_counts_as_not_reported(
    sim: Simulator, http: Transport, place: Place
) -> None:
    for answer in await both(http, ask("usage_contradictory"), place):
        assert answer.usage is None


async def test_cancelling_is_noticed_at_the_provider(sim: Simulator, http: Transport, place: Place) -> None:
    client = HttpProviderClient(http)

    async def stream() -> None:
        async with client.stream(ask("hang_mid_stream;after=1"), *place, PATIENT) as arriving:
            async for _ in arriving:
                begun.set()

    begun = asyncio.Event()
    task = asyncio.create_task(stream())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    call = await asyncio.wait_for(sim.record.wait_for(lambda call: call.aborted), 5.0)
    assert call.aborted


@pytest.mark.parametrize("scenario", ["hang_before_headers", "hang_mid_stream;after=1"])
async def test_a_provider_that_hangs_times_out(sim: Simulator, http: Transport, place: Place, scenario: str) -> None:
    for failure in await failures(http, ask(scenario), place, HURRIED):
        assert failure.reason is Reason.DEADLINE_EXCEEDED
