"""A language model's opinion on an intent is asked for when it can help, and a decision without it is as before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.app import current_view
from muxer.core.tokens import count
from muxer.dispatch.intent_asker import IntentAsker
from muxer.errors import BudgetExceeded, MuxerError
from muxer.plan import read_plan
from muxer.ports import ProviderSpec, Timeouts
from muxer.service.decider import Decided, Decider
from muxer.settings import Environment
from muxer.telemetry.port import NO_SPAN, Span
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse, Choice, Message, RoutingOptions, Usage
from muxer.types.money import PicoUsd

from tests.dispatch.plans import failure
from tests.dispatch.world import environment
from tests.fakes.clock import ManualClock
from tests.fakes.provider_client import RememberingTelemetry, ScriptedClient

VIEW = current_view(read_plan(Environment({}), "", simulator_url="http://127.0.0.1:0"))
MODEL = VIEW.catalog.models["openai:gpt-4o-mini"]
USAGE = Usage(400, 3)
COST = 400 * MODEL.prices[-1].rates.input + 3 * MODEL.prices[-1].rates.output


def chat(text: str = "Could you do that for me?", **options: Any) -> ChatRequest:
    model = options.pop("model", "")
    return ChatRequest((Message("user", text),), model=model, routing=RoutingOptions(**options))


def said(text: str, usage: Usage = USAGE) -> ChatResponse:
    return ChatResponse("1", 1, MODEL.name, (Choice(0, Message("assistant", text), "stop"),), usage)


class SpanNames:
    """A tracer that remembers the names of its spans."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @contextmanager
    def span(self, name: str, attributes: Any = None, *, remote: bool = False) -> Iterator[Span]:
        self.names.append(name)
        yield NO_SPAN

    def annotate(self, attributes: Any) -> None:
        raise NotImplementedError

    def trace_id(self) -> str:
        return ""


class SlowClient(ScriptedClient):
    """A provider that takes its time."""

    def __init__(self, clock: ManualClock, thinking_s: float, script: list[Any]) -> None:
        super().__init__({MODEL.id: script})
        self._clock = clock
        self._thinking_s = thinking_s

    async def complete(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> ChatResponse:
        self._clock.advance(self._thinking_s)
        return await super().complete(request, provider, model, timeouts)


class World:
    """A decider that asks about everything that the classifier has guessed."""

    def __init__(self, *script: Any, low_confidence: float = 1.0, thinking_s: float = 0.0) -> None:
        self.clock = ManualClock()
        self.telemetry = RememberingTelemetry()
        self.tracer = SpanNames()
        self.client = SlowClient(self.clock, thinking_s, list(script))
        env = environment(self.client, self.clock, self.telemetry)
        env = replace(env, tracer=self.tracer, count_tokens=count)
        asker = IntentAsker(env, MODEL, timeout_s=1.5, low_confidence=low_confidence)
        self.decider = Decider(lambda: VIEW, self.clock, self.telemetry, self.tracer, asker)
        self.plain = Decider(lambda: VIEW, self.clock, RememberingTelemetry(), self.tracer)

    async def decide(self, request: ChatRequest) -> Decided:
        return await self.decider.decide_chat(request, "ChatCompletion", self.clock.monotonic() + 60)

    async def without(self, request: ChatRequest) -> Decided:
        return await self.plain.decide_chat(request, "ChatCompletion", self.clock.monotonic() + 60)


async def test_a_models_label_decides_in_the_place_of_a_guess():
    world = World(said("code_gen"))

    decided = await world.decide(chat())

    assert (decided.decision.intent.label, decided.decision.intent.method) == ("code_gen", "llm")
    assert [attempt.cost for attempt in decided.attempts] == [COST]
    assert world.telemetry.of("intent_classified") == [(decided.decision.intent,)]
    assert len(world.telemetry.of("decided")) == 1


@pytest.mark.parametrize("answer", [said("I would rather not say"), failure("openai")])
async def test_without_a_label_the_decision_is_as_if_nobody_had_asked(answer):
    world = World(answer)

    decided = await world.decide(chat())

    plain = (await world.without(chat())).decision
    assert len(decided.attempts) == 1
    assert (decided.decision.intent, decided.decision.plan) == (plain.intent, plain.plan)


async def test_a_sure_guess_is_not_asked_about():
    world = World(low_confidence=0.0)

    assert (await world.decide(chat())).attempts == ()


@pytest.mark.parametrize(
    "request_", [chat(model="openai:gpt-4o"), chat(max_cost=PicoUsd(1)), chat(model="nobody:knows")], ids=str
)
async def test_nothing_is_asked_about_a_request_that_no_answer_could_change(request_):
    world = World()
    try:
        decided = await world.decide(request_)
    except MuxerError:
        decided = None

    assert decided is None or decided.attempts == ()
    assert world.client.calls == []


async def test_deciding_without_answering_asks_nobody():
    world = World()

    world.decider.decide(chat(), "Route")
    world.decider.classify(chat())
    world.decider.estimate(chat())

    assert world.client.calls == []


@given(st.integers(10**6, 10**10), st.sampled_from(["code_gen", "deep_reason", "chat_lite", "none of them"]))
def test_question_and_choice_together_stay_within_the_limit(limit, answer):
    world = World(said(answer))
    try:
        decided = asyncio.run(world.decide(chat(max_cost=PicoUsd(limit))))
    except BudgetExceeded:
        return
    spent = sum(attempt.cost for attempt in decided.attempts)

    assert all(spent + candidate.cost.p90 <= limit for candidate in decided.decision.plan)


async def test_absurd_usage_of_a_question_does_not_make_a_request_too_dear():
    world = World(said("none of them", usage=Usage(10**12, 10**12)))

    decided = await world.decide(chat())

    assert decided.decision.selected == (await world.without(chat())).decision.selected
    assert decided.attempts[0].cost > 10**15


async def test_a_decision_with_a_question_is_timed_without_it():
    world = World(said("code_gen"), thinking_s=1.0)

    await world.decide(chat())

    assert world.telemetry.of("decided") == [("ChatCompletion", 0.0)]
    assert world.telemetry.of("attempt_finished") == [(MODEL.id, "ok", 1.0)]


async def test_every_stage_has_a_span():
    world = World(said("code_gen"))

    await world.decide(chat())

    routed = ["route.estimate", "route.select"]
    assert world.tracer.names == ["route.features", "route.intent", *routed, "intent.question", *routed]
