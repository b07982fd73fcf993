"""Money on its way in: doubles of US dollars to exact pico-USD."""

from __future__ import annotations

from muxer.errors import BadRequest, Reason
from muxer.types.money import PicoUsd, pico

MOST_USD = 1_000
"""The highest limit that a request may set for its cost."""


def max_cost(usd: float | None) -> PicoUsd | None:
    """A cost limit. Raises `BadRequest` for one out of range: less than a pico-dollar would be a limit of nothing."""
    if usd is None:
        return None
    amount = pico(usd) if 0 < usd <= MOST_USD else 0
    if amount <= 0:
        field = "routing.max_cost_usd"
        raise BadRequest(Reason.INVALID_VALUE, f"`{field}` must be above 0 and at most {MOST_USD:,}", field=field)
    return PicoUsd(amount)
