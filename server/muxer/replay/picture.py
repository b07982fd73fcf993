"""Draws what would have changed: for each kind of request, and for all, from where to where quality and cost move."""

from __future__ import annotations

from msgspec import Struct

from muxer.learn.frame import Frame, sheet
from muxer.replay.summary import Change, Summary, Totals

MEANING = "mean predicted quality"


class _Point(Struct, frozen=True):
    """The mean of some requests: USD for each, and quality."""

    cost: float
    quality: float


def draw(summary: Summary) -> str:
    """The picture: an open dot for before, a full one for now. Kinds whose answers cost nothing are left out, for costs
    are on a logarithmic scale. Raises `ValueError` when there is nothing to show."""
    changes: dict[str, Change] = {change.intent: change for change in summary.intents}
    if summary.all is not None:
        changes["all"] = summary.all
    shown = {name: pair for name, change in changes.items() if (pair := _points(change)) is not None}
    if not shown:
        raise ValueError("there is nothing to draw: no request with a cost could be compared")
    every = [point for pair in shown.values() for point in pair]
    frame = Frame([p.cost for p in every], [p.quality for p in every], MEANING)
    title = f"{summary.compared:,} requests before (open) and now: {summary.changed_share:.0%} go to another model"
    moves = [part for name, (before, now) in shown.items() for part in _move(frame, name, before, now)]
    return sheet(title, [*frame.axes(), *moves])


def _points(change: Change) -> tuple[_Point, _Point] | None:
    before, now = _mean(change.before, change.requests), _mean(change.now, change.requests)
    return (before, now) if before.cost > 0 and now.cost > 0 else None


def _mean(totals: Totals, requests: int) -> _Point:
    return _Point(totals.cost_usd / requests, totals.quality)


def _move(frame: Frame, name: str, before: _Point, now: _Point) -> list[str]:
    x1, y1, x2, y2 = frame.x(before.cost), frame.y(before.quality), frame.x(now.cost), frame.y(now.quality)
    return [
        f'<line class="move" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>',
        f'<circle class="open" cx="{x1:.1f}" cy="{y1:.1f}" r="5"/>',
        *frame.dot(name, now.cost, now.quality),
    ]
