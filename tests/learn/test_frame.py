"""The frame of a picture has room for whatever costs there are."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from muxer.learn.frame import HEIGHT, WIDTH, Frame


@given(st.lists(st.floats(0, 10_000, exclude_min=True), min_size=1), st.lists(st.floats(0, 1), min_size=1))
def test_all_costs_and_qualities_are_on_the_sheet(costs: list[float], qualities: list[float]) -> None:
    frame = Frame(costs, qualities, "mean score")

    assert frame.axes()
    assert all(0 <= frame.x(cost) <= WIDTH for cost in costs)
    assert all(0 <= frame.y(quality) <= HEIGHT for quality in qualities)


def test_the_least_number_that_there_is_can_be_a_cost() -> None:
    assert Frame([math.ulp(0.0), 1e-320], [0.5], "mean score").axes()
