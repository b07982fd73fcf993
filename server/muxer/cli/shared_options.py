"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _above_zero(value: float | None) -> float | None:
    """For bounds that are no value themselves, which `min` cannot say."""
    if value is not None and not value > 0:
        raise typer.BadParameter("must be above 0")
    return value


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file, modelmuxer.yaml.", show_default=False),
]
ModelOption = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="`auto`, `auto:economy`, or `provider:model`.")
]
PresetOption = Annotated[str, typer.Option("--preset", metavar="NAME", help="balanced, economy, fast or quality.")]
Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="What the user says.")]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost-usd",
        metavar="USD",
        callback=_above_zero,
        help="Most that a request may be estimated to cost; above 0.",
    ),
]
PriceShare = Annotated[
    float | None,
    typer.Option(
        "--price-share",
        metavar="SHARE",
        max=1,
        callback=_above_zero,
        help="Share of the strongest model's price to spend on average; above 0, at most 1.",
    ),
]
MinQuality = Annotated[
    float | None, typer.Option("--min-quality", min=0, max=1, help="Lowest predicted quality that will do.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
