"""The commands that learn from recorded traffic, or try other settings on it, with their options."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from muxer.cli.shared_options import AsJson, ConfigOption, MaxCost, MinQuality, PresetOption, PriceShare


def fit(
    outcomes: Annotated[
        Path,
        typer.Argument(
            metavar="OUTCOMES",
            help="JSONL or Parquet rows with prompt or messages, model, score 0 to 1; `-` for JSONL on standard input.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the router file.")],
    picture: Annotated[
        Path | None, typer.Option(metavar="SVG", help="Where to draw the curve; beside the router file by default.")
    ] = None,
) -> None:
    """Learn from recorded outcomes how good each model is at what, and say what that would have saved."""
    with _learning():
        from muxer.cli.fit import run

    raise typer.Exit(run(outcomes, out, picture))


def predict(
    questions: Annotated[
        Path,
        typer.Option(
            "--in", metavar="FILE", help="JSONL lines with id and prompt or messages; `-` for standard input."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="Where to write the predictions; `-` for standard output."),
    ],
    router: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A router file; without one, the shipped difficulty alone.")
    ] = None,
) -> None:
    """Predict difficulty, and quality by model, for many prompts."""
    with _learning():
        from muxer.cli.predict import run

    raise typer.Exit(run(questions, out, router))


def replay(
    recorded: Annotated[
        Path,
        typer.Argument(metavar="RECORDED", help="A decision log, or JSONL of chat requests; `-` for standard input."),
    ],
    preset: PresetOption = "",
    max_cost_usd: MaxCost = None,
    price_share: PriceShare = None,
    min_quality: MinQuality = None,
    router: Annotated[Path | None, typer.Option(metavar="FILE", help="A router file made by `fit`.")] = None,
    config: ConfigOption = None,
    twice: Annotated[
        bool, typer.Option("--twice", help="Compare with what is decided today without these options, not with then.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same, with this modelmuxer.yaml.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after so many lines.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JSONL there, a line for each.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="SVG", help="Draw there how cost and quality move.")] = None,
    json: AsJson = False,
) -> None:
    """Route recorded requests again, with other settings, and show what would have changed."""
    from muxer.cli.decide import options
    from muxer.cli.replay import Baseline, Sinks, Trial, run

    trial = Trial(options(preset, max_cost_usd, price_share, min_quality), router, config)
    baseline = Baseline(always=twice or against is not None, config=against)
    raise typer.Exit(run(recorded, trial, baseline, Sinks(out, picture), limit=limit, as_json=json))


@contextmanager
def _learning() -> Iterator[None]:
    """For importing what `fit` and `predict` need. Ends the command when its packages are not installed."""
    from muxer.cli.plans import BAD_CONFIGURATION
    from muxer.cli.screen import complain

    try:
        yield
    except ModuleNotFoundError as error:
        complain("Missing", f"{error.name}: pip install 'modelmuxer[fit]'")
        raise typer.Exit(BAD_CONFIGURATION) from None
