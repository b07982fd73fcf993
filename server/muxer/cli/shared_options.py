"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file, modelmuxer.yaml.", show_default=False),
]
ModelOption = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="`auto`, `auto:economy`, or `provider:model`.")
]
PresetOption = Annotated[str, typer.Option("--preset", metavar="NAME", help="balanced, economy, fast or quality.")]
Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="What the user says.")]
PriceShare = Annotated[
    float | None,
    typer.Option("--price-share", min=0, max=1, help="Share of the strongest model's price to spend on average."),
]
MinQuality = Annotated[
    float | None, typer.Option("--min-quality", min=0, max=1, help="Lowest predicted quality that will do.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
