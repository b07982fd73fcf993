"""What a decision learns of the call that it is made for: who asks, and how much time is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from muxer.errors import MuxerError, Reason
from muxer.service.call import CURRENT, Call
from muxer.service.decider import Decider
from muxer.state.price_shares import MemoryPriceShares
from muxer.telemetry.port import NO_TRACING
from muxer.types.chat import RoutingOptions
from muxer.types.decision import LatencyPrior, Policy, RoutingRule

from tests.core.builders import ask, model, view
from tests.fakes.clock import ManualClock
from tests.fakes.provider_client import RememberingTelemetry

SLOW = LatencyPrior(first_token_p50_s=9, first_token_p95_s=9, tokens_per_s=5, samples=999, speed_samples=999)
NOT_FOR_LEGAL = RoutingRule("not-for-legal", "forbid", ("alpha:*",), tenants=frozenset({"legal"}))
WORLD = view(
    model("alpha:cheap", 0.1),
    model("beta:dear", 10),
    latency={"alpha:cheap": SLOW, "beta:dear": SLOW},
    policy=Policy(rules=(NOT_FOR_LEGAL,)),
)


@pytest.fixture(autouse=True)
def legal_calls() -> Iterator[None]:
    token = CURRENT.set(Call("m", "r", 0, 0.0, 1, rest=False, caller="legal"))
    yield
    CURRENT.reset(token)


def decider(clock: ManualClock, price_shares: MemoryPriceShares | None = None) -> Decider:
    return Decider(lambda: WORLD, clock, RememberingTelemetry(), NO_TRACING, None, price_shares)


async def test_rules_for_tenants_hold_wherever_a_decision_is_shown_or_made() -> None:
    clock = ManualClock()
    shown = decider(clock).decide(ask(), "Route")
    made = (await decider(clock).decide_chat(ask(), "ChatCompletion", clock.monotonic() + 600)).decision
    candidates, _, _ = decider(clock).estimate(ask())

    assert {shown.selected.model.id, made.selected.model.id, *(c.model.id for c in candidates)} == {"beta:dear"}


async def test_what_is_to_be_answered_has_to_be_in_time_and_what_is_only_shown_has_not() -> None:
    clock = ManualClock()
    with pytest.raises(MuxerError) as caught:
        await decider(clock).decide_chat(ask(), "ChatCompletion", clock.monotonic() + 5)

    assert caught.value.reason is Reason.DEADLINE_EXCEEDED
    assert decider(clock).decide(ask(), "Route").selected.model.id == "beta:dear"


async def test_only_answers_that_were_to_keep_a_share_are_counted() -> None:
    clock, memory = ManualClock(), MemoryPriceShares()
    sharing = replace(ask(), routing=RoutingOptions(max_price_share=0.5))
    for _ in range(100):
        await decider(clock, memory).decide_chat(ask(), "ChatCompletion", clock.monotonic() + 600)
        decider(clock, memory).decide(sharing, "Route")
    assert memory.snapshot("legal") == ()

    for _ in range(100):
        await decider(clock, memory).decide_chat(sharing, "ChatCompletion", clock.monotonic() + 600)
    assert memory.snapshot("legal") != ()
    assert memory.snapshot("") == ()
    assert ", by recent requests)" in decider(clock, memory).decide(sharing, "Route").reason
    CURRENT.set(Call("m", "r", 0, 0.0, 1, rest=False, caller="sales"))
    assert ", by this request alone)" in decider(clock, memory).decide(sharing, "Route").reason
