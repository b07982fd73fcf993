"""`modelmuxer prices`: its commands and their options."""

# ruff: noqa: PLC0415

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

prices = typer.Typer(help="Check the price table, or make it anew.", no_args_is_help=True)

AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="As if it were that day.")]


@prices.command(name="check")
def prices_check(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A price table; the shipped one by default.", show_default=False),
    ] = None,
    as_of: AsOf = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 when there is anything to look at.")] = False,
) -> None:
    """Say what is wrong with a price table, what is odd, and what has had its day."""
    from muxer.cli.prices import check as run

    raise typer.Exit(run(file, as_of and as_of.date(), strict=strict))


@prices.command(name="update")
def prices_update(
    as_of: AsOf = None,
    offline: Annotated[
        Path | None,
        typer.Option("--offline", metavar="FILE", help="LiteLLM's wheel or an excerpt, instead of a download."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing, say what would change.")] = False,
) -> None:
    """Make prices/prices.json anew; for developers, in a checkout."""
    from muxer.cli.prices import update as run

    raise typer.Exit(run(as_of and as_of.date(), offline, check=check))
