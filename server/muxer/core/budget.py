"""The limit on what one request may be estimated to cost, and the figure that is held against it.

That figure is the 90th percentile, `CostEstimate.p90`: nine requests in ten then stay under what the caller named. The
expected cost would let every third pass it, and the ceiling (every answer as long as the model can write) would refuse
nearly everything that leaves `max_tokens` open. A caller who sets `max_tokens` caps all three figures with it.
"""

from __future__ import annotations

from muxer.types.catalog import CostEstimate
from muxer.types.money import PicoUsd, usd_text


def lower(asked: PicoUsd | None, laid_down: PicoUsd | None) -> PicoUsd | None:
    """The limit in force: the lower of the caller's and the operator's. None: no limit."""
    if asked is None or laid_down is None:
        return laid_down if asked is None else asked
    return min(asked, laid_down)


def excess(cost: CostEstimate, limit: PicoUsd, spent: int = 0) -> str:
    """Why a request may not be sent at this cost, in words; empty when it may. A cost exactly at the limit may. `spent`
    is what a question about the request has taken of the limit."""
    if cost.p90 + spent <= limit:
        return ""
    taken = f", of which ${usd_text(spent)} went into asking what kind of request it is" if spent else ""
    return f"estimated at ${usd_text(cost.p90)}, above the limit of ${usd_text(limit)}{taken}"
