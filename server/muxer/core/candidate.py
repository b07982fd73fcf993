"""Measures models against a request: the three predictions, the score, and the hard limit they fall at, if any.

This runs for every model of the catalogue in every decision, which is where the time of a decision goes. So tokens and
time, which do not depend on a model's price or name, are predicted once for all models that are alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

from muxer.core import context, latency, quality
from muxer.core.demand import Demand
from muxer.core.estimate import cost_on, prompt_on
from muxer.core.hurdles import Hurdle, barred_at, stopped_at, why_barred
from muxer.core.prepared import PreparedModel
from muxer.core.preset import cost_term, latency_term
from muxer.types.catalog import CostEstimate, LatencyEstimate


class Assessment(Struct, frozen=True, gc=False):  # it refers to nothing that could refer to it
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


class _Forecast(Struct, frozen=True, gc=False):
    """What is predicted of a model but for its price and quality: tokens of the prompt, expected, 90th percentile, most
    that are likely and most that can be; tokens of the answers, expected and 90th percentile; the time of one answer,
    and the penalty for it. `room` are the tokens that one answer has to have room for. It holds for any other model
    that is alike if that may write up to `reach` tokens; infinite when it holds for this one alone."""

    prompt: int
    prompt_p90: int
    longest: int
    prompt_most: int
    expected: int
    p90: int
    room: int
    time: LatencyEstimate
    slow: float
    reach: float


def assess(model: PreparedModel, demand: Demand) -> Assessment:
    """Measures a model against a request."""
    return assess_all([model], demand)[0]


def assess_all(models: Iterable[PreparedModel], demand: Demand, *, whole: bool = True) -> list[Assessment]:
    """Measures models of one catalogue against a request. Unless `whole`, those that fall at a limit which takes no
    prediction are left out: there is no need to make any."""
    warm, cost_weight = demand.warm, demand.weights.cost
    answers, allowed = demand.length.answers, demand.length.max_tokens
    learned = demand.usage.keys() | demand.latency.keys()
    forecasts: dict[int, _Forecast] = {}  # by likeness
    found: list[Assessment] = []
    for model in models:
        barred = barred_at(model, demand)
        if barred is not None and not whole:
            continue
        forecast = forecasts.get(model.likeness)
        if forecast is None or forecast.reach > model.max_output or model.id in learned:
            forecast = _forecast(model, demand)
            if forecast.reach < math.inf:
                forecasts[model.likeness] = forecast
        prompt, longest, time, slow = forecast.prompt, forecast.longest, forecast.time, forecast.slow
        cached = warm.tokens if warm is not None and warm.model_id == model.id else 0
        most = answers * (model.max_output if allowed is None or model.max_output < allowed else allowed)
        cost = cost_on(
            model, prompt, forecast.prompt_most, forecast.expected, forecast.p90, most, cached, forecast.prompt_p90
        )
        dear = cost_weight * cost_term(cost.expected)
        able, source, predicted = _quality(model, demand)
        overflow = None
        if longest + forecast.room > model.fits:
            overflow = context.overflow(model.spec, prompt if demand.pinned else longest, forecast.room)
        if barred is None:
            fell_at, why = stopped_at(model, demand, predicted, cost, time, overflow)
        else:
            fell_at, why = barred, why_barred(model, demand, barred)
        score = predicted - dear - slow
        found.append(Assessment(model, able, source, predicted, cost, time, dear, slow, score, overflow, fell_at, why))
    return found


def _forecast(model: PreparedModel, demand: Demand) -> _Forecast:
    history, measured = demand.usage.get(model.id), demand.latency.get(model.id)
    prompt, longest = prompt_on(model, demand.prompt_tokens, history)
    prompt_p90, prompt_most = prompt, longest
    if demand.prompt_most > demand.prompt_tokens:
        prompt_p90, longest = prompt_on(model, demand.prompt_p90, history)
        prompt_most = prompt_on(model, demand.prompt_most, history)[1]
    length = demand.length
    median, expected, p90, most = length.on(model, history)
    answers = length.answers
    room = expected // answers if length.max_tokens is None else length.max_tokens
    pace = model.pace if measured is None else latency.pace(model.latency, measured)
    time = latency.predict(pace, median / answers, p90 / answers, most / answers)
    slow = demand.weights.latency * latency_term(time.p50_ms)
    reach = p90 / answers * latency.P99_OF_P90
    if history is not None or measured is not None or reach > most / answers:
        reach = math.inf
    return _Forecast(prompt, prompt_p90, longest, prompt_most, expected, p90, room, time, slow, reach)


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
