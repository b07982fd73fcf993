"""Beliefs about positive quantities: what a default, and a handful of observations, come to."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.lognormal import Z90, Z95, Z99, assumed, high_quantile, moved

positive = st.floats(1e-3, 1e3)
ratios = st.floats(1.01, 100)


@given(positive, ratios, st.floats(1, 100))
def test_a_default_has_the_quantiles_that_it_was_given(median: float, ratio: float, weight: float) -> None:
    belief = assumed(median, ratio * median, Z95, weight)

    assert belief.quantile(Z95) == pytest.approx(ratio * median)
    assert belief.median < belief.quantile(Z90) < belief.quantile(Z95) < belief.quantile(Z99)


@given(positive, ratios, positive, ratios, st.integers(0, 10_000))
def test_the_median_lies_between_the_default_and_what_was_seen(
    median: float, ratio: float, seen: float, seen_ratio: float, count: int
) -> None:
    belief = moved(assumed(median, ratio * median, Z95, 5), seen, seen_ratio * seen, Z95, count)

    assert min(median, seen) * (1 - 1e-9) <= belief.median <= max(median, seen) * (1 + 1e-9)
    assert belief.median <= belief.quantile(Z90) <= belief.quantile(Z95) <= belief.quantile(Z99) < math.inf


@given(st.floats(0, 1e300), st.floats(0, 1e300), st.integers(0, 10**9))
def test_nothing_that_is_observed_makes_a_belief_infinite(median: float, high: float, count: int) -> None:
    belief = moved(assumed(1.0, 3.0, Z95, 5), median, high, Z95, count)

    assert 0 < belief.median <= belief.quantile(Z99) < math.inf


def test_many_observations_are_believed_whatever_was_assumed() -> None:
    belief = moved(assumed(1.0, 3.0, Z95, 5), 7.0, 11.0, Z95, 100_000)

    assert belief.median == pytest.approx(7.0, rel=1e-3)
    assert belief.quantile(Z95) == pytest.approx(11.0, rel=1e-2)


def test_five_alike_observations_do_not_make_a_high_quantile_sure() -> None:
    belief = moved(assumed(1.0, 3.0, Z95, 5), 1.0, 1.0, Z95, 5)

    assert belief.quantile(Z95) > 1.8


def test_a_quantile_of_few_observations_is_that_of_their_lognormal() -> None:
    dice = random.Random(1)
    guesses = [high_quantile(sorted(dice.lognormvariate(0, 0.5) for _ in range(10)), 0.95, Z95) for _ in range(400)]

    assert statistics.median(guesses) == pytest.approx(math.exp(0.5 * Z95), rel=0.05)


def test_a_quantile_of_many_observations_is_read_off_them() -> None:
    assert high_quantile([1.0] * 94 + [9.0] * 6, 0.95, Z95) == 9.0


@pytest.mark.parametrize(("observations", "quantile"), [([], 0.0), ([3.0], 3.0), ([3.0, 3.0], 3.0)])
def test_hardly_any_observations_have_a_quantile_too(observations: list[float], quantile: float) -> None:
    assert high_quantile(observations, 0.95, Z95) == pytest.approx(quantile)
