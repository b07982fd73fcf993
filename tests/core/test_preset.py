"""Which preset is in force, and the scales that its weights work on."""

from __future__ import annotations

import math

import pytest
from muxer.core.preset import PRESETS, cost_term, latency_term, resolve
from muxer.errors import BadRequest, Reason
from muxer.types.decision import Policy
from muxer.types.money import PicoUsd, pico


@pytest.mark.parametrize(
    ("asked", "of_model_field", "in_force"),
    [("fast", "economy", "fast"), ("", "economy", "economy"), ("", "", "quality")],
)
def test_the_routing_options_go_before_the_model_field_and_that_before_the_default(
    asked: str, of_model_field: str, in_force: str
) -> None:
    assert resolve(asked, of_model_field, default="quality") == in_force


def test_an_unknown_preset_in_the_routing_options_is_an_invalid_value() -> None:
    with pytest.raises(BadRequest) as caught:
        resolve("cheapest", "", default="balanced")

    assert (caught.value.reason, caught.value.field) == (Reason.INVALID_VALUE, "routing.preset")


def test_the_operators_default_is_a_known_preset() -> None:
    assert Policy().default_preset in PRESETS


def test_no_weight_is_negative() -> None:
    assert all(weights.cost >= 0 and weights.latency >= 0 for weights in PRESETS.values())


def test_ten_times_the_cost_or_time_is_one_more_where_they_matter() -> None:
    assert math.isclose(1, cost_term(pico("0.1")) - cost_term(pico("0.01")), abs_tol=0.001)
    assert math.isclose(1, latency_term(300_000) - latency_term(30_000), abs_tol=0.002)


def test_nothing_costs_nothing() -> None:
    assert (cost_term(PicoUsd(0)), latency_term(0)) == (0, 0)


def test_negligible_costs_hardly_differ() -> None:
    assert cost_term(pico("0.000001")) - cost_term(PicoUsd(0)) < 0.05
