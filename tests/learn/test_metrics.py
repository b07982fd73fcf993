"""The figures that routing is judged by: chance, the best possible, and nothing gained, where these are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.learn.curve import Pool

from training.routing.metrics import oracle_share, pair_score

STRONG = np.array([1.0, 1.0, 1.0, 1.0])
WEAK = np.array([0.0, 1.0, 0.0, 1.0])


def test_knowing_who_needs_the_strong_model_recovers_all_with_half_of_the_calls() -> None:
    score = pair_score(np.array([2.0, 0.0, 1.0, 0.0]), STRONG, WEAK)
    assert (score.apgr, score.cpt50, score.cpt80) == pytest.approx((0.75, 25.0, 40.0))


def test_an_order_without_content_is_chance() -> None:
    score = pair_score(np.zeros(4), STRONG, WEAK)
    assert (score.apgr, score.cpt50, score.cpt80) == pytest.approx((0.5, 50.0, 80.0))


@given(st.permutations([0.9, 0.6, 0.6, 0.2]))
def test_an_order_and_its_reverse_lie_evenly_around_chance(need: list[float]) -> None:
    forth, back = (pair_score(sign * np.array(need), STRONG, WEAK).apgr for sign in (1, -1))
    assert forth + back == pytest.approx(1.0)


def pool(predicted: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Pool:
    scores = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 1.0]] * 10)
    return Pool(["cheap", "dear"], scores, np.tile([0.001, 0.02], (40, 1)), np.tile(predicted, (10, 1)))


def test_knowing_every_score_beforehand_is_the_oracle() -> None:
    known = pool(np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 1.0]]))
    assert oracle_share(known, known.costs.mean(axis=0)) == pytest.approx(1.0)


def test_knowing_the_means_alone_is_no_better_than_mixing() -> None:
    means = pool(np.tile([0.5, 0.75], (4, 1)))
    assert oracle_share(means, means.costs.mean(axis=0)) == pytest.approx(0.0, abs=1e-9)
