"""Limits of cost come in as doubles."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.errors import BadRequest, Reason
from muxer.service.amounts import max_cost
from muxer.types.money import PicoUsd


def test_a_limit_is_exact() -> None:
    assert PicoUsd(100_000_000_000) == max_cost(0.1)


def test_no_limit_stays_none() -> None:
    assert max_cost(None) is None


@pytest.mark.parametrize(
    "usd", [0.0, -1.0, 1e-300, 9e-13, 1000.01, 1e297, 1e308, math.inf, -math.inf, math.nan, 10**400], ids=str
)
def test_what_is_out_of_range_is_refused_by_name(usd: float) -> None:
    with pytest.raises(BadRequest) as refused:
        max_cost(usd)

    assert (refused.value.reason, refused.value.field) == (Reason.INVALID_VALUE, "routing.max_cost_usd")


@given(st.floats() | st.integers())
def test_any_number_is_taken_or_refused(usd: float) -> None:
    try:
        taken = max_cost(usd)
    except BadRequest:
        return

    assert taken is not None
    assert 0 < taken <= 1000 * 10**12
