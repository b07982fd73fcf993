"""Money on its way in: doubles of US dollars to exact pico-USD."""

from __future__ import annotations

import math

from muxer.errors import BadRequest, Reason
from muxer.types.money import PicoUsd, pico


def max_cost(usd: float | None) -> PicoUsd | None:
    """A cost limit. Raises `BadRequest` for what is no number; its range is checked with the other bounds."""
    if usd is None:
        return None
    if not math.isfinite(usd):
        field = "routing.max_cost_usd"
        raise BadRequest(Reason.INVALID_VALUE, f"`{field}` must be above 0 and at most 1,000", field=field)
    return pico(usd)
