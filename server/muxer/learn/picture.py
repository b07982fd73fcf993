"""Draws the cost-quality curve as an SVG: routing as a line, every fixed model as a dot."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from muxer.learn.curve import Points
from muxer.learn.frame import Frame, sheet


def draw(title: str, curve: Points, fixed: Sequence[tuple[str, float, float]]) -> str:
    """The picture. `fixed` are name, USD per answer (above 0) and quality of each model."""
    costs = [cost for cost in (*curve.cost.tolist(), *(cost for _, cost, _ in fixed)) if cost > 0]
    qualities = [*curve.quality.tolist(), *(quality for _, _, quality in fixed)]
    frame = Frame(costs, qualities, "mean score")
    line = " ".join(f"{frame.x(cost):.1f},{frame.y(quality):.1f}" for cost, quality in _between(curve) if cost > 0)
    return sheet(
        title,
        [
            *frame.axes(),
            f'<polyline class="curve" points="{line}"/>',
            *[part for name, cost, quality in fixed if cost > 0 for part in frame.dot(name, cost, quality)],
        ],
    )


def _between(curve: Points) -> list[tuple[float, float]]:
    """The curve's corners, and points between them: a straight mix of two policies is bent on a logarithmic scale."""
    corners = list(zip(curve.cost.tolist(), curve.quality.tolist(), strict=True))
    points = corners[:1]
    for (c0, q0), (c1, q1) in pairwise(corners):
        points += [(c0 + (c1 - c0) * i / 8, q0 + (q1 - q0) * i / 8) for i in range(1, 9)]
    return points
