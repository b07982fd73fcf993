"""The cost-quality curve: hull, comparison with fixed models, and pools."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from muxer.learn.curve import Pool, compare, hull, pools, why_no_pool
from muxer.learn.fit import Fit

from tests.learn.traffic import COST, DEAR, sums_need_the_dear_one

points = st.lists(st.tuples(st.floats(0.001, 10), st.floats(0, 1)), min_size=1, max_size=30)


@given(points)
def test_no_policy_lies_above_the_hull(policies: list[tuple[float, float]]) -> None:
    curve = hull(np.array(policies))
    assert all(quality <= curve.quality_at(cost) + 1e-9 for cost, quality in policies)


@given(points)
def test_the_hull_rises_ever_more_slowly(policies: list[tuple[float, float]]) -> None:
    curve = hull(np.array(policies))
    slopes = np.diff(curve.quality) / np.diff(curve.cost)

    assert (slopes > 0).all()
    assert (np.diff(slopes) <= 1e-9 * np.abs(slopes[1:])).all()


def test_perfect_predictions_save_what_the_cheap_model_can_do() -> None:
    scores = np.array([[1.0, 1.0], [0.0, 1.0]] * 50)
    costs = np.tile([0.001, 0.02], (100, 1))
    dear = compare(Pool(["cheap", "dear"], scores, costs, scores), costs.mean(axis=0))[0]

    assert (dear.model, dear.quality) == ("dear", 1.0)
    assert math.isclose(0.0105, dear.cost)
    assert math.isclose(1 - 0.0105 / 0.02, dear.saving)


def test_predictions_without_content_save_nothing() -> None:
    scores = np.array([[1.0, 1.0], [0.0, 1.0]] * 50)
    costs = np.tile([0.001, 0.02], (100, 1))
    flat = np.tile(scores.mean(axis=0), (100, 1))

    assert abs(compare(Pool(["cheap", "dear"], scores, costs, flat), costs.mean(axis=0))[0].saving) < 1e-9


def test_the_fitted_router_is_cheaper_than_the_dear_model_at_its_quality(fitted: Fit) -> None:
    outcomes = sums_need_the_dear_one(400)
    (pool,) = pools(outcomes, fitted.held_out)
    dear = compare(pool, np.array([COST[name] for name in pool.models]))[0]

    assert dear.model == DEAR
    assert dear.better >= dear.quality - 0.02
    assert pool.curve(np.array([COST[name] for name in pool.models])).quality_at(0.012) > 0.85


def test_prompts_that_only_one_model_answered_make_no_pool() -> None:
    outcomes = sums_need_the_dear_one(100)
    outcomes.scores[:, 0] = np.nan
    assert pools(outcomes, outcomes.scores) == []
    assert why_no_pool(outcomes) == "no prompt was answered by more than one model"


def test_without_costs_there_is_no_pool() -> None:
    outcomes = sums_need_the_dear_one(100, cost=False)
    assert pools(outcomes, outcomes.scores) == []
    assert why_no_pool(outcomes) == "no outcome has a `cost_usd`"


def test_with_the_costs_of_one_model_there_is_no_pool() -> None:
    outcomes = sums_need_the_dear_one(100)
    outcomes.costs[:, 0] = np.nan
    assert pools(outcomes, outcomes.scores) == []
    assert why_no_pool(outcomes) == "no prompt has a `cost_usd` from more than one model"


def test_a_handful_of_prompts_makes_no_pool() -> None:
    outcomes = sums_need_the_dear_one(20)
    assert pools(outcomes, outcomes.scores) == []
    assert why_no_pool(outcomes) == "no 30 prompts were answered by the same models, with a `cost_usd` from each"
