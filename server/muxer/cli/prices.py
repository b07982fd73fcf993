"""`modelmuxer prices`: keeps the price table.

`check` needs nothing but a table. `update` runs the generator, which is in the repository and not in the package,
because it needs what the server must never need.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from muxer.assets import asset
from muxer.cli.plans import BAD_CONFIGURATION, REFUSED
from muxer.cli.price_freshness import PriceMeta, table_warnings
from muxer.core.price_row import Finding
from muxer.core.prices import PriceTableInvalid

CHECKOUT = Path(__file__).resolve().parents[3]


def check(file: Path | None, as_of: dt.date | None, *, strict: bool) -> int:
    """Prints what there is to say about a table, by default the shipped one, on a day, by default today.

    0 when the server would take it, 1 when not, or with `strict` when there is something to look at; 2 when it cannot
    be read.
    """
    path = file or asset("prices/prices.json")
    console = Console(highlight=False)
    try:
        findings = table_warnings(path.read_bytes(), _meta(path), as_of or dt.datetime.now(dt.UTC).date())
    except PriceTableInvalid as refused:
        console.print(_grid(refused.problems))
        console.print(f"[red]refused:[/] {escape(path.name)}")
        return REFUSED
    except (OSError, ValueError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]not readable:[/] {escape(str(error))}")
        return BAD_CONFIGURATION
    if not findings:
        console.print(f"[green]ok:[/] {escape(path.name)}")
        return 0
    console.print(_grid(findings))
    console.print(f"[yellow]usable, with something to look at:[/] {escape(path.name)}")
    return REFUSED if strict else 0


def update(as_of: dt.date | None, offline: Path | None, *, check: bool, checkout: Path = CHECKOUT) -> int:
    """Runs the generator and returns its exit status, or 2 after having said what it lacks."""
    missing = list(_missing(checkout))
    for lack in missing:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]missing:[/] {lack}")
    if missing:
        return BAD_CONFIGURATION
    words = [*(["--as-of", str(as_of)] if as_of else []), *(["--check"] if check else [])]
    if offline:
        words += ["--offline", str(offline.resolve())]
    return subprocess.run([sys.executable, "-m", "tools.prices", *words], cwd=checkout, check=False).returncode


def _missing(checkout: Path) -> Iterator[str]:
    if not (checkout / "tools" / "prices").is_dir():
        yield "a checkout of the repository; the package holds the table, and not what makes it"
    if importlib.util.find_spec("genai_prices") is None:
        yield "genai-prices, which is one of the development dependencies: make setup-dev"


def _meta(table: Path) -> PriceMeta | None:
    path = table.with_suffix(".meta.json")
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=PriceMeta)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error


def _grid(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("row", "key", "value", "advice"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        cells = (finding.row or "the table", finding.key, finding.value, finding.advice)
        table.add_row(*(escape(cell) for cell in cells))
    return table
