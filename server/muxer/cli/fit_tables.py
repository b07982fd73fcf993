"""What `modelmuxer fit` shows to people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from muxer.learn.curve import Comparison
from muxer.learn.outcomes import Outcomes
from muxer.learn.quality_model import QualityModel

FEW_OUTCOMES = 500
"""Below this, a warning: a few hundred outcomes are where learning begins to beat the means."""


def show_fit(outcomes: Outcomes, model: QualityModel, out: Path, size: int, console: Console) -> None:
    """Tells what was learned from what, and how far it is believed."""
    given = outcomes.count + outcomes.repeats
    merged = f" ({given:,} rows: those of one model on one prompt count as one)" if outcomes.repeats else ""
    trust = model.trust
    console.print(
        f"[bold green]{_shown(out)}[/]  {outcomes.count:,} outcomes of {len(model.models)} models on "
        f"{len(outcomes.prompts):,} prompts{merged}, {size / 1e6:.1f} MB\n"
        f"Believed by cross-validation: {trust.common:.0%} of what was learned on prompts, {trust.own:.0%} of what was "
        "learned on single models. Prompts unlike these get the models' means, moved by general difficulty.",
        soft_wrap=True,
    )
    if outcomes.count < FEW_OUTCOMES:
        console.print(f"[yellow]Only {outcomes.count} outcomes: expect little more than the models' means.[/]")


def show_savings(groups: Sequence[list[Comparison]], console: Console) -> None:
    """Tells what routing would have saved on each group of prompts."""
    for comparisons in groups:
        console.print(_savings(comparisons))
    if any(comparison.saving < 0 for comparisons in groups for comparison in comparisons):
        console.print(
            "A negative saving: routing by itself costs so much more than this model alone before it is as good. "
            "Where it stays so with more outcomes, this model is best asked for everything.",
            soft_wrap=True,
        )


def show_picture(picture: Path, console: Console) -> None:
    """Tells where the picture is."""
    console.print(f"Cost-quality curve of the first group: {_shown(picture)}", soft_wrap=True)


def _savings(comparisons: Sequence[Comparison]) -> Table:
    prompts = comparisons[0].prompts
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"\n{prompts:,} held-out prompts")
    table.add_column("fixed model", no_wrap=True)
    for name in ("quality", "USD/1k", "routed", "as good for", "saves"):
        table.add_column(name, justify="right", no_wrap=True)
    for c in comparisons:
        table.add_row(
            escape(c.model),
            f"{c.quality:.3f}",
            f"{1000 * c.fixed_cost:.3f}",
            _known(c.better, "{:.3f}"),
            _known(1000 * c.cost, "{:.3f}"),
            _known(c.saving, "{:.0%}"),
        )
    return table


def _known(value: float, form: str) -> str:
    return "-" if math.isnan(value) else form.format(value)


def _shown(path: Path) -> str:
    """A path as it is: brackets are no markup, and bytes that are no UTF-8 are spelled out."""
    return escape(str(path).encode("utf-8", "backslashreplace").decode())
