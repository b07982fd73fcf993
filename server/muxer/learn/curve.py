"""What routing by predicted quality would have cost and achieved, as a curve over how much a dollar counts.

For a price of quality `w` (quality per USD) every prompt goes to the model with the highest predicted quality less `w`
times the model's mean cost; sweeping `w` from 0 up moves from the best models to the cheapest. Between two policies one
can mix, so what is attainable is the upper hull of their points (RouterBench, arXiv 2403.12031).
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from muxer.learn.outcomes import Outcomes

Vector = NDArray[np.float64]

WEIGHTS = np.concatenate([[0.0], np.geomspace(1e-2, 1e6, 120)])
"""Prices of quality that are tried: from «money is no object» to «a millionth of quality is not worth a dollar»."""

MIN_PROMPTS = 30
"""A fixed model is not compared on fewer prompts."""


class Points(Struct, frozen=True):
    """Mean USD per answer and mean quality of some policies, by increasing cost."""

    cost: Vector
    quality: Vector

    def quality_at(self, cost: float) -> float:
        """The quality that mixing can buy for this cost; NaN below the cheapest policy."""
        return float(np.interp(cost, self.cost, self.quality, left=np.nan))

    def cost_of(self, quality: float) -> float:
        """The least cost that mixing can buy this quality for; NaN above the best policy."""
        return float(np.interp(quality, self.quality, self.cost, right=np.nan))


class Comparison(Struct, frozen=True):
    """Routing against one fixed model, on the prompts that it answered. `cost` is what routing takes to be as good, and
    `better` the quality that it has at the model's own cost; NaN where it cannot."""

    model: str
    prompts: int
    quality: float
    fixed_cost: float
    cost: float
    better: float

    @property
    def saving(self) -> float:
        """Share of the fixed model's cost that routing saves at the same quality; NaN where it is not as good."""
        return 1 - self.cost / self.fixed_cost if self.fixed_cost > 0 else np.nan


class Pool(Struct, frozen=True):
    """Prompts that the same models answered, all with known cost: scores, costs and predictions by prompt and model."""

    models: list[str]
    scores: Vector
    costs: Vector
    predicted: Vector

    def curve(self, mean_cost: Vector) -> Points:
        """What routing attains. Any fixed model is a policy too, and so is never beyond the curve."""
        return hull(np.concatenate([self.routed(mean_cost), self.fixed()]))

    def routed(self, mean_cost: Vector) -> Vector:
        """Mean cost and quality for each weight."""
        rows = np.arange(len(self.scores))
        points = []
        for weight in WEIGHTS:
            chosen = (self.predicted - weight * mean_cost).argmax(axis=1)
            points.append((self.costs[rows, chosen].mean(), self.scores[rows, chosen].mean()))
        return np.array(points)

    def fixed(self) -> Vector:
        """Mean cost and quality of each model alone."""
        return np.stack([self.costs.mean(axis=0), self.scores.mean(axis=0)], axis=1)


def pools(outcomes: Outcomes, predicted: Vector) -> list[Pool]:
    """The groups of prompts that one set of at least two models answered, those with the most outcomes first."""
    known = ~np.isnan(outcomes.scores) & ~np.isnan(outcomes.costs)
    kinds = Counter(row.tobytes() for row in known)
    masks = {kind: np.frombuffer(kind, dtype=bool) for kind, n in kinds.items() if n >= MIN_PROMPTS}
    found = []
    for kind in sorted(masks, key=lambda kind: (-kinds[kind] * int(masks[kind].sum()), kind)):
        columns = np.flatnonzero(masks[kind])
        if len(columns) > 1:
            rows = np.flatnonzero((known == masks[kind]).all(axis=1))
            cells = np.ix_(rows, columns)
            names = [outcomes.models[j] for j in columns]
            found.append(Pool(names, outcomes.scores[cells], outcomes.costs[cells], predicted[cells]))
    return found


def why_no_pool(outcomes: Outcomes) -> str:
    """What is missing where `pools` finds none."""
    scored = ~np.isnan(outcomes.scores)
    known = scored & ~np.isnan(outcomes.costs)
    if not known.any():
        return "no outcome has a `cost_usd`"
    if not (scored.sum(axis=1) > 1).any():
        return "no prompt was answered by more than one model"
    if not (known.sum(axis=1) > 1).any():
        return "no prompt has a `cost_usd` from more than one model"
    return f"no {MIN_PROMPTS} prompts were answered by the same models, with a `cost_usd` from each"


def hull(points: Vector) -> Points:
    """The upper, non-decreasing convex hull of (cost, quality) points."""
    kept: list[tuple[float, float]] = []
    for cost, quality in sorted(map(tuple, points.tolist()), key=lambda point: (point[0], -point[1])):
        if kept and quality <= kept[-1][1]:
            continue
        while len(kept) > 1 and _below(kept[-2], kept[-1], (cost, quality)):
            kept.pop()
        kept.append((cost, quality))
    costs, qualities = np.array(kept).T
    return Points(costs, qualities)


def _below(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b lies on or below the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) <= (c[1] - a[1]) * (b[0] - a[0])


def compare(pool: Pool, mean_cost: Vector) -> list[Comparison]:
    """Routing against each model of a pool, best model first. The router may not choose to be a fixed model: only what
    it does by itself counts, with the cheapest model to mix with."""
    fixed = pool.fixed()
    points = hull(np.concatenate([pool.routed(mean_cost), fixed[[fixed[:, 0].argmin()]]]))
    return [
        Comparison(
            model=pool.models[j],
            prompts=len(pool.scores),
            quality=float(fixed[j, 1]),
            fixed_cost=float(fixed[j, 0]),
            cost=points.cost_of(float(fixed[j, 1])),
            better=points.quality_at(float(fixed[j, 0])),
        )
        for j in np.argsort(-fixed[:, 1], kind="stable")
    ]
