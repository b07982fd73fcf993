"""The sheet and the axes of pictures that show quality over cost, as parts of an SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

WIDTH, HEIGHT = 900, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 230, 50, 60
MARGIN = 0.05
"""Share of the range of qualities that is left free above and below."""

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600}.label{font-size:11px}"
    ".grid{stroke:#ddd}.curve{fill:none;stroke:#0a7d4b;stroke-width:2.5}.dot{fill:#d1495b}"
    ".open{fill:white;stroke:#d1495b;stroke-width:1.5}.move{stroke:#d1495b;stroke-width:1.5}"
)


def sheet(title: str, parts: Iterable[str]) -> str:
    """The whole picture."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        ]
    )


class Frame:
    """Places costs in USD, on a logarithmic scale, and qualities on the sheet."""

    def __init__(self, costs: Iterable[float], qualities: Iterable[float], meaning: str) -> None:
        """The frame has room for these costs, all above 0, and qualities. `meaning` is what the qualities are."""
        logarithms = [math.log10(cost) for cost in costs]
        self._left, self._right = min(logarithms), max(logarithms)
        if self._right - self._left < 1e-6:
            self._left, self._right = self._left - 0.5, self._right + 0.5
        heights = list(qualities)
        margin = max(0.01, MARGIN * (max(heights) - min(heights)))
        self._low, self._high = min(heights) - margin, max(heights) + margin
        self._meaning = meaning

    def x(self, cost: float) -> float:
        """Where a cost stands."""
        share = (math.log10(cost) - self._left) / (self._right - self._left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, quality: float) -> float:
        """Where a quality stands."""
        share = (quality - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def axes(self) -> list[str]:
        """Grid lines with their figures, and what the axes mean."""
        parts = []
        steps = 20 if self._high - self._low > 0.15 else 100  # from 0 to 1
        for step in range(math.ceil(self._low * steps), math.floor(self._high * steps) + 1):
            y = self.y(step / steps)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step / steps:.2f}</text>')
        for cost in self._round_costs():
            x = self.x(cost)
            parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
            figure = f"{cost * 1000:.3g}"
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{figure}</text>')
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">USD per 1,000 answers</text>')
        upright = f"translate(18 {HEIGHT / 2}) rotate(-90)"
        parts.append(f'<text transform="{upright}" text-anchor="middle">{escape(self._meaning)}</text>')
        return parts

    def _round_costs(self) -> list[float]:
        """1, 2 and 5 times the powers of ten within the frame, as far as there are numbers so small."""
        powers = range(math.floor(self._left), math.ceil(self._right) + 1)
        costs = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        return [cost for cost in costs if cost > 0 and self._left <= math.log10(cost) <= self._right]

    def dot(self, name: str, cost: float, quality: float) -> list[str]:
        """A model, with its name."""
        x, y = self.x(cost), self.y(quality)
        return [
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
            f'<text class="label" x="{x + 7:.1f}" y="{y + 4:.1f}">{escape(name)}</text>',
        ]
