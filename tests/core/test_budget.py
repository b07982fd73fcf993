"""The limit in force, and what is held against it."""

from __future__ import annotations

import pytest
from muxer.core.budget import excess, lower
from muxer.types.catalog import CostEstimate
from muxer.types.money import PicoUsd, pico

COST = CostEstimate(expected=pico("0.05"), p90=pico("0.12"), ceiling=pico("9"), input_tokens=10, output_tokens=10)


@pytest.mark.parametrize(
    ("asked", "laid_down", "in_force"),
    [(None, None, None), (5, None, 5), (None, 7, 7), (5, 7, 5), (9, 7, 7), (0, 7, 0)],
)
def test_the_lower_limit_is_in_force(asked: int | None, laid_down: int | None, in_force: int | None) -> None:
    def amount(value: int | None) -> PicoUsd | None:
        return None if value is None else PicoUsd(value)

    assert lower(amount(asked), amount(laid_down)) == in_force


def test_the_90th_percentile_may_reach_the_limit() -> None:
    assert excess(COST, pico("0.12")) == ""


def test_the_90th_percentile_may_not_pass_the_limit() -> None:
    assert excess(COST, PicoUsd(pico("0.12") - 1)) == "estimated at $0.12, above the limit of $0.119999999999"
    assert excess(COST, pico("0.08")) == "estimated at $0.12, above the limit of $0.08"


def test_what_a_question_took_of_the_limit_is_told() -> None:
    assert excess(COST, pico("0.13"), pico("0.01")) == ""
    assert excess(COST, pico("0.13"), pico("0.02")) == (
        "estimated at $0.12, above the limit of $0.13, of which $0.02 went into asking what kind of request it is"
    )
