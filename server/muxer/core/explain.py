"""The sentences of a decision: why a model was chosen, and why the others come after it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from muxer.core.candidate import Assessment, Hurdle
from muxer.types.decision import Intent


def dollars(amount: int) -> str:
    """An amount of pico-USD to two significant digits, such as `$0.000034`."""
    if amount <= 0:
        return "$0"
    value = amount / 1e12
    return f"${value:.{max(2, 1 - math.floor(math.log10(value)))}f}"


def figures(chosen: Assessment) -> str:
    """The three predictions of a model, such as `quality 0.81, cost $0.000034 and 0.9 s`."""
    return (
        f"quality {chosen.quality:.2f}, cost {dollars(chosen.cost.expected)} and {chosen.latency.p50_ms / 1000:.1f} s"
    )


def behind(other: Assessment, best: Assessment) -> str:
    """Why a model that may be used is not the first choice."""
    by_quality = best.quality - other.quality
    by_cost = other.cost_penalty - best.cost_penalty
    by_time = other.latency_penalty - best.latency_penalty
    loss = "cost" if by_cost >= by_time else "time"
    if by_quality >= max(by_cost, by_time):
        loss = "quality"
    return f"scores {best.score - other.score:.4f} less than {best.model.id}, mainly for its {loss}"


def routing_reason(
    intent: Intent,
    preset: str,
    plan: Sequence[Assessment],
    ruled_out: Sequence[Assessment],
    *,
    considered: int,
    pinned: bool,
) -> str:
    """Why the first of the plan was chosen, in one sentence. `considered` is how many models there were in all;
    of those `ruled_out` only the ones beyond the budget are looked at."""
    best = plan[0]
    task = f"{intent.label} ({intent.confidence:.2f})"
    if pinned and considered == 1:
        return f"{task}: {best.model.id} was asked for; expected are {figures(best)}"
    others = considered - 1
    return (
        f"{task} with preset {preset}: {best.model.id} has the best balance of {figures(best)}; {others} "
        f"other{'' if others == 1 else 's'} considered, {considered - len(plan)} ruled out{_too_dear(best, ruled_out)}"
    )


def _too_dear(best: Assessment, ruled_out: Sequence[Assessment]) -> str:
    """Names the model that would have been chosen but for the limit, if there is one."""
    better = (a for a in ruled_out if a.fell_at is Hurdle.BUDGET and a.score > best.score)
    first = next(better, None)  # they come in order of score
    return f"; {first.model.id} would have been chosen, but is {first.why}" if first else ""
