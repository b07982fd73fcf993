"""What the time left until the deadline rules out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.explain import reasons
from muxer.core.route import decide
from muxer.errors import MuxerError, Reason
from muxer.types.chat import ChatRequest
from muxer.types.decision import Decision, LatencyPrior, Policy, RoutingRule, View

from tests.core.builders import ask, model, requests, view, views

QUICK = LatencyPrior(
    first_token_p50_s=0.1, first_token_p95_s=0.2, tokens_per_s=1_000, samples=1_000, speed_samples=1_000
)
SLOW = LatencyPrior(first_token_p50_s=30, first_token_p95_s=60, tokens_per_s=5, samples=1_000, speed_samples=1_000)
A, B = model("alpha:a", 1), model("beta:b", 0.1)


def left(world: View, seconds: float | None) -> View:
    return replace(world, time_left_s=seconds)


def refused(request: ChatRequest, world: View) -> MuxerError:
    with pytest.raises(MuxerError) as caught:
        decide(request, world)
    return caught.value


def test_a_model_that_is_expected_to_be_late_is_ruled_out_and_says_so() -> None:
    world = view(A, B, latency={"alpha:a": QUICK, "beta:b": SLOW})
    unhurried, hurried = decide(ask(preset="economy"), left(world, None)), decide(ask(preset="economy"), left(world, 5))

    assert unhurried.selected.model.id == "beta:b"
    assert [c.model.id for c in hurried.plan] == ["alpha:a"]
    assert hurried.candidates[1].why.startswith("expected to take ")
    assert hurried.candidates[1].why.endswith(" s; 5.0 s are left")


def test_a_default_rules_a_model_out_as_long_as_another_one_is_in_time() -> None:
    decision = decide(ask(), left(view(A, B, latency={"alpha:a": QUICK}), 1.0))

    assert [c.model.id for c in decision.plan] == ["alpha:a"]


def test_when_none_is_in_time_models_of_which_nothing_was_measured_are_tried_the_quickest_first() -> None:
    dear = model("gamma:c", 50)
    decision = decide(ask(preset="quality"), left(view(A, dear, B, latency={"alpha:a": SLOW}), 0.1))

    assert [c.model.id for c in decision.plan] == ["beta:b", "gamma:c"]
    assert [c.latency.p50_ms for c in decision.plan] == pytest.approx([1_150, 3_082], abs=0.5)
    assert (
        ": nothing is sure to be done within 100 ms; beta:b is the quickest of those that were never measured, done in "
        f"about 1150 ms, with quality {decision.selected.quality:.2f} and cost $"
    ) in decision.reason
    assert reasons(decision.plan) == [
        "nothing is sure to be done within 100 ms; the quickest, done in about 1150 ms",
        "done in about 3.1 s; beta:b comes first with 1.1 s",
    ]


def test_of_those_that_are_equally_quick_the_score_decides_and_says_so() -> None:
    twins = decide(ask(preset="quality"), left(view(model("alpha:a", 1), model("beta:b", 2)), 0.1))

    assert twins.candidates[0].latency == twins.candidates[1].latency
    assert reasons(twins.plan)[1].startswith("scores ")


def test_a_rule_that_prefers_models_comes_before_their_time() -> None:
    rule = RoutingRule("ours", "prefer", ("gamma:*",))
    world = view(B, model("gamma:c", 50), policy=Policy(rules=(rule,)))
    decision = decide(ask(), left(world, 0.1))

    assert [c.model.id for c in decision.plan] == ["gamma:c", "beta:b"]
    assert "gamma:c is the quickest, among those that rule ours prefers, of those that were never" in decision.reason
    quickest, other = reasons(decision.plan)
    assert "; the quickest, among those that rule ours prefers, done in about " in quickest
    assert other == "is not one of those that rule ours prefers"


def test_a_time_that_is_over_is_told_as_none() -> None:
    error = refused(ask(), left(view(A, latency={"alpha:a": SLOW}), -0.2))

    assert error.message.endswith("; 0 ms are left")


def test_when_all_were_measured_and_are_too_slow_the_deadline_is_exceeded_before_anything_is_sent() -> None:
    error = refused(ask(), left(view(A, B, latency={"alpha:a": SLOW, "beta:b": SLOW}), 2.5))

    assert error.reason is Reason.DEADLINE_EXCEEDED
    assert error.details["time_left_s"] == 2.5
    assert error.details["quickest"]["p50_ms"] > 30_000
    assert error.details["quickest"]["model"] in error.message


def test_a_named_model_is_asked_however_slow_it_is() -> None:
    world = view(A, latency={"alpha:a": SLOW})

    assert decide(ask(model="alpha:a"), left(world, 0.1)).selected.model.id == "alpha:a"


def test_what_cannot_be_had_at_all_is_told_before_what_cannot_be_had_in_time() -> None:
    assert refused(ask(tools=1), left(view(A, latency={"alpha:a": SLOW}), 1)).reason is Reason.NO_CAPABLE_MODEL


@given(requests(), views(), st.floats(0, 100))
def test_a_plan_is_in_time_or_nothing_was_measured_of_it(request: ChatRequest, world: View, seconds: float) -> None:
    try:
        decision: Decision | None = decide(request, left(world, seconds))
    except MuxerError:
        decision = None
    if decision:
        late = [c for c in decision.plan if c.latency.p50_ms > 1_000 * seconds]
        assert late in ([], list(decision.plan))
        assert all(c.latency.samples == 0 for c in late)
