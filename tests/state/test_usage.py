"""What reported usage teaches: the factor of a vocabulary, and how long a model's answers are."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.answer_length import MEDIAN_FACTOR, P90_FACTOR
from muxer.core.estimate import prompt_on
from muxer.core.prepared import prepared
from muxer.state.usage import CAPACITY, GREATEST_FACTOR, LEAST_FACTOR, LEAST_PROMPT, MEMORY, MemoryUsageHistory
from muxer.types.chat import Usage
from muxer.types.decision import UsagePrior

from tests.core.builders import TODAY, catalog, model


def saw(history, *, prompt=0, counted=0, completion=0, expected=0.0, cut=False, kind="chat_lite"):
    history.observe(
        "p:m",
        kind,
        counted_prompt_tokens=counted,
        expected_output_tokens=expected,
        usage=Usage(prompt, completion),
        cut=cut,
    )


def after(*multiples, cut=False) -> UsagePrior:
    """What is known after answers so many times as long as expected."""
    history = MemoryUsageHistory()
    for multiple in multiples:
        saw(history, completion=round(multiple * 1_000), expected=1_000, cut=cut)
    return history.snapshot()["p:m"]


def test_the_factor_is_what_the_provider_counts_for_each_token_that_was_counted():
    history = MemoryUsageHistory()
    saw(history, prompt=160, counted=100)
    saw(history, prompt=300, counted=200)

    known = history.snapshot()["p:m"]

    assert known.token_factor == pytest.approx(1.55)
    assert known.samples == 2


@pytest.mark.parametrize("counted", [0, LEAST_PROMPT - 1])
def test_a_prompt_that_is_short_or_not_text_teaches_no_factor(counted):
    history = MemoryUsageHistory()
    saw(history, prompt=100, counted=counted)

    assert history.snapshot()["p:m"].samples == 0


@given(st.sampled_from((1.0, 1.3, 1.6)), st.floats(0.75, 2.4))
def test_the_factor_converges_to_the_truth_from_any_start(start, truth):
    history = MemoryUsageHistory()
    for counted in range(1_000, 1_500):
        saw(history, prompt=round(counted * truth), counted=counted)
    ready = prepared(catalog(model("p:m", factor=start)), TODAY)["p:m"]

    expected, _ = prompt_on(ready, 10_000, history.snapshot()["p:m"])

    assert expected == pytest.approx(10_000 * truth, rel=0.03)


def test_a_vocabulary_that_has_changed_is_learned_anew():
    history = MemoryUsageHistory()
    for factor in (1.0, 2.0):
        for _ in range(5 * MEMORY):
            saw(history, prompt=round(1_000 * factor), counted=1_000)

    assert history.snapshot()["p:m"].token_factor == pytest.approx(2.0, rel=0.01)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)), min_size=1))
def test_no_factor_is_believed_that_no_vocabulary_has(prompts):
    history = MemoryUsageHistory()
    for prompt, counted in prompts:
        saw(history, prompt=prompt, counted=counted)
    known = history.snapshot()["p:m"]

    assert known.samples == 0 or LEAST_FACTOR <= known.token_factor <= GREATEST_FACTOR


def test_one_absurd_count_moves_the_factor_by_little():
    history = MemoryUsageHistory()
    for _ in range(30):
        saw(history, prompt=1_100, counted=1_000)
    saw(history, prompt=10**9, counted=1_000)

    assert history.snapshot()["p:m"].token_factor < 1.2


def test_lengths_are_the_median_and_the_90th_percentile_of_the_answers():
    known = after(*[0.5] * 6, *[1.0] * 3, 4.0).lengths["chat_lite"]

    assert (known.median, known.p90, known.samples) == (0.5, 1.0, 10)


def test_kinds_of_requests_are_kept_apart():
    history = MemoryUsageHistory()
    saw(history, completion=100, expected=100, kind="chat_lite")
    saw(history, completion=500, expected=100, kind="code_gen")

    lengths = history.snapshot()["p:m"].lengths

    assert {kind: prior.median for kind, prior in lengths.items()} == {"chat_lite": 1.0, "code_gen": 5.0}


def test_only_the_last_answers_count():
    known = after(*[9.0] * CAPACITY, *[1.0] * CAPACITY).lengths["chat_lite"]

    assert (known.p90, known.samples) == (1.0, CAPACITY)


def test_answers_that_were_all_cut_say_only_that_they_would_have_been_longer():
    short = after(*[0.1] * 20, cut=True).lengths["chat_lite"]
    long = after(*[9.0] * 20, cut=True).lengths["chat_lite"]

    assert (short.median, short.p90, short.samples) == (MEDIAN_FACTOR, P90_FACTOR, 0)
    assert (long.median, long.p90, long.samples) == (9.0, 9.0, 0)


def test_a_limit_that_cuts_long_answers_does_not_make_them_look_short():
    dice = random.Random(2)
    truth = [dice.lognormvariate(0.0, 0.8) for _ in range(CAPACITY)]
    limit = 1.3
    history = MemoryUsageHistory()
    for multiple in truth:
        cut = multiple > limit
        saw(history, completion=round(1_000 * min(multiple, limit)), expected=1_000, cut=cut)
    whole = statistics.median(multiple for multiple in truth if multiple <= limit)

    learned = history.snapshot()["p:m"].lengths["chat_lite"].median

    assert learned == pytest.approx(statistics.median(truth), rel=0.1)
    assert whole < 0.75 * learned  # what one would believe who left the cut ones out


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1e6), st.booleans()), min_size=1, max_size=90))
def test_whatever_is_reported_lengths_are_in_order(answers):
    history = MemoryUsageHistory()
    for completion, expected, cut in answers:
        saw(history, completion=completion, expected=expected, cut=cut)

    for known in history.snapshot()["p:m"].lengths.values():
        assert 0 < known.median <= known.p90
        assert 0 <= known.samples <= CAPACITY


def test_a_snapshot_stays_as_it_was():
    history = MemoryUsageHistory()
    saw(history, prompt=100, counted=100, completion=10, expected=10)
    before = history.snapshot()
    saw(history, prompt=200, counted=100, completion=90, expected=10)

    assert (before["p:m"].samples, before["p:m"].lengths["chat_lite"].samples) == (1, 1)


@given(st.lists(st.integers(30, 30_000), min_size=1, max_size=3 * CAPACITY))
def test_quantiles_of_answers_that_were_not_cut_are_those_that_half_and_nine_tenths_stay_within(lengths):
    known = after(*[length / 1_000 for length in lengths]).lengths["chat_lite"]
    kept = sorted(lengths[-CAPACITY:])

    def within(share_in_tenths: int) -> float:
        return next(x for at, x in enumerate(kept, 1) if 10 * at >= share_in_tenths * len(kept)) / 1_000

    assert (known.median, known.p90, known.samples) == pytest.approx((within(5), within(9), len(kept)))
