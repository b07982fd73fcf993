"""The sentences of a decision: why a model was chosen, and why the others come after it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import structs

from muxer.core.candidate import Assessment, assess
from muxer.core.demand import Demand
from muxer.core.digits import times_apart
from muxer.core.rules import is_named
from muxer.core.select import Ranking, but_for_the_limit, rank
from muxer.types.decision import Candidate, Intent

NO_WEIGHT = 0.0005
"""Weights on cost below this change the score in no digit that is shown."""

LEAST_SHOWN = 0.00005
"""Differences in score below this would be shown as zero."""


def dollars(amount: int) -> str:
    """An amount of pico-USD to two significant digits, such as `$0.000034`."""
    if amount <= 0:
        return "$0"
    value = amount / 1e12
    return f"${value:.{max(2, 1 - math.floor(math.log10(value)))}f}"


def figures(chosen: Assessment | Candidate) -> str:
    """The three predictions of a model, such as `quality 0.81, cost $0.000034 and 0.9 s`."""
    return (
        f"quality {chosen.quality:.2f}, cost {dollars(chosen.cost.expected)} and {chosen.latency.p50_ms / 1000:.1f} s"
    )


def reason(candidate: Candidate, best: Candidate | None) -> str:
    """Why a candidate has its place. `best` is the selected one, None when none is.

    Made where it is read and not with the decision: most candidates are looked at by nobody, and the sentences for
    fifty of them take as long as predicting what they cost.
    """
    if candidate.why or best is None:
        return candidate.why
    if candidate.status == "selected":
        return f"best balance of {figures(best)}"
    if best.why and candidate.latency.p50_ms > best.latency.p50_ms:
        return _later(candidate, best)  # of those that are equally quick, the score decides
    return _behind(candidate, best)


def reasons(candidates: Sequence[Candidate]) -> list[str]:
    """Why each of the candidates of a request has its place, in any order."""
    best = next((c for c in candidates if c.status == "selected"), None)
    return [reason(candidate, best) for candidate in candidates]


def standing(one: Assessment, ranking: Ranking, demand: Demand) -> str:
    """What else than its score gives a model of the plan its place, if a rule that prefers others does, or if it is the
    quickest of those of which none is expected to be in time. Empty for all others."""
    preference, best = ranking.preference, ranking.plan[0]
    if preference is not None and not is_named(one.model.id, preference.models):
        return f"is not one of those that rule {preference.name} prefers"
    if ranking.late and one is best:
        among = _among(ranking) or ","
        return f"{_nothing_in_time(best, demand)}; the quickest{among} done in about {_done(best, demand)}"
    return ""


def _later(other: Candidate, best: Candidate) -> str:
    """Why a model stands by after the quickest one, where none is expected to be in time."""
    done, sooner = times_apart(other.latency.p50_ms, best.latency.p50_ms)
    return f"done in about {done}; {best.model.id} comes first with {sooner}"


def _behind(other: Candidate, best: Candidate) -> str:
    """Why a model whose score decides is not the first choice."""
    by_quality = best.quality - other.quality
    by_cost = other.cost_penalty - best.cost_penalty
    by_time = other.latency_penalty - best.latency_penalty
    loss = "cost" if by_cost >= by_time else "time"
    if by_quality >= max(by_cost, by_time):
        loss = "quality"
    behind = best.score - other.score
    if not behind:
        return f"scores the same as {best.model.id}, which comes first by its name"
    less = f"{behind:.4f}" if behind >= LEAST_SHOWN else "hardly"
    return f"scores {less} less than {best.model.id}, mainly for its {loss}"


def routing_reason(intent: Intent, preset: str, ranking: Ranking, demand: Demand, *, considered: int) -> str:
    """Why the first of the plan was chosen, in one sentence. `considered` is how many models there were in all;
    of those ruled out only the ones beyond the budget are looked at."""
    plan = ranking.plan
    best = plan[0]
    task = f"{intent.label} ({intent.confidence:.2f})"
    if demand.pinned and considered == 1:
        return f"{task}: {best.model.id} was asked for; expected are {figures(best)}{_limits(demand)}"
    others = considered - 1
    if ranking.late:
        choice = (
            f": {_nothing_in_time(best, demand)}; {best.model.id} is the quickest{_among(ranking)} of those that were "
            f"never measured, done in about {_done(best, demand)}, with quality {best.quality:.2f} and cost "
            f"{dollars(best.cost.expected)}"
        )
    else:
        choice = f"{_share(ranking, demand)}: {best.model.id} has the best balance{_among(ranking)} of {figures(best)}"
    return (
        f"{task} with preset {preset}{choice}; {others} other{'' if others == 1 else 's'} considered, "
        f"{considered - len(plan)} ruled out{_too_dear(ranking, demand)}{_limits(demand)}{_kept(ranking, demand)}"
    )


def _among(ranking: Ranking) -> str:
    """Names the rule that narrows the choice, if one does."""
    return f", among those that rule {ranking.preference.name} prefers," if ranking.preference else ""


def _nothing_in_time(best: Assessment, demand: Demand) -> str:
    left, _ = times_apart(demand.time_left_ms or 0.0, best.latency.p50_ms)
    return f"nothing is sure to be done within {left}"


def _done(best: Assessment, demand: Demand) -> str:
    return times_apart(best.latency.p50_ms, demand.time_left_ms or 0.0)[0]


def _limits(demand: Demand) -> str:
    """Names the rules that ruled models out, or could have."""
    names = ", ".join(rule.name for rule in demand.ruling.limits)
    return f"; rules in force: {names}" if names else ""


def _share(ranking: Ranking, demand: Demand) -> str:
    """What the share of the strongest model's price came to."""
    if demand.price_share is None:
        return ""
    strongest = min(ranking.plan, key=lambda a: (-a.quality, a.cost.expected, a.model.id))
    basis = "this request alone" if demand.weigh_alone else "recent requests"
    weight = f"{ranking.cost_weight:.3f}" if ranking.cost_weight > NO_WEIGHT else "none"
    return f" at {demand.price_share:g} of the price of {strongest.model.id} (weight on cost {weight}, by {basis})"


def _kept(ranking: Ranking, demand: Demand) -> str:
    """Whether the best model would not be the first one without what its provider has cached of the conversation."""
    best = ranking.plan[0]
    if not best.cost.cached_tokens or len(ranking.plan) == 1:
        return ""
    cold = assess(best.model, structs.replace(demand, warm=None))
    first = rank([cold, *ranking.plan[1:]], demand).plan[0]
    return "; keeps the conversation's prompt cache" if first.model is not best.model else ""


def _too_dear(ranking: Ranking, demand: Demand) -> str:
    """Names the model that would have been chosen but for the limit, if there is one."""
    first = but_for_the_limit(ranking, demand)
    return f"; {first.model.id} would have been chosen, but is {first.why}" if first else ""
