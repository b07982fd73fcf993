"""Measures one model against one request: the three predictions, the score, and the hard limit it falls at, if any.

The limits stand in a fixed order, lasting ones before passing ones, and a model is ruled out by the first that it falls
at. So when none is left, the limit that the last ones fell at tells the caller what to change, and only when a model
would do but for its provider's present state does the error say that trying again may help.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct

from muxer.core import budget, capability, context, latency, policy, quality
from muxer.core.estimate import AnswerLength, cost_on, prompt_on
from muxer.core.prepared import PreparedModel
from muxer.core.preset import Weights, cost_term, latency_term
from muxer.types.catalog import CostEstimate, LatencyEstimate
from muxer.types.chat import RoutingOptions
from muxer.types.decision import LatencyPrior, ProviderState
from muxer.types.money import PicoUsd


class Hurdle(enum.IntEnum):
    """The hard limits, in the order in which they are tried."""

    POLICY = 1
    CONFIGURED = 2
    IN_SERVICE = 3
    CAPABILITY = 4
    MAX_TOKENS = 5
    CONTEXT = 6
    QUALITY = 7
    PROVIDER = 8
    BUDGET = 9


class Demand(Struct, frozen=True):
    """All that models are measured against: what the request needs and wants, and the state of the world."""

    pinned: bool
    needs: int
    prompt_tokens: int
    length: AnswerLength
    difficulty: float
    weights: Weights
    options: RoutingOptions
    limit: PicoUsd | None
    providers: Mapping[str, ProviderState]
    latency: Mapping[str, LatencyPrior]


class Assessment(Struct, frozen=True):
    """One model, measured. The score is the quality less the two penalties. `overflow` are the tokens that may be
    needed and the limit that they exceed, if any. `fell_at` is None when the model may be used, else `why` tells."""

    model: PreparedModel
    quality: float
    cost: CostEstimate
    latency: LatencyEstimate
    cost_penalty: float
    latency_penalty: float
    score: float
    overflow: tuple[int, int] | None
    fell_at: Hurdle | None
    why: str


def assess(model: PreparedModel, demand: Demand) -> Assessment:
    """Measures a model against a request."""
    return _measured(model, demand, _barred(model, demand))


def assess_unless_barred(model: PreparedModel, demand: Demand) -> Assessment | None:
    """The same, but None for a model that falls at a limit which takes no prediction: there is no need to make any."""
    return _measured(model, demand, None) if _barred(model, demand) is None else None


def _barred(model: PreparedModel, demand: Demand) -> Hurdle | None:
    """The first limit that a model falls at of those that take no prediction, which are the first ones."""
    options = demand.options
    if (options.allowed_models or options.denied_models) and policy.broken_rule(model.id, options):
        return Hurdle.POLICY
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


def _measured(model: PreparedModel, demand: Demand, barred: Hurdle | None) -> Assessment:
    """The predictions for a model, and the limit that it falls at by them if it has not fallen before."""
    length = demand.length
    prompt, longest = prompt_on(model, demand.prompt_tokens)
    expected, p90, most = length.on(model)
    cost = cost_on(model, prompt, longest, expected, p90, most)
    measured = demand.latency.get(model.id)
    prior = model.latency if measured is None else latency.blend(model.latency, measured)
    one_answer = expected // length.answers
    time = latency.predict(prior, one_answer, p90 // length.answers)
    predicted = quality.predict(model.ability, demand.difficulty)
    dear = demand.weights.cost * cost_term(cost.expected)
    slow = demand.weights.latency * latency_term(time.p50_ms)
    room = one_answer if length.max_tokens is None else length.max_tokens
    overflow = context.overflow(model.spec, prompt if demand.pinned else longest, room)
    if barred is None:
        fell_at, why = _fell_by_predictions(model, demand, predicted, cost, overflow)
    else:
        fell_at, why = barred, _why_barred(model, demand, barred)
    return Assessment(model, predicted, cost, time, dear, slow, predicted - dear - slow, overflow, fell_at, why)


def _why_barred(model: PreparedModel, demand: Demand, barred: Hurdle) -> str:
    """The reason in words why a model fell at a limit that takes no prediction."""
    spec = model.spec
    if barred is Hurdle.POLICY:
        return f"ruled out by {policy.broken_rule(model.id, demand.options)}"
    if barred is Hurdle.CONFIGURED:
        return f"provider {spec.provider} is not configured"
    if barred is Hurdle.IN_SERVICE:
        return f"retired by its provider after {spec.deprecation_date}"
    if barred is Hurdle.CAPABILITY:
        return f"does not take {capability.words(demand.needs & model.lacks)}"
    return f"writes at most {spec.max_output_tokens} tokens; max_tokens is {demand.length.max_tokens}"


def _fell_by_predictions(
    model: PreparedModel, demand: Demand, predicted: float, cost: CostEstimate, overflow: tuple[int, int] | None
) -> tuple[Hurdle | None, str]:
    """The first of the other limits that a model falls at, with the reason in words."""
    options = demand.options
    if overflow is not None:
        return Hurdle.CONTEXT, f"prompt and answer may need {overflow[0]} tokens; the limit is {overflow[1]}"
    if options.min_quality is not None and predicted < options.min_quality:
        return Hurdle.QUALITY, f"predicted quality {predicted:.3f} is below the least of {options.min_quality:g}"
    provider = demand.providers[model.spec.provider]
    if not provider.usable:
        return (
            Hurdle.PROVIDER,
            f"provider {model.spec.provider} cannot be used now: {provider.reason or 'unknown'}",
        )
    if demand.limit is not None and (why := budget.excess(cost, demand.limit)):
        return Hurdle.BUDGET, why
    return None, ""
