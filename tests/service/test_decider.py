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
from muxer.dispatch.intent_asker import SHARE_OF_LIMIT, IntentAsker
from muxer.errors import BudgetExceeded, MuxerError
from muxer.plan import read_plan
from muxer.ports import ProviderSpec, Timeouts
from muxer.service.decider import Decided, Decider
from muxer.settings import Environment
from muxer.telemetry.port import NO_SPAN, Span
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse, Choice, Message, RoutingOptions, Usage
from muxer.types.decision import RoutingRule
from muxer.types.money import PicoUsd, usd_text

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

    def __init__(
        self, *script: Any, low_confidence: float = 1.0, thinking_s: float = 0.0, rules: tuple[RoutingRule, ...] = ()
    ) -> None:
        view = replace(VIEW, policy=replace(VIEW.policy, rules=rules))
        self.clock = ManualClock()
        self.telemetry = RememberingTelemetry()
        self.tracer = SpanNames()
        self.client = SlowClient(self.clock, thinking_s, list(script))
        env = environment(self.client, self.clock, self.telemetry)
        env = replace(env, tracer=self.tracer, count_tokens=count)
        asker = IntentAsker(env, MODEL, timeout_s=1.5, low_confidence=low_confidence)
        self.decider = Decider(lambda: view, self.clock, self.telemetry, self.tracer, asker)
        self.plain = Decider(lambda: view, self.clock, RememberingTelemetry(), self.tracer)

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
    request = chat(max_cost=PicoUsd(limit))
    try:
        asyncio.run(world.without(request))
    except BudgetExceeded:
        return
    decided = asyncio.run(world.decide(request))  # what is served without a question is served with one
    spent = sum(attempt.cost for attempt in decided.attempts)

    assert spent <= SHARE_OF_LIMIT * limit
    assert all(spent + candidate.cost.p90 <= limit for candidate in decided.decision.plan)


TIGHT = PicoUsd(40 * COST)


async def test_a_question_that_would_take_a_larger_share_of_the_limit_is_not_asked():
    world = World(said("code_gen"))

    assert (await world.decide(chat(max_cost=PicoUsd(10 * COST)))).attempts == ()
    assert world.telemetry.of("intent_asked") == [("too_dear",)]


async def test_an_intent_that_the_limit_does_not_allow_for_does_not_end_the_request():
    world = World(said("deep_reason"))
    only = {"allowed_models": ("openai:gpt-4o",)}
    as_guessed = (await world.without(chat(**only))).decision
    request = chat(max_cost=PicoUsd(as_guessed.selected.cost.p90 * 3 // 2), **only)

    decided = await world.decide(request)

    assert [attempt.purpose for attempt in decided.attempts] == ["intent"]
    assert (decided.decision.intent, decided.decision.plan) == (as_guessed.intent, as_guessed.plan)
    assert world.telemetry.of("budget_exceeded") == []


DEAR_FOR_CODE = RoutingRule("code-to-the-best", "require", ("anthropic:claude-opus-5-5",), frozenset({"code_gen"}))


async def test_a_low_limit_does_not_buy_off_a_rule_and_the_error_says_what_the_question_took():
    world = World(said("code_gen"), rules=(DEAR_FOR_CODE,))

    with pytest.raises(BudgetExceeded) as caught:
        await world.decide(chat(max_cost=TIGHT))

    limit, taken = usd_text(TIGHT), usd_text(COST)
    assert caught.value.message.endswith(
        f", above the limit of ${limit}, of which ${taken} went into asking what kind of request it is"
    )
    assert caught.value.details["limit"] == TIGHT / 1e12
    assert len(world.telemetry.of("budget_exceeded")) == 1


async def test_absurd_usage_of_a_question_does_not_make_a_request_too_dear():
    world = World(said("none of them", usage=Usage(10**12, 10**12)))

    decided = await world.decide(chat())

    assert decided.decision.selected == (await world.without(chat())).decision.selected
    assert decided.attempts[0].cost > 10**15


async def test_absurd_usage_takes_no_more_of_a_limit_than_the_question_could_cost():
    world = World(said("none of them", usage=Usage(10**12, 10**12)))
    limit = 10**10

    decided = await world.decide(chat(max_cost=PicoUsd(limit)))

    without = (await world.without(chat(max_cost=PicoUsd(limit)))).decision.plan
    ceiling = 3 * COST
    assert decided.attempts[0].cost > 10**15
    assert [c.model.id for c in decided.decision.plan if c.cost.p90 <= limit - ceiling] == [
        c.model.id for c in without if c.cost.p90 <= limit - ceiling
    ]
    assert all(c.cost.p90 < limit for c in decided.decision.plan)


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
