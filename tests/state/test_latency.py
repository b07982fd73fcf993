"""What is remembered of models' speed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.latency import default, pace, predict, told_by_whole
from muxer.state.latency import CAPACITY, FASTEST_TOKENS_PER_S, MemoryLatencyPriors

from tests.fakes.clock import ManualClock

WINDOW_S = 600


def priors(clock: ManualClock | None = None) -> MemoryLatencyPriors:
    return MemoryLatencyPriors(WINDOW_S, clock or ManualClock())


def test_nothing_is_known_of_a_model_that_never_answered():
    assert dict(priors().snapshot()) == {}


def test_the_first_token_and_the_speed_after_it_are_kept_apart():
    memory = priors()
    memory.observe("p:m", first_token_s=2.0, writing_s=10.0, output_tokens=101)

    known = memory.snapshot()["p:m"]

    assert (known.first_token_p50_s, known.tokens_per_s) == (2.0, 10.0)
    assert (known.samples, known.speed_samples) == (1, 1)


def test_an_answer_of_one_token_says_nothing_of_the_speed():
    memory = priors()
    memory.observe("p:m", first_token_s=2.0, writing_s=0.0, output_tokens=1)

    known = memory.snapshot()["p:m"]

    assert (known.samples, known.tokens_per_s, known.speed_samples) == (1, 0.0, 0)


def test_one_that_came_whole_may_tell_the_speed_alone_or_nothing():
    memory = priors()
    memory.observe("p:m", first_token_s=None, writing_s=None, output_tokens=9)
    memory.observe("p:m", first_token_s=None, writing_s=1.0, output_tokens=1)
    assert dict(memory.snapshot()) == {}

    memory.observe("p:m", first_token_s=None, writing_s=1.0, output_tokens=11)
    assert (memory.snapshot()["p:m"].samples, memory.snapshot()["p:m"].tokens_per_s) == (0, 10.0)


def test_an_answer_that_came_in_one_piece_has_a_speed_within_reason():
    memory = priors()
    memory.observe("p:m", first_token_s=3.0, writing_s=0.0, output_tokens=500)

    assert memory.snapshot()["p:m"].tokens_per_s == pytest.approx(FASTEST_TOKENS_PER_S)


def test_high_quantiles_are_those_of_the_slow_answers():
    memory = priors()
    for number in range(100):
        slow = number >= 90
        memory.observe("p:m", first_token_s=5.0 if slow else 1.0, writing_s=20.0 if slow else 1.0, output_tokens=101)

    known = memory.snapshot()["p:m"]

    assert (known.first_token_p50_s, known.first_token_p95_s) == (1.0, 5.0)
    assert (known.tokens_per_s, known.slow_tokens_per_s) == pytest.approx((100, 5))


def test_what_is_older_than_the_window_is_forgotten():
    clock = ManualClock()
    memory = priors(clock)
    memory.observe("p:old", first_token_s=1.0, writing_s=1.0, output_tokens=10)
    clock.advance(WINDOW_S - 1)
    memory.observe("p:new", first_token_s=1.0, writing_s=1.0, output_tokens=10)
    clock.advance(2)

    assert set(memory.snapshot()) == {"p:new"}


def test_only_the_last_answers_count():
    memory = priors()
    for _ in range(CAPACITY):
        memory.observe("p:m", first_token_s=9.0, writing_s=1.0, output_tokens=10)
    for _ in range(CAPACITY):
        memory.observe("p:m", first_token_s=1.0, writing_s=1.0, output_tokens=10)

    assert memory.snapshot()["p:m"].first_token_p95_s == 1.0
    assert memory.snapshot()["p:m"].samples == CAPACITY


def test_a_snapshot_stays_as_it_was():
    memory = priors()
    memory.observe("p:m", first_token_s=1.0, writing_s=1.0, output_tokens=10)
    before = memory.snapshot()
    memory.observe("p:m", first_token_s=9.0, writing_s=1.0, output_tokens=10)

    assert before["p:m"].samples == 1


@pytest.mark.parametrize(("waiting", "speed"), [(3.0, 20.0), (0.05, 20.0), (3.0, 900.0)])
def test_the_time_of_answers_that_always_come_whole_is_learned_whatever_their_length(waiting, speed):
    memory, assumed = priors(), default(3_000_000, "p")

    def known():
        return pace(assumed, memory.snapshot().get("p:m"))

    def truth_s(tokens):
        return waiting + tokens / speed

    lengths = (5, 50, 500, 1_500)
    for tokens in lengths * 30:
        guess = predict(known(), tokens, tokens, tokens)
        waiting_s, writing_s = told_by_whole(guess, truth_s(tokens), tokens)
        memory.observe("p:m", first_token_s=waiting_s, writing_s=writing_s, output_tokens=tokens)

    predicted = sum(predict(known(), tokens, tokens, tokens).p50_ms for tokens in lengths)
    assert predicted / 1_000 == pytest.approx(sum(map(truth_s, lengths)), rel=0.2)


measurements = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4), st.integers(0, 10**6)), min_size=1, max_size=60)


@given(measurements)
def test_whatever_is_measured_quantiles_are_in_order(answers):
    memory = priors()
    for first_token_s, more_s, tokens in answers:
        memory.observe("p:m", first_token_s=first_token_s, writing_s=more_s, output_tokens=tokens)

    known = memory.snapshot()["p:m"]

    assert 0 < known.first_token_p50_s <= known.first_token_p95_s * (1 + 1e-9)
    assert 0 <= known.slow_tokens_per_s <= known.tokens_per_s * (1 + 1e-9)


@given(st.lists(st.tuples(st.floats(0.001, 9), st.floats(0, 200)), min_size=1, max_size=3 * CAPACITY))
def test_what_is_known_depends_on_what_is_kept_alone(answers):
    clock = ManualClock()
    memory, fresh = priors(clock), priors(clock)
    kept = []
    for seconds, pause_s in answers:
        clock.advance(pause_s)
        kept = [(at, value) for at, value in kept if at >= clock.monotonic() - WINDOW_S][-CAPACITY + 1 :]
        kept.append((clock.monotonic(), seconds))
        memory.snapshot()  # which is when the old ones go
        memory.observe("p:m", first_token_s=seconds, writing_s=seconds, output_tokens=2)
    for _, seconds in kept:
        fresh.observe("p:m", first_token_s=seconds, writing_s=seconds, output_tokens=2)

    assert memory.snapshot()["p:m"] == fresh.snapshot()["p:m"]
