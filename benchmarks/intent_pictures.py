"""Two pictures of a classifier: whether its confidence can be believed, and what it takes for what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from benchmarks.drawing import Drawing
from benchmarks.intent_figures import BINS, Bin

SIDE = 420
LEFT, TOP = 80, 50
CELL = 66
NAMES = 110
"""Room for the names of labels."""


def draw_reliability(bins: Sequence[Bin], error: float, path: Path) -> None:
    """Share of right labels over confidence, a dot for each bin, its area by its prompts. On the dashed line confidence
    is what it says; below it the model is too sure."""
    drawing = Drawing(f"Confidence and accuracy: calibration error {error:.3f}", 560, 540)

    def place(confidence: float, accuracy: float) -> tuple[float, float]:
        return LEFT + SIDE * confidence, TOP + SIDE * (1 - accuracy)

    for step in range(11):
        x, y = place(step / 10, step / 10)
        drawing.line(LEFT, y, LEFT + SIDE, y)
        drawing.line(x, TOP, x, TOP + SIDE)
        drawing.text(LEFT - 8, y + 4, f"{step / 10:.1f}", anchor="end")
        drawing.text(x, TOP + SIDE + 20, f"{step / 10:.1f}", anchor="middle")
    drawing.line(*place(0, 0), *place(1, 1), kind="ideal")
    drawing.curve([place(b.confidence, b.accuracy) for b in bins], "first")
    most = max([b.prompts for b in bins], default=1)
    for b in bins:
        words = f"{b.prompts:,} prompts: confidence {b.confidence:.2f}, right {b.accuracy:.2f}"
        drawing.dot(*place(b.confidence, b.accuracy), 3 + 11 * math.sqrt(b.prompts / most), words)
    drawing.text(LEFT + SIDE / 2, TOP + SIDE + 48, f"confidence, in {BINS} bins", anchor="middle")
    drawing.upright(26, TOP + SIDE / 2, "share of right labels")
    drawing.save(path)


def draw_confusion(confusion: Mapping[str, Mapping[str, int]], path: Path) -> None:
    """A row for each right label: the share, in percent, of what was said of its prompts."""
    said = list(dict.fromkeys(chain(confusion, *confusion.values())))
    left, top = LEFT + NAMES - 40, TOP + 40
    drawing = Drawing("Percent of each label's prompts, by what was said", left + CELL * len(said) + 30, 560)
    for column, label in enumerate(said):
        drawing.text(left + CELL * (column + 0.5), top - 10, label, anchor="middle", kind="small")
    for row, (gold, counts) in enumerate(confusion.items()):
        total = sum(counts.values())
        y = top + (CELL - 8) * row
        drawing.text(left - 10, y + CELL / 2, gold, anchor="end", kind="small")
        drawing.text(left - 10, y + CELL / 2 + 14, f"{total:,}", anchor="end", kind="small")
        for column, label in enumerate(said):
            share = counts.get(label, 0) / max(1, total)
            drawing.box(left + CELL * column, y, CELL, CELL - 8, _shade(share, right=label == gold))
            if share >= 0.0005:
                kind = "light" if share > 0.5 else ""
                x = left + CELL * (column + 0.5)
                drawing.text(x, y + CELL / 2, f"{100 * share:.1f}", anchor="middle", kind=kind)
    drawing.text(left + CELL * len(said) / 2, top + (CELL - 8) * len(confusion) + 24, "said", anchor="middle")
    drawing.upright(22, top + (CELL - 8) * len(confusion) / 2, "right")
    drawing.save(path)


def _shade(share: float, *, right: bool) -> str:
    """Green for what is right, red for what is not, the darker the more; square roots let small shares be seen."""
    hue = 152 if right else 353
    return f"hsl({hue} 65% {100 - 65 * math.sqrt(share):.0f}%)"
