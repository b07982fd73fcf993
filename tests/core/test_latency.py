"""How long answers take, by default and after measurements."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from muxer.core.latency import DEFAULT_WORTH, blend, default, predict
from muxer.types.decision import LatencyPrior

from tests.core.builders import latency_priors

SLOW = LatencyPrior(first_token_p50_s=2.0, first_token_p95_s=6.0, tokens_per_s=10.0, samples=DEFAULT_WORTH)
FAST = LatencyPrior(first_token_p50_s=1.0, first_token_p95_s=2.0, tokens_per_s=30.0)


def test_dearer_models_are_taken_for_slower() -> None:
    small, medium, large = (default(price, "openai") for price in (300_000, 3_000_000, 30_000_000))

    assert small.first_token_p50_s < medium.first_token_p50_s < large.first_token_p50_s
    assert small.tokens_per_s > medium.tokens_per_s > large.tokens_per_s


def test_groq_is_taken_for_faster_than_others_of_its_price() -> None:
    groq, other = default(300_000, "groq"), default(300_000, "openai")

    assert predict(groq, 300, 600).p50_ms < predict(other, 300, 600).p50_ms / 3


def test_defaults_say_that_they_are_not_measured() -> None:
    assert default(300_000, "openai").samples == 0


def test_as_many_measurements_as_the_default_is_worth_meet_it_half_way() -> None:
    both = blend(FAST, SLOW)

    assert (both.first_token_p50_s, both.first_token_p95_s) == (1.5, 4.0)
    assert math.isclose(both.tokens_per_s, 15.0)  # 1/10 and 1/30 seconds per token: 2/30 between them
    assert both.samples == SLOW.samples


def test_no_measurements_leave_the_default() -> None:
    assert blend(FAST, LatencyPrior(99.0, 99.0, 1.0, samples=0)) == FAST


def test_an_answer_takes_its_first_token_and_then_its_length() -> None:
    estimate = predict(FAST, 300, 600)

    assert (estimate.first_token_p50_ms, estimate.p50_ms, estimate.p95_ms) == (1_000, 11_000, 22_000)


@given(latency_priors)
def test_any_measurement_gives_a_finite_speed_between_it_and_the_default(measured: LatencyPrior) -> None:
    both = blend(FAST, measured)
    estimate = predict(both, 1_000, 2_000)

    assert both.tokens_per_s > 0
    assert 0 <= estimate.first_token_p50_ms <= estimate.p50_ms < float("inf")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_longer_answer_never_takes_less_time(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))

    assert predict(FAST, shorter, shorter).p50_ms <= predict(FAST, longer, longer).p50_ms
