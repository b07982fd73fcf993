"""Draws the cost-quality curve as an SVG: routing as a line, every fixed model as a dot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from muxer.learn.curve import Points

WIDTH, HEIGHT = 900, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 230, 50, 60
MARGIN = 0.05
"""Share of the range of qualities that is left free above and below."""

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600}.label{font-size:11px}"
    ".grid{stroke:#ddd}.curve{fill:none;stroke:#0a7d4b;stroke-width:2.5}.dot{fill:#d1495b}"
)


def draw(title: str, curve: Points, fixed: Sequence[tuple[str, float, float]]) -> str:
    """The picture. `fixed` are name, USD per answer (above 0) and quality of each model."""
    costs = [cost for cost in (*curve.cost.tolist(), *(cost for _, cost, _ in fixed)) if cost > 0]
    qualities = [*curve.quality.tolist(), *(quality for _, _, quality in fixed)]
    frame = _Frame(min(costs), max(costs), min(qualities), max(qualities))
    line = " ".join(f"{frame.x(cost):.1f},{frame.y(quality):.1f}" for cost, quality in _between(curve) if cost > 0)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
            *frame.axes(),
            f'<polyline class="curve" points="{line}"/>',
            *[part for name, cost, quality in fixed if cost > 0 for part in frame.dot(name, cost, quality)],
            "</svg>\n",
        ]
    )


class _Frame:
    """Places costs, on a logarithmic scale, and qualities on the paper."""

    def __init__(self, cheapest: float, dearest: float, worst: float, best: float) -> None:
        self._left, self._right = math.log10(cheapest), math.log10(dearest)
        if self._right - self._left < 1e-6:
            self._left, self._right = self._left - 0.5, self._right + 0.5
        margin = max(0.01, MARGIN * (best - worst))
        self._low, self._high = worst - margin, best + margin

    def x(self, cost: float) -> float:
        share = (math.log10(cost) - self._left) / (self._right - self._left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, quality: float) -> float:
        share = (quality - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def axes(self) -> list[str]:
        """Grid lines with their figures, and what the axes mean."""
        parts = []
        for step in range(math.ceil(self._low * 20), math.floor(self._high * 20) + 1):
            y = self.y(step / 20)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step / 20:.2f}</text>')
        for cost in self._round_costs():
            x = self.x(cost)
            parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
            figure = f"{cost * 1000:.3g}"
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{figure}</text>')
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">USD per 1,000 answers</text>')
        parts.append(f'<text transform="translate(18 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">mean score</text>')
        return parts

    def _round_costs(self) -> list[float]:
        """1, 2 and 5 times the powers of ten within the frame."""
        powers = range(math.floor(self._left), math.ceil(self._right) + 1)
        costs = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        return [cost for cost in costs if self._left <= math.log10(cost) <= self._right]

    def dot(self, name: str, cost: float, quality: float) -> list[str]:
        """A model, with its name."""
        x, y = self.x(cost), self.y(quality)
        return [
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
            f'<text class="label" x="{x + 7:.1f}" y="{y + 4:.1f}">{escape(name)}</text>',
        ]


def _between(curve: Points) -> list[tuple[float, float]]:
    """The curve's corners, and points between them: a straight mix of two policies is bent on a logarithmic scale."""
    corners = list(zip(curve.cost.tolist(), curve.quality.tolist(), strict=True))
    points = corners[:1]
    for (c0, q0), (c1, q1) in pairwise(corners):
        points += [(c0 + (c1 - c0) * i / 8, q0 + (q1 - q0) * i / 8) for i in range(1, 9)]
    return points
