"""The presets: what a request's routing weighs, in one currency.

A weight says how much predicted quality (0 to 1) the preset gives up to make an answer ten times cheaper, or ten times
faster. Factors of ten, because a router serves many requests: a model that costs a hundred times as much is a bad
choice for small talk although one such answer costs next to nothing. Below a hundred-thousandth of a dollar and below a
tenth of a second, differences no longer count.

The figures are hand-set; `tests/core/test_choices.py` holds what they must bring about.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from muxer.errors import BadRequest, Reason
from muxer.types.money import PicoUsd, pico

NEGLIGIBLE_COST = pico("0.00001")
"""Costs well below this count as equal."""

NEGLIGIBLE_MS = 100.0
"""Times well below this count as equal."""


class Weights(Struct, frozen=True):
    """Quality that a tenfold cost, and a tenfold time, must bring to be worth it. Never negative."""

    cost: float
    latency: float


PRESETS: Mapping[str, Weights] = MappingProxyType(
    {
        "balanced": Weights(cost=0.15, latency=0.03),
        "economy": Weights(cost=0.20, latency=0.02),
        "fast": Weights(cost=0.04, latency=0.40),
        "quality": Weights(cost=0.005, latency=0.002),
    }
)


def resolve(asked: str, of_model_field: str, default: str) -> str:
    """The preset in force: the routing options' own, else that of `auto:PRESET`, else the operator's.

    Raises `BadRequest` INVALID_VALUE when the routing options name an unknown one.
    """
    if asked and asked not in PRESETS:
        raise BadRequest(
            Reason.INVALID_VALUE, f"unknown preset `{asked}`; known are {', '.join(PRESETS)}", field="routing.preset"
        )
    return asked or of_model_field or default


def cost_term(cost: PicoUsd) -> float:
    """Factors of ten in an expected cost, from 0 for nothing."""
    return math.log10(1 + cost / NEGLIGIBLE_COST)


def latency_term(ms: float) -> float:
    """Factors of ten in an expected time, from 0 for none."""
    return math.log10(1 + ms / NEGLIGIBLE_MS)
