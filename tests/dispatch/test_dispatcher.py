"""Answers come from the first model that gives one, every attempt is settled, and no text is ever begun twice."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from muxer.dispatch.dispatcher import Dispatcher
from muxer.errors import MuxerError, ProviderFailed, Reason
from muxer.types.chat import ChatChunk, ChatRequest, ChatResponse, Choice, ChunkChoice, Delta, Message, Usage

from tests.dispatch.plans import decision, failure
from tests.dispatch.world import environment
from tests.fakes.clock import ManualClock
from tests.fakes.provider_client import RememberingTelemetry, ScriptedClient

REQUEST = ChatRequest((Message("user", "Hello"),))
ROLE = (ChatChunk("1", 1, "m", (ChunkChoice(0, Delta(role="assistant")),)),)
END = (ChatChunk("1", 1, "m", (ChunkChoice(0, Delta(), "stop"),)),)


def text(words: str) -> tuple[ChatChunk, ...]:
    return (ChatChunk("1", 1, "m", (ChunkChoice(0, Delta(content=words)),)),)


def reported(usage: Usage) -> tuple[ChatChunk, ...]:
    return (ChatChunk("1", 1, "m", (), usage),)


def answer(words: str, usage: Usage | None) -> ChatResponse:
    return ChatResponse("1", 1, "m", (Choice(0, Message("assistant", words), "stop"),), usage)


class World:
    """A dispatcher and everything around it."""

    def __init__(self, **scripts):
        self.client = ScriptedClient({name.replace("_", ":"): steps for name, steps in scripts.items()})
        self.clock = ManualClock()
        self.telemetry = RememberingTelemetry()
        env = environment(self.client, self.clock, self.telemetry)
        self.priors, self.conversations = env.priors, env.conversations
        self.dispatcher = Dispatcher(env)

    async def complete(self, *plan, seconds=60.0):
        return await self.dispatcher.complete(REQUEST, decision(*plan), self.clock.monotonic() + seconds)

    def stream(self, *plan, seconds=60.0):
        return self.dispatcher.stream(REQUEST, decision(*plan), self.clock.monotonic() + seconds)


async def read(stream):
    """The text of a stream, and its bill."""
    pieces = []
    async with stream as streamed:
        async for batch in streamed:
            pieces += [choice.delta.content for chunk in batch for choice in chunk.choices]
        return "".join(pieces), streamed.settled


async def test_the_bill_is_the_reported_usage_at_the_price_of_the_model():
    world = World(openai_a=[answer("Hi", Usage(10, 5))])

    done = await world.complete("openai:a", "anthropic:b")

    assert (done.response.choices[0].message.content, done.settled.cost) == ("Hi", 10 * 1_000_000 + 5 * 2_000_000)
    assert [a.outcome for a in done.settled.attempts] == ["ok"]


async def test_usage_that_was_not_reported_is_counted_and_marked():
    world = World(openai_a=[answer("four words of text", None)])

    done = await world.complete("openai:a")

    assert done.settled.usage == Usage(prompt_tokens=11, completion_tokens=4, estimated=True)


async def test_the_next_model_answers_when_the_first_fails():
    world = World(openai_a=[failure("openai")], anthropic_b=[answer("Hi", Usage(1, 1))])

    done = await world.complete("openai:a", "anthropic:b")

    assert done.candidate.model.id == "anthropic:b"
    assert [(a.model_id, a.outcome) for a in done.settled.attempts] == [
        ("openai:a", "provider_error"),
        ("anthropic:b", "ok"),
    ]
    assert world.telemetry.of("fell_back") == [("openai:a", "provider_error")]


async def test_a_pinned_model_is_repeated_and_then_given_up():
    world = World(openai_a=[failure("openai", retryable=True)] * 3)

    with pytest.raises(ProviderFailed):
        await world.complete("openai:a")

    assert [call[0] for call in world.client.calls] == ["openai:a"] * 3
    assert world.clock.slept == [0.25, 0.5]


async def test_nothing_is_called_when_the_time_is_over():
    world = World(openai_a=[])

    with pytest.raises(MuxerError) as caught:
        await world.complete("openai:a", seconds=0)

    assert (caught.value.reason, world.client.calls) == (Reason.DEADLINE_EXCEEDED, [])


async def test_no_call_may_take_longer_than_what_is_left():
    world = World(openai_a=[answer("Hi", Usage())])

    await world.complete("openai:a", seconds=2.5)

    timeouts = world.client.calls[0][1]
    assert (timeouts.total, timeouts.first_byte, timeouts.connect) == (2.5, 2.5, 2.5)


async def test_a_stream_is_passed_on_and_settled():
    world = World(openai_a=[[ROLE, text("Hel"), text("lo"), END, reported(Usage(7, 3))]])

    said, settled = await read(world.stream("openai:a"))

    assert (said, settled.usage, settled.cost) == ("Hello", Usage(7, 3), 7_000_000 + 6_000_000)


async def test_a_stream_that_fails_before_its_first_text_is_begun_anew_elsewhere():
    world = World(openai_a=[[ROLE, failure("openai")]], anthropic_b=[[ROLE, text("Hi"), END, reported(Usage(1, 1))]])

    said, settled = await read(world.stream("openai:a", "anthropic:b"))

    assert said == "Hi"
    assert [(a.model_id, a.outcome) for a in settled.attempts] == [
        ("openai:a", "provider_error"),
        ("anthropic:b", "ok"),
    ]


async def test_a_stream_that_fails_after_its_first_text_is_never_begun_anew():
    world = World(openai_a=[[ROLE, text("four words of text"), failure("openai")]], anthropic_b=[])

    with pytest.raises(ProviderFailed):
        await read(world.stream("openai:a", "anthropic:b"))

    assert [call[0] for call in world.client.calls] == ["openai:a"]
    model, usage, cost = world.telemetry.of("answered")[0]
    assert (model, usage, cost) == (
        "openai:a",
        Usage(prompt_tokens=11, completion_tokens=4, estimated=True),
        11_000_000 + 8_000_000,
    )


async def test_leaving_a_stream_closes_the_call_and_settles_what_came():
    world = World(openai_a=[[ROLE, text("two words"), asyncio.Event()]])

    async with world.stream("openai:a") as streamed, aclosing(aiter(streamed)) as batches:
        await anext(batches)
        await anext(batches)

    assert world.client.closed == ["openai:a"]
    assert [told[1] for told in world.telemetry.of("attempt_finished")] == ["cancelled"]
    assert world.telemetry.of("answered")[0][1].completion_tokens == 2


async def test_cancelling_the_reader_settles_the_stream():
    world = World(openai_a=[[ROLE, text("word"), asyncio.Event()]])
    begun = asyncio.Event()

    async def reader():
        async with world.stream("openai:a") as streamed:
            async for batch in streamed:
                if batch is not ROLE:
                    begun.set()

    task = asyncio.create_task(reader())
    await begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.client.closed == ["openai:a"]
    assert [told[1] for told in world.telemetry.of("attempt_finished")] == ["cancelled"]


async def test_measured_speed_becomes_a_prior():
    world = World(openai_a=[[ROLE, text("Hi"), END, reported(Usage(7, 3))]])

    await read(world.stream("openai:a"))

    assert world.priors.snapshot()["openai:a"].samples == 1
