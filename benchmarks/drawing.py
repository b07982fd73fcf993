"""A sheet to draw figures on, saved as an SVG that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600}.small{font-size:11px}"
    ".grid{stroke:#ddd}.ideal{stroke:#888;stroke-dasharray:5 4}.first{fill:none;stroke:#0a7d4b;stroke-width:2.5}"
    ".second{fill:none;stroke:#d1495b;stroke-width:2.5}.dot{fill:#0a7d4b;fill-opacity:.75}.light{fill:#fff}"
)


class Drawing:
    """A white sheet with a title; elements are put on it in their order. Units are pixels, from the upper left."""

    def __init__(self, title: str, width: int, height: int) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" fill="white"/>',
        ]
        self.text(20, 28, title, kind="title")

    def text(self, x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> None:
        """Words, with their baseline at `y`; `anchor` is what stands at `x`: start, middle or end."""
        self._parts.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def upright(self, x: float, y: float, words: str) -> None:
        """Words that run upwards, their middle at (x, y)."""
        place = f"translate({x:.1f} {y:.1f}) rotate(-90)"
        self._parts.append(f'<text transform="{place}" text-anchor="middle">{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> None:
        """A straight line."""
        self._parts.append(f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def curve(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """Straight lines from point to point."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline class="{kind}" points="{path}"/>')

    def dot(self, x: float, y: float, radius: float, meaning: str) -> None:
        """A dot that tells its meaning when pointed at."""
        self._parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(meaning)}</title></circle>'
        )

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle. `color` is any that CSS knows."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}" stroke="#eee"/>'
        )

    def save(self, path: Path) -> None:
        """Writes the file."""
        path.write_text("\n".join([*self._parts, "</svg>\n"]), encoding="utf-8")
