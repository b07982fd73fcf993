"""What complete answers teach, and what telemetry is told of their estimates."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from muxer.dispatch.observation import Outcome, compare, learn
from muxer.state.latency import MemoryLatencyPriors
from muxer.state.usage import MemoryUsageHistory
from muxer.types.chat import ChatRequest, ImagePart, Message, TextPart, Tool, Usage
from muxer.types.decision import ExpectedLength, LengthPrior
from muxer.types.money import PicoUsd

from tests.dispatch.plans import decision
from tests.fakes.clock import ManualClock
from tests.fakes.provider_client import RememberingTelemetry

MODEL = "openai:a"
TEXT = ChatRequest((Message("user", "Hello"),))
PICTURE = ChatRequest((Message("user", parts=(TextPart("Hello"), ImagePart("https://example.org/a.png"))),))


def learned(
    request=TEXT, *, prompt=150, counted=100, completion=50, expected=25.0, seconds=4.0, first_token_s=1.0, **of
):
    """Both histories after one answer."""
    plan = decision(MODEL)
    plan = replace(
        plan,
        signals=replace(plan.signals, token_length_est=counted),
        length=ExpectedLength("chat_lite", plain=expected, reasoning=10 * expected),
    )
    priors, history = MemoryLatencyPriors(600, ManualClock()), MemoryUsageHistory()
    usage = Usage(prompt, completion, estimated=of.get("estimated", False))
    outcome = Outcome(usage, PicoUsd(1), seconds, first_token_s, of.get("cut", False))
    learn(priors, history, request, plan, plan.selected, outcome)
    return priors.snapshot().get(MODEL), history.snapshot().get(MODEL)


def test_an_answer_teaches_vocabulary_length_and_speed():
    speed, usage = learned()

    assert (usage.token_factor, usage.samples) == (1.5, 1)
    assert usage.lengths == {"chat_lite": LengthPrior(median=2.0, p90=2.0, samples=1)}
    assert (speed.first_token_p50_s, speed.tokens_per_s) == (1.0, pytest.approx(49 / 3))


def test_usage_that_we_counted_ourselves_teaches_the_speed_alone():
    speed, usage = learned(estimated=True)

    assert usage is None
    assert speed.samples == 1


@pytest.mark.parametrize("request_", [PICTURE, replace(TEXT, tools=(Tool("look_up"),))])
def test_a_prompt_that_is_not_text_alone_teaches_no_vocabulary(request_):
    _, usage = learned(request_)

    assert usage.samples == 0
    assert usage.lengths["chat_lite"].samples == 1


def test_an_answer_that_was_cut_is_taken_for_a_lower_bound():
    _, usage = learned(cut=True)

    assert usage.lengths["chat_lite"].samples == 0


def test_a_decision_that_expected_no_length_teaches_none():
    _, usage = learned(expected=0.0)

    assert usage.lengths == {}


def test_of_several_answers_each_has_its_own_speed():
    speed, usage = learned(replace(TEXT, n=5))

    assert speed.tokens_per_s == pytest.approx(9 / 3)
    assert usage.lengths["chat_lite"].median == 2.0


def test_an_answer_that_came_whole_teaches_one_part_of_its_time():
    speed, _ = learned(first_token_s=None)

    assert (speed.samples, speed.speed_samples) == (1, 0)


def test_telemetry_is_told_of_cost_tokens_and_time():
    candidate = decision(MODEL).selected
    telemetry = RememberingTelemetry()

    compare(telemetry, candidate, Outcome(Usage(10, 5), PicoUsd(150), 1.5, None, cut=False))

    assert telemetry.of("estimate_compared") == [
        (MODEL, "latency", 1_500, 1_000, {"p50": 1_000, "p95": 2_000, "p99": candidate.latency.p99_ms}),
        (MODEL, "cost", 150, 100, {"p90": 200}),
        (MODEL, "output_tokens", 5, 20, {"p90": candidate.cost.output_p90}),
        (MODEL, "prompt_tokens", 10, 11, {}),
    ]


def test_estimated_usage_is_not_compared_with_its_own_estimate():
    telemetry = RememberingTelemetry()

    compare(
        telemetry, decision(MODEL).selected, Outcome(Usage(10, 5, estimated=True), PicoUsd(150), 1.5, None, cut=False)
    )

    assert [told[1] for told in telemetry.of("estimate_compared")] == ["latency"]
