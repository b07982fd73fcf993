"""The sentences of a decision."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.explain import dollars, reasons
from muxer.core.route import decide
from muxer.errors import MuxerError
from muxer.types.chat import ChatRequest
from muxer.types.decision import LatencyPrior, Policy, RoutingRule, View
from muxer.types.money import pico

from tests.core.builders import ask, decided, model, requests, view, views, with_limit

CHEAP = model("alpha:cheap", (0.1, 0.5))
DEAR = model("beta:dear", (10, 50))
NO_INTENT = Policy(intent_enabled=False)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0"),
        ("0.00003412", "$0.000034"),
        ("0.0009949", "$0.00099"),
        ("0.0123", "$0.012"),
        ("0.5", "$0.50"),
        ("12.3456", "$12.35"),
    ],
)
def test_amounts_are_shown_to_two_digits_and_at_least_to_the_cent(amount: str, text: str) -> None:
    assert dollars(pico(amount)) == text


def test_a_choice_is_explained_by_its_figures_and_how_many_others_there_were() -> None:
    decision = decide(ask(preset="economy"), view(CHEAP, DEAR, policy=NO_INTENT))

    quality = decision.selected.quality
    assert decision.reason == (
        f"unknown (0.00) with preset economy: alpha:cheap has the best balance of quality {quality:.2f}, cost $0.00015 "
        "and 1.9 s; 1 other considered, 0 ruled out"
    )


def test_a_fallback_says_how_far_behind_it_is_and_for_what() -> None:
    decision = decide(ask(preset="economy"), view(CHEAP, DEAR, policy=NO_INTENT))

    gap = decision.candidates[0].score - decision.candidates[1].score
    assert reasons(decision.candidates)[1] == f"scores {gap:.4f} less than alpha:cheap, mainly for its cost"


def test_equals_are_said_to_be_equal() -> None:
    twins = decide(ask(), view(model("alpha:a"), model("alpha:b")))

    assert reasons(twins.candidates)[1] == "scores the same as alpha:a, which comes first by its name"


def test_no_difference_is_shown_as_zero() -> None:
    nearly = decide(ask(), view(model("alpha:a", (1, 5)), model("alpha:b", (1, 5.000001))))

    assert reasons(nearly.candidates)[1].startswith("scores hardly less than alpha:a")


def test_a_slow_fallback_is_behind_for_its_time() -> None:
    crawl = LatencyPrior(first_token_p50_s=60, first_token_p95_s=60, tokens_per_s=1, samples=1_000, speed_samples=1_000)
    world = view(model("alpha:a"), model("beta:b"), latency={"beta:b": crawl})

    assert reasons(decide(ask(preset="fast"), world).candidates)[1].endswith("mainly for its time")


def test_a_weak_fallback_is_behind_for_its_quality() -> None:
    decision = decide(ask(preset="quality"), view(CHEAP, DEAR))

    assert reasons(decision.candidates)[1].endswith("mainly for its quality")


def test_a_named_model_says_that_it_was_asked_for() -> None:
    reason = decide(ask(model="beta:dear"), view(CHEAP, DEAR)).reason

    assert "beta:dear was asked for" in reason
    assert "quality" in reason
    assert "cost $" in reason


def test_a_choice_forced_by_the_limit_says_what_would_have_been_chosen() -> None:
    reason = decide(ask(preset="quality", max_cost="0.001"), view(CHEAP, DEAR)).reason

    assert "alpha:cheap has the best balance" in reason
    assert "beta:dear would have been chosen, but is estimated at $" in reason
    assert reason.endswith(", above the limit of $0.001")


def test_a_limit_that_changes_nothing_is_not_mentioned() -> None:
    assert "limit" not in decide(ask(preset="economy", max_cost="0.001"), view(CHEAP, DEAR)).reason


def test_a_quality_just_below_the_least_is_not_said_to_be_equal_to_it() -> None:
    quality = decide(ask(), view(CHEAP)).selected.quality
    least = round(quality + 0.00002, 6)
    with pytest.raises(MuxerError) as refused:
        decide(ask(min_quality=least), view(CHEAP))
    rejected = decide(ask(min_quality=least), view(CHEAP, DEAR)).candidates[-1].why

    shown = rejected.removeprefix("predicted quality ").partition(" ")[0]
    assert rejected.endswith(f" is below the least of {least}")
    assert refused.value.message.endswith(f"routing.min_quality {least}; the best reaches {shown}")
    assert float(shown) < least


def test_what_a_rule_would_not_have_let_through_would_not_have_been_chosen() -> None:
    rule = RoutingRule("ours", "prefer", ("alpha:*",))
    world = view(CHEAP, DEAR, policy=Policy(rules=(rule,)))

    assert "would have been chosen" not in decide(ask(preset="quality", max_cost="0.001"), world).reason


shares = st.sampled_from((None, None, 0.05, 0.3, 1.0))
rules = st.lists(
    st.builds(
        RoutingRule,
        st.just("rule"),
        st.sampled_from(("prefer", "prefer", "require", "forbid")),
        st.sampled_from((("alpha:*",), ("*:m1", "beta:*"), ("gamma:m2",))),
    ),
    max_size=2,
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[ChatRequest, View]:
    """Any request in any world, with rules, a share to keep and little time, as may be."""
    request, world = draw(requests()), draw(views())
    options = replace(request.routing, max_price_share=draw(shares))
    world = replace(
        world,
        policy=replace(world.policy, rules=tuple(draw(rules))),
        time_left_s=draw(st.sampled_from((None, None, 0.1, 0.5, 2.0, 10.0))),
    )
    return replace(request, routing=options), world


@settings(max_examples=300)
@given(situations())
def test_every_reason_is_true(situation: tuple[ChatRequest, View]) -> None:
    decision = decided(*situation)
    if decision is None:
        return
    best, late = decision.selected, "nothing is sure to be done within " in decision.reason
    for candidate, why in zip(decision.candidates, reasons(decision.candidates), strict=True):
        if " less than " in why:
            assert candidate.score < best.score
        if "scores the same as" in why:
            assert (candidate.score, candidate.model.id > best.model.id) == (best.score, True)
        if "comes first with" in why:
            assert late
            assert candidate.latency.p50_ms > best.latency.p50_ms
    if "has the best balance of" in decision.reason:
        assert best.score == max(c.score for c in decision.plan)
    if f"{best.model.id} is the quickest of" in decision.reason:
        assert best.latency.p50_ms == min(c.latency.p50_ms for c in decision.plan)


@settings(max_examples=300)
@given(situations())
def test_what_would_have_been_chosen_but_for_the_limit_is_named_and_nothing_else(
    situation: tuple[ChatRequest, View],
) -> None:
    request, world = situation
    decision = decided(request, world)
    if decision is None:
        return
    without = decided(with_limit(request, None), replace(world, policy=replace(world.policy, max_cost=None)))
    assert without is not None
    rejected = {c.model.id: c.why for c in decision.candidates if c.status == "rejected"}
    why = rejected.get(without.selected.model.id, "")
    sentence = f"; {without.selected.model.id} would have been chosen, but is {why}"

    assert (sentence in decision.reason) == ("above the limit" in why)
    assert ("would have been chosen" in decision.reason) == ("above the limit" in why)
