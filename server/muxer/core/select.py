"""Puts the models that may be used into the order in which to try them.

By score, highest first; by id where scores are equal, so that the outcome depends on nothing else. A model's score does
not depend on the other models, so adding or removing one never turns the order of two others around; and because the
score falls with cost in proportion to its weight, a higher weight never leads to a dearer choice. Two things go beyond
the score: a share of the strongest model's price that this request has to keep by itself sets the weight on cost from
the models at hand, and a rule that prefers models puts them before the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec import Struct, structs

from muxer.core.candidate import Assessment
from muxer.core.demand import Demand
from muxer.core.hurdles import Hurdle, is_late
from muxer.core.preset import cost_term
from muxer.core.price_share import Choice, ladder, smallest_weight
from muxer.core.rules import is_named
from muxer.types.decision import RoutingRule

_ID, _SCORE = attrgetter("model.id"), attrgetter("score")


class Ranking(Struct, frozen=True):
    """The plan, and those ruled out in order of score. `preference` is the rule whose models come first in the plan, if
    one does; `cost_weight` is the weight on cost in the scores. `late`: the plan is in order of time, because none of
    it is expected to be in time."""

    plan: Sequence[Assessment]
    ruled_out: Sequence[Assessment]
    preference: RoutingRule | None
    cost_weight: float
    late: bool = False


def rank(assessments: Iterable[Assessment], demand: Demand) -> Ranking:
    """The models in order."""
    measured = list(assessments)
    weight = demand.weights.cost
    if demand.weigh_alone and demand.price_share is not None:
        weight = _weight_for(demand.price_share, measured)
        measured = [_weighed(a, weight) for a in measured]
    measured.sort(key=_ID)  # two sorts by such keys take half as long as one by pairs
    ordered = sorted(measured, key=_SCORE, reverse=True)
    plan = [a for a in ordered if a.fell_at is None]
    ruled_out = [a for a in ordered if a.fell_at is not None] if len(plan) < len(ordered) else []
    late = not plan
    if late:
        plan = _unmeasured(ruled_out)
        ruled_out = [a for a in ruled_out if a not in plan]
    preference = demand.ruling.preference(a.model.id for a in plan) if demand.ruling.preferences else None
    if preference is not None:
        plan.sort(key=lambda a: not is_named(a.model.id, preference.models))
    return Ranking(plan, ruled_out, preference, weight, late)


def but_for_the_limit(ranking: Ranking, demand: Demand) -> Assessment | None:
    """The model that would have been chosen if there were no limit of cost; None when the limit has changed nothing."""
    too_dear = [a for a in ranking.ruled_out if a.fell_at is Hurdle.BUDGET]
    by_score = not (ranking.late or demand.weigh_alone or demand.ruling.preferences)
    if not too_dear or (by_score and too_dear[0].score < ranking.plan[0].score):
        return None  # they come in order of score
    freed = [structs.replace(a, fell_at=Hurdle.DEADLINE if is_late(a.latency, demand) else None) for a in too_dear]
    first = rank([*ranking.plan, *freed], demand).plan[0]
    return next((a for a in too_dear if a.model is first.model), None)


def _unmeasured(ordered: Sequence[Assessment]) -> list[Assessment]:
    """What to try when no model is expected to be in time: those for which only the default of their class says so,
    the quickest first. A default is no measurement, and nothing would ever be measured of a model that is never asked.
    """
    late = [a for a in ordered if a.fell_at is Hurdle.DEADLINE and a.latency.samples == 0]
    return sorted(late, key=lambda a: a.latency.p50_ms)


def _weight_for(share: float, measured: Sequence[Assessment]) -> float:
    """The weight on cost at which this request alone keeps the share."""
    admissible = [a for a in measured if a.fell_at is None]
    if not admissible:
        return 0.0
    choices = [Choice(a.quality, a.quality - a.latency_penalty, a.cost.expected) for a in admissible]
    return smallest_weight(share, (ladder(choices),))


def _weighed(assessment: Assessment, weight: float) -> Assessment:
    """The same with this weight on cost."""
    penalty = weight * cost_term(assessment.cost.expected)
    score = assessment.quality - penalty - assessment.latency_penalty
    return structs.replace(assessment, cost_penalty=penalty, score=score)
