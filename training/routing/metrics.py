"""How good routing is: recovered quality for a strong and a weak model, share of the way to the oracle for many.

The definitions are those of `evaluate.py` beside the outcomes: APGR and CPT from RouteLLM (arXiv 2406.18665), the
convex hull over cost from RouterBench (arXiv 2403.12031).
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from muxer.learn.curve import WEIGHTS, Points, Pool, hull
from numpy.typing import NDArray

Vector = NDArray[np.float64]

GRID = 400
"""Costs at which the area under a hull is taken."""


class PairScore(Struct, frozen=True):
    """APGR: mean share of the gap between weak and strong model that is recovered, over all shares of calls to the
    strong one; 0.5 by chance. CPT50 and CPT80: share of calls, in percent, that recovers so much of it."""

    prompts: int
    apgr: float
    cpt50: float
    cpt80: float


def pair_score(need: Vector, strong: Vector, weak: Vector) -> PairScore:
    """Scores an ordering of prompts by their need of the strong model; ties count as in random order."""
    gain = strong - weak
    order = np.argsort(-need, kind="stable")
    ends = np.concatenate([[0], np.flatnonzero(np.diff(need[order])) + 1, [len(order)]])
    share = ends / len(order)
    recovered = np.concatenate([[0.0], np.cumsum(gain[order])])[ends] / gain.sum()
    area = float(np.sum((recovered[1:] + recovered[:-1]) / 2 * np.diff(share)))
    return PairScore(len(need), area, *(100 * _first(share, recovered, part) for part in (0.5, 0.8)))


def _first(share: Vector, recovered: Vector, part: float) -> float:
    """The smallest share of calls that recovers this part of the gap."""
    i = int(np.argmax(recovered >= part))
    if recovered[i] == recovered[i - 1]:
        return float(share[i])
    slope = (share[i] - share[i - 1]) / (recovered[i] - recovered[i - 1])
    return float(share[i - 1] + (part - recovered[i - 1]) * slope)


def oracle_share(pool: Pool, mean_cost: Vector) -> float:
    """How far from the best mix of fixed models (0) to the oracle (1) routing comes: the area under each hull between
    the cheapest and the dearest model's cost, on a logarithmic axis. The router may fall back to the cheapest model."""
    fixed = pool.fixed()
    low, high = fixed[:, 0].min(), fixed[:, 0].max()
    cheapest = fixed[[np.lexsort((fixed[:, 1], fixed[:, 0]))[0]]]
    router, mix, oracle = (
        _area(hull(points), low, high)
        for points in (
            np.concatenate([pool.routed(mean_cost), cheapest]),
            fixed,
            np.concatenate([_oracle(pool), fixed]),
        )
    )
    return (router - mix) / (oracle - mix)


def _oracle(pool: Pool) -> Vector:
    """Costs and qualities of a router that knows every score and cost beforehand."""
    rows = np.arange(len(pool.scores))
    points = []
    for weight in WEIGHTS:
        chosen = (pool.scores - weight * pool.costs).argmax(axis=1)
        points.append((pool.costs[rows, chosen].mean(), pool.scores[rows, chosen].mean()))
    return np.array(points)


def _area(points: Points, low: float, high: float) -> float:
    """Mean height over the logarithm of cost. Mixing is linear in dollars; below the cheapest policy there is none."""
    costs = np.geomspace(low, high, GRID)
    heights = np.interp(costs, points.cost, points.quality)
    if points.cost[0] > low * 1.0001:
        heights[costs < points.cost[0]] = 0.0
    axis = np.log10(costs)
    return float(np.sum((heights[1:] + heights[:-1]) / 2 * np.diff(axis)) / (axis[-1] - axis[0]))
