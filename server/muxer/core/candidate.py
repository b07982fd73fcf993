"""Measures one model against one request: the three predictions, the score, and the hard limit it falls at, if any."""

from __future__ import annotations

from msgspec import Struct

from muxer.core import context, latency, quality
from muxer.core.demand import Demand
from muxer.core.estimate import cost_on, prompt_on
from muxer.core.hurdles import Hurdle, barred_at, stopped_at, why_barred
from muxer.core.prepared import PreparedModel
from muxer.core.preset import cost_term, latency_term
from muxer.types.catalog import CostEstimate, LatencyEstimate


class Assessment(Struct, frozen=True):
    """One model, measured. The ability is that for this kind of request, in log-odds; the score is the quality less the
    two penalties. `overflow` are the tokens that may be needed and the limit that they exceed, if any. `fell_at` is
    None when the model may be used, else `why` tells."""

    model: PreparedModel
    ability: float
    ability_source: str
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
    return _measured(model, demand, barred_at(model, demand))


def assess_unless_barred(model: PreparedModel, demand: Demand) -> Assessment | None:
    """The same, but None for a model that falls at a limit which takes no prediction: there is no need to make any."""
    return _measured(model, demand, None) if barred_at(model, demand) is None else None


def _measured(model: PreparedModel, demand: Demand, barred: Hurdle | None) -> Assessment:
    """The predictions for a model, and the limit that it falls at by them if it has not fallen before."""
    length = demand.length
    history = demand.usage.get(model.id)
    prompt, longest = prompt_on(model, demand.prompt_tokens, history)
    median, expected, p90, most = length.on(model, history)
    warm = demand.warm
    cached = warm.tokens if warm is not None and warm.model_id == model.id else 0
    cost = cost_on(model, prompt, longest, expected, p90, most, cached)
    measured = demand.latency.get(model.id)
    pace = model.pace if measured is None else latency.pace(model.latency, measured)
    answers = length.answers
    one_answer = expected // answers
    time = latency.predict(pace, median / answers, p90 / answers, most / answers)
    able, source, predicted = _quality(model, demand)
    dear = demand.weights.cost * cost_term(cost.expected)
    slow = demand.weights.latency * latency_term(time.p50_ms)
    room = one_answer if length.max_tokens is None else length.max_tokens
    overflow = context.overflow(model.spec, prompt if demand.pinned else longest, room)
    if barred is None:
        fell_at, why = stopped_at(model, demand, predicted, cost, time, overflow)
    else:
        fell_at, why = barred, why_barred(model, demand, barred)
    score = predicted - dear - slow
    return Assessment(model, able, source, predicted, cost, time, dear, slow, score, overflow, fell_at, why)


def _quality(model: PreparedModel, demand: Demand) -> tuple[float, str, float]:
    """Ability, where that is from, and the predicted quality. What a router file tells of a model wins; what is known
    of it at this kind of task counts by how sure the kind is."""
    learned = None if demand.quality is None else demand.quality.get(model.id)
    if learned is not None:
        return quality.ability_for(learned, demand.difficulty), quality.ROUTER_FILE, learned
    able, source = model.ability, model.ability_source
    special = model.specialities.get(demand.intent)
    if special is not None:
        able += demand.confidence * special.extra
        source = special.source
    return able, source, quality.predict(able, demand.difficulty)
