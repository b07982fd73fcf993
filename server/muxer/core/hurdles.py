"""The hard limits: what rules a model out for a request, whatever it would score.

They stand in a fixed order, lasting ones before passing ones, and a model is ruled out by the first that it falls at.
So when none is left, the limit that the last ones fell at tells the caller what to change, and only when a model would
do but for its provider's present state does the error say that trying again may help.
"""

from __future__ import annotations

import enum

from muxer.core import budget, capability
from muxer.core.demand import Demand
from muxer.core.digits import apart, times_apart
from muxer.core.prepared import PreparedModel
from muxer.types.catalog import CostEstimate, LatencyEstimate


class Hurdle(enum.IntEnum):
    """The hard limits, in the order in which they are tried."""

    POLICY = 1
    RULE = 2
    CONFIGURED = 3
    IN_SERVICE = 4
    CAPABILITY = 5
    MAX_TOKENS = 6
    CONTEXT = 7
    QUALITY = 8
    PROVIDER = 9
    BUDGET = 10
    DEADLINE = 11


def barred_at(model: PreparedModel, demand: Demand) -> Hurdle | None:
    """The first limit that a model falls at of those that take no prediction, which are the first ones."""
    if model.id in demand.broken_rules:
        return Hurdle.POLICY
    if demand.ruling.limits and demand.ruling.against(model.id):
        return Hurdle.RULE
    if model.spec.provider not in demand.providers:
        return Hurdle.CONFIGURED
    if model.retired and not demand.pinned:
        return Hurdle.IN_SERVICE
    if demand.needs & model.lacks:
        return Hurdle.CAPABILITY
    wanted = demand.length.max_tokens
    if wanted is not None and 0 < model.spec.max_output_tokens < wanted:
        return Hurdle.MAX_TOKENS
    return None


def why_barred(model: PreparedModel, demand: Demand, barred: Hurdle) -> str:
    """The reason in words why a model fell at a limit that takes no prediction."""
    spec = model.spec
    if barred is Hurdle.POLICY:
        return f"ruled out by {demand.broken_rules[model.id]}"
    if barred is Hurdle.RULE:
        return f"ruled out by rule {demand.ruling.against(model.id)}"
    if barred is Hurdle.CONFIGURED:
        return f"provider {spec.provider} is not configured"
    if barred is Hurdle.IN_SERVICE:
        return f"retired by its provider after {spec.deprecation_date}"
    if barred is Hurdle.CAPABILITY:
        return f"does not take {capability.words(demand.needs & model.lacks)}"
    return f"writes at most {spec.max_output_tokens} tokens; max_tokens is {demand.length.max_tokens}"


def stopped_at(
    model: PreparedModel,
    demand: Demand,
    predicted: float,
    cost: CostEstimate,
    time: LatencyEstimate,
    overflow: tuple[int, int] | None,
) -> tuple[Hurdle | None, str]:
    """The first of the other limits that a model falls at, with the reason in words."""
    options = demand.options
    if overflow is not None:
        return Hurdle.CONTEXT, f"prompt and answer may need {overflow[0]} tokens; the limit is {overflow[1]}"
    if options.min_quality is not None and predicted < options.min_quality:
        shown, _ = apart(predicted, options.min_quality, 3)
        return Hurdle.QUALITY, f"predicted quality {shown} is below the least of {options.min_quality}"
    provider = demand.providers[model.spec.provider]
    if not provider.usable:
        return (
            Hurdle.PROVIDER,
            f"provider {model.spec.provider} cannot be used now: {provider.reason or 'unknown'}",
        )
    if demand.limit is not None and (why := budget.excess(cost, demand.limit, demand.spent)):
        return Hurdle.BUDGET, why
    if demand.time_left_ms is not None and is_late(time, demand):
        taken, left = times_apart(time.p50_ms, demand.time_left_ms)
        return Hurdle.DEADLINE, f"expected to take {taken}; {left} are left"
    return None, ""


def is_late(time: LatencyEstimate, demand: Demand) -> bool:
    """Whether an answer is expected after the deadline; of a model that the caller has named nobody asks that."""
    left = demand.time_left_ms
    return left is not None and time.p50_ms > left and not demand.pinned
