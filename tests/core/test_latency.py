"""How long answers take, by default and after measurements."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.latency import DEFAULT_WORTH, default, pace, predict, told_by_whole
from muxer.core.lognormal import Z90
from muxer.types.decision import LatencyPrior

from tests.core.builders import latency_priors

FAST = LatencyPrior(1.0, 2.0, tokens_per_s=30.0, slow_tokens_per_s=15.0)
SLOW = LatencyPrior(4.0, 8.0, 7.5, samples=DEFAULT_WORTH, slow_tokens_per_s=3.75, speed_samples=DEFAULT_WORTH)


def test_dearer_models_are_taken_for_slower() -> None:
    small, medium, large = (default(price, "openai") for price in (300_000, 3_000_000, 30_000_000))

    assert small.first_token_p50_s < medium.first_token_p50_s < large.first_token_p50_s
    assert small.tokens_per_s > medium.tokens_per_s > large.tokens_per_s


def test_groq_is_taken_for_faster_than_others_of_its_price() -> None:
    groq, other = (predict(pace(default(300_000, name)), 300, 600, 9_000) for name in ("groq", "openai"))

    assert groq.p50_ms < other.p50_ms / 3


def test_defaults_say_that_they_are_not_measured() -> None:
    assert predict(pace(default(300_000, "openai")), 300, 600, 9_000).samples == 0


def test_a_default_is_itself_as_long_as_nothing_was_measured() -> None:
    assumed = pace(FAST)

    assert assumed.first_token_ms == 1_000
    assert assumed.late_p95_ms == pytest.approx(1_000)
    assert assumed.token_ms == pytest.approx(1_000 / 30)
    assert assumed.slow_p95 == pytest.approx(1.0)


def test_as_many_measurements_as_the_default_is_worth_meet_it_half_way_on_a_logarithmic_scale() -> None:
    both = pace(FAST, SLOW)

    assert both.first_token_ms == pytest.approx(2_000)
    assert both.token_ms == pytest.approx(1_000 / 15)
    assert both.samples == SLOW.samples


def test_one_freak_measurement_changes_little() -> None:
    freak = LatencyPrior(100.0, 100.0, 0.3, samples=1, slow_tokens_per_s=0.3, speed_samples=1)

    usual, after = (predict(p, 300, 600, 9_000) for p in (pace(FAST), pace(FAST, freak)))

    assert after.p50_ms < 3 * usual.p50_ms


def test_first_tokens_without_a_speed_leave_the_default_speed() -> None:
    silent = LatencyPrior(3.0, 5.0, 0.0, samples=50)

    assert pace(FAST, silent).token_ms == pace(FAST).token_ms


def test_an_answer_takes_its_first_token_and_then_its_length() -> None:
    estimate = predict(pace(FAST), 300, 600, 9_000)

    assert estimate.first_token_p50_ms == 1_000
    assert estimate.p50_ms == pytest.approx(11_000)
    assert estimate.token_p50_ms == pytest.approx(1_000 / 30)


def test_no_answer_is_longer_than_it_may_be() -> None:
    free, capped = (predict(pace(FAST), 300, 600, most) for most in (9_000, 600))

    assert capped.p50_ms == free.p50_ms
    assert capped.p95_ms < free.p95_ms
    assert capped.p99_ms < free.p99_ms


def test_many_measurements_are_believed_at_every_quantile() -> None:
    measured = LatencyPrior(2.0, 3.0, 50.0, samples=10_000, slow_tokens_per_s=40.0, speed_samples=10_000)
    sure = pace(FAST, measured)

    assert sure.first_token_ms == pytest.approx(2_000, rel=0.01)
    assert sure.late_p95_ms == pytest.approx(1_000, rel=0.02)
    assert sure.slow_p95 == pytest.approx(0.25, rel=0.02)


def test_as_many_answers_stay_within_a_quantile_as_it_says() -> None:
    dice = random.Random(4)
    length_sigma = 0.7
    measured = LatencyPrior(1.0, 2.0, 50.0, samples=10_000, slow_tokens_per_s=30.0, speed_samples=10_000)
    estimate = predict(pace(FAST, measured), 400, 400 * 2.718281828 ** (Z90 * length_sigma), 100_000)

    def answer_ms() -> float:
        waiting = dice.lognormvariate(0, 0.4214)  # p95 is twice the median
        tokens = 400 * dice.lognormvariate(0, length_sigma)
        return 1_000 * (waiting + tokens / 50 * dice.lognormvariate(0, 0.3106))  # slowest 5 %: 30 tokens a second

    answers = [answer_ms() for _ in range(20_000)]
    share = [sum(a <= q for a in answers) / len(answers) for q in (estimate.p50_ms, estimate.p95_ms, estimate.p99_ms)]

    assert share == [pytest.approx(0.5, abs=0.06), pytest.approx(0.95, abs=0.02), pytest.approx(0.99, abs=0.01)]


@given(latency_priors, st.floats(0, 1e6), st.floats(1, 50), st.floats(1, 50))
def test_quantiles_are_finite_and_in_order(measured: LatencyPrior, median: float, spread: float, room: float) -> None:
    estimate = predict(pace(FAST, measured), median, median * spread, median * spread * room)

    assert 0 < estimate.first_token_p50_ms <= estimate.p50_ms <= estimate.p95_ms <= estimate.p99_ms < float("inf")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_longer_answer_never_takes_less_time(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    quick, slow = (predict(pace(FAST), tokens, 2 * tokens, 2 * tokens) for tokens in (shorter, longer))

    assert (quick.p50_ms, quick.p95_ms, quick.p99_ms) <= (slow.p50_ms, slow.p95_ms, slow.p99_ms)


def told(seconds: float, tokens: float) -> tuple[float, float]:
    """What a whole answer tells of a model with one second to wait for and one to write 30 tokens; 0 for nothing."""
    waiting, writing = told_by_whole(predict(pace(FAST), 30, 60, 9_000), seconds, tokens)
    return waiting or 0.0, writing or 0.0


def test_a_short_answer_that_came_whole_tells_the_waiting_and_a_long_one_the_writing() -> None:
    assert told(4.0, 15) == pytest.approx((3.5, 0.0))
    assert told(4.0, 90) == pytest.approx((0.0, 3.0))


def test_an_answer_quicker_than_either_part_is_quicker_in_the_larger_one() -> None:
    assert told(0.1, 10) == pytest.approx((0.075, 0.0))
    assert told(0.1, 90) == pytest.approx((0.0, 0.075))


@given(st.floats(0, 1e4), st.floats(0, 1e5))
def test_a_whole_answer_tells_one_part_and_never_more_than_its_time(seconds: float, tokens: float) -> None:
    waiting, writing = told_by_whole(predict(pace(FAST), 30, 60, 900), seconds, tokens)

    assert (waiting is None) != (writing is None)
    assert 0 <= (waiting or writing or 0.0) <= seconds
