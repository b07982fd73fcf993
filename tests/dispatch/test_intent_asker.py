"""Asking a model for an intent costs one call at most, is billed, and is never what a request fails by."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.features import extract
from muxer.dispatch.failure_pause import FAILURES, PAUSE_S
from muxer.dispatch.intent_asker import CONFIDENCE, REMEMBERED_S, Advice, IntentAsker
from muxer.errors import Reason
from muxer.ports import ProviderSpec, Timeouts
from muxer.types.catalog import DatedPrice, ModelSpec, Rates
from muxer.types.chat import ChatRequest, ChatResponse, Choice, Message, Usage
from muxer.types.decision import Intent
from muxer.types.money import PicoUsd

from tests.dispatch.plans import decision, failure
from tests.dispatch.world import environment
from tests.fakes.clock import ManualClock
from tests.fakes.provider_client import RememberingTelemetry, ScriptedClient

MODEL = ModelSpec("openai", "tiny", (DatedPrice(dt.date.min, Rates(input=1_000_000, output=2_000_000)),))
TIMEOUT_S = 1.5
USAGE = Usage(100, 3)


def words(text: str) -> int:
    return len(text.split())


def features(text: str = "Hm, and now?") -> Any:
    return extract(ChatRequest((Message("user", text),)), words)


def said(text: str, usage: Usage | None = USAGE) -> ChatResponse:
    return ChatResponse("1", 1, "tiny", (Choice(0, Message("assistant", text), "stop"),), usage)


class World:
    """An asker and everything around it."""

    def __init__(self, *script: Any, client: Any = None):
        self.client = client or ScriptedClient({MODEL.id: list(script)})
        self.clock = ManualClock()
        self.telemetry = RememberingTelemetry()
        env = environment(self.client, self.clock, self.telemetry)
        self.asker = IntentAsker(env, MODEL, timeout_s=TIMEOUT_S, low_confidence=0.4)

    async def ask(
        self, text: str = "Hm, and now?", *, tenant: str = "", allowance: int | None = None, seconds: float = 60.0
    ) -> Advice:
        limit = None if allowance is None else PicoUsd(allowance)
        deadline = self.clock.monotonic() + seconds
        return await self.asker.ask(features(text), tenant=tenant, allowance=limit, deadline=deadline)

    @property
    def outcomes(self) -> list[str]:
        return [outcome for (outcome,) in self.telemetry.of("intent_asked")]


class GatedClient(ScriptedClient):
    """Answers once its gate is open."""

    def __init__(self, *script: Any) -> None:
        super().__init__({MODEL.id: list(script)})
        self.gate = asyncio.Event()
        self.asked = asyncio.Event()

    async def complete(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts) -> Any:
        self.asked.set()
        await self.gate.wait()
        return await super().complete(request, provider, model, timeouts)


async def test_an_answer_is_an_intent_and_its_call_is_on_the_bill():
    world = World(said("code_gen"))

    advice = await world.ask()

    assert advice.intent == Intent("code_gen", CONFIDENCE, "llm")
    (attempt,) = advice.attempts
    assert (attempt.model_id, attempt.outcome, attempt.purpose) == ("openai:tiny", "ok", "intent")
    assert attempt.cost == advice.cost == 100 * 1_000_000 + 3 * 2_000_000
    assert world.telemetry.of("answered") == [("openai:tiny", Usage(100, 3), advice.cost)]
    assert world.outcomes == ["answered"]


async def test_usage_that_is_not_reported_is_counted():
    world = World(said("code_gen", usage=None))

    (attempt,) = (await world.ask()).attempts

    assert attempt.usage is not None
    assert attempt.usage.estimated
    assert attempt.usage.completion_tokens == 1
    assert attempt.usage.prompt_tokens > 100


async def test_the_same_question_is_asked_once_and_costs_once():
    world = World(said("translation"))

    advices = [await world.ask() for _ in range(3)]

    assert [advice.intent.label for advice in advices if advice.intent] == ["translation"] * 3
    assert [len(advice.attempts) for advice in advices] == [1, 0, 0]
    assert world.outcomes == ["answered", "remembered", "remembered"]


async def test_answers_are_forgotten_after_a_while():
    world = World(said("translation"), said("chat_lite"))
    await world.ask()
    world.clock.advance(REMEMBERED_S)

    advice = await world.ask()

    assert advice.intent == Intent("chat_lite", CONFIDENCE, "llm")


async def test_tenants_do_not_share_answers():
    world = World(said("translation"), said("translation"))

    for tenant in ("a", "b"):
        await world.ask(tenant=tenant)

    assert len(world.client.calls) == 2


async def test_requests_that_ask_the_same_at_once_share_one_call():
    client = GatedClient(said("deep_reason"))
    world = World(client=client)
    asking = [asyncio.create_task(world.ask()) for _ in range(5)]
    await client.asked.wait()
    client.gate.set()

    advices = await asyncio.gather(*asking)

    assert [advice.intent.label for advice in advices if advice.intent] == ["deep_reason"] * 5
    assert sorted(len(advice.attempts) for advice in advices) == [0, 0, 0, 0, 1]
    assert len(client.calls) == 1


async def test_when_the_one_who_asks_goes_away_the_others_go_on_without_an_answer():
    client = GatedClient(said("deep_reason"))
    world = World(client=client)
    first = asyncio.create_task(world.ask())
    await client.asked.wait()
    second = asyncio.create_task(world.ask())
    await asyncio.sleep(0)
    first.cancel()

    assert await second == Advice()
    assert first.cancelled()
    assert world.telemetry.of("attempt_finished") == [("openai:tiny", "cancelled", 0.0)]
    client.gate.set()
    assert (await world.ask()).intent is not None


async def test_who_waits_for_anothers_answer_waits_no_longer_than_its_own_time_allows():
    client = GatedClient(said("deep_reason"))
    world = World(client=client)
    first = asyncio.create_task(world.ask())
    await client.asked.wait()

    impatient = await world.ask(seconds=0.5)

    assert impatient.intent is None
    client.gate.set()
    assert (await first).intent is not None


@pytest.mark.parametrize("nonsense", ["", "I cannot label this.", "unknown", "code_gen or chat_lite"])
async def test_nonsense_is_no_answer_but_paid_for_and_not_bought_twice(nonsense):
    world = World(said(nonsense))

    first, second = await world.ask(), await world.ask()

    assert (first.intent, second.intent) == (None, None)
    assert (first.cost > 0, second.cost) == (True, 0)
    assert world.outcomes == ["nonsense", "nonsense"]


async def test_a_failure_is_no_answer_and_the_next_one_asks_again():
    world = World(failure("openai", Reason.DEADLINE_EXCEEDED), said("vision"))

    first, second = await world.ask(), await world.ask()

    assert first.intent is None
    assert [attempt.outcome for attempt in first.attempts] == ["deadline_exceeded"]
    assert second.intent == Intent("vision", CONFIDENCE, "llm")
    assert world.outcomes == ["failed", "answered"]


async def test_a_model_that_keeps_failing_is_left_alone_for_a_while():
    world = World(*[failure("openai")] * FAILURES, said("vision"))
    for number in range(FAILURES + 2):
        await world.ask(f"Hm {number}")
    calls = len(world.client.calls)
    world.clock.advance(PAUSE_S)

    advice = await world.ask("Hm again")

    assert calls == FAILURES
    assert world.outcomes[FAILURES : FAILURES + 2] == ["paused", "paused"]
    assert advice.intent == Intent("vision", CONFIDENCE, "llm")


@pytest.mark.parametrize(("seconds", "total"), [(60.0, TIMEOUT_S), (2.0, 0.5)])
async def test_a_question_takes_its_own_time_at_most_and_a_quarter_of_the_requests(seconds, total):
    world = World(said("vision"))

    await world.ask(seconds=seconds)

    timeouts = world.client.calls[0][1]
    assert timeouts == Timeouts(connect=total, first_byte=total, idle=total, total=total)


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.3])
async def test_nothing_is_asked_when_there_is_no_time(seconds):
    world = World()

    assert await world.ask(seconds=seconds) == Advice()
    assert world.outcomes == ["no_time"]


async def test_nothing_is_asked_that_the_limit_does_not_allow():
    dear, free = World(), World(said("vision"))

    assert await dear.ask(allowance=1_000_000) == Advice()
    assert dear.outcomes == ["too_dear"]
    assert (await free.ask(allowance=10**12)).intent is not None


@pytest.mark.parametrize(
    ("intent", "pinned", "worth"),
    [
        (Intent("chat_lite", 0.39, "model"), False, True),
        (Intent("chat_lite", 0.4, "model"), False, False),
        (Intent("json_extract", 0.3, "rules"), False, False),
        (Intent("unknown", 0.0, "disabled"), False, False),
        (Intent("safety_risk", 0.2, "model"), False, False),
        (Intent("chat_lite", 0.1, "model"), True, False),
    ],
)
def test_only_an_unsure_guess_that_could_change_the_choice_is_worth_a_question(intent, pinned, worth):
    world = World()
    plain = decision("openai:a")
    taken = type(plain)(plain.candidates, intent, plain.signals, "balanced", "", "test", pinned=pinned)

    assert world.asker.is_worth_asking(taken) == worth


steps = st.one_of(
    st.text(max_size=20).map(said),
    st.sampled_from(["code_gen", "chat_lite", " vision "]).map(said),
    st.sampled_from(list(Reason)).map(lambda reason: failure("openai", reason)),
    st.just(ChatResponse("1", 1, "tiny", ())),
    st.just(said("translation", usage=None)),
)


@given(st.lists(st.tuples(steps, st.sampled_from("abc"), st.floats(-1, 100), st.integers(0, 10**12)), max_size=20))
def test_whatever_comes_back_asking_gives_an_opinion_or_none(calls: Sequence[Any]):
    async def play() -> None:
        world = World(*[step for step, *_ in calls])
        for _, text, seconds, allowance in calls:
            advice = await world.ask(text, seconds=seconds, allowance=allowance)
            assert advice.intent is None or (advice.intent.method, advice.intent.confidence) == ("llm", CONFIDENCE)
            assert 0 <= advice.cost <= allowance or not advice.attempts
            world.clock.advance(seconds if seconds > 0 else 0.0)
        assert len(world.outcomes) == len(calls)

    asyncio.run(play())
