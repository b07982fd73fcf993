"""`python -m tools.prices`: makes prices.json and prices.meta.json from models.toml and the two libraries it names.

Exit status: 0 the table is written, or with `--check` is what it should be; 1 it is stale, the sources contradict each
other, or the server would refuse it; 2 something that is needed is missing or wrong. Only 0 changes a file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from muxer.core.prices import PriceTableInvalid, load_catalog
from rich.console import Console
from rich.table import Table as Grid

from tools.prices.litellm_source import DownloadFailed, LiteLLM, download, excerpt, read
from tools.prices.models_file import ModelsFile, read_models_file
from tools.prices.render import changes, meta_text, table_text
from tools.prices.table import Table, make_table

REPOSITORY = Path(__file__).resolve().parents[2]
TABLE = Path("prices/prices.json")
META = Path("prices/prices.meta.json")
MODELS = Path("prices/models.toml")
EXCERPT = Path("tests/prices/data/litellm.json")
"""What of LiteLLM the table was made from, for the tests: they download nothing."""

DONE, REFUSED, UNUSABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None, root: Path = REPOSITORY) -> int:
    """Runs the command line on the files below `root`; returns the exit status."""
    options = _options(arguments)
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    try:
        file = read_models_file(root / MODELS)
        litellm = _second_source(file, options.offline)
        old_text, old_meta = _text(root / TABLE), json.loads(_text(root / META))
    except (OSError, ValueError, DownloadFailed) as error:
        console.print(f"{type(error).__name__}: {error}", style="red")
        return UNUSABLE
    now = dt.datetime.now(dt.UTC)
    as_of = options.as_of or _day_of(old_meta if options.check else {}, now)
    table = make_table(file, litellm, as_of)
    text = table_text(table.rows)
    if not _believed(table, console) or not _usable(text, as_of, console):
        return REFUSED
    for change in changes(json.loads(old_text, parse_float=Decimal), table.rows):
        print(change)
    new_meta = meta_text(text, table.rows, file.versions, as_of, now)
    if options.check:
        fresh = text == old_text and _lasting(json.loads(new_meta)) == _lasting(old_meta)
        print(f"{'as it should be' if fresh else 'stale'}: {TABLE}, as of {as_of}")
        return DONE if fresh else REFUSED
    recorded = excerpt(litellm, {file.litellm_name(model_id) for model_id in file.models})
    for path, content in ((TABLE, text), (META, new_meta), (EXCERPT, recorded)):
        (root / path).write_text(content, encoding="utf-8")
    print(f"written: {TABLE}, {len(table.rows)} models, as of {as_of}")
    return DONE


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--as-of",
        type=dt.date.fromisoformat,
        metavar="DATE",
        help="take the prices of that day (default: today; with --check, the day of the table)",
    )
    parser.add_argument(
        "--offline",
        type=Path,
        metavar="FILE",
        help=f"LiteLLM's wheel, or an excerpt such as {EXCERPT}; without it the wheel is downloaded",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    return parser.parse_args(arguments)


def _second_source(file: ModelsFile, offline: Path | None) -> LiteLLM:
    """Raises `ValueError` when one of the two sources is not of the version that models.toml names."""
    wanted = file.versions
    installed = importlib.metadata.version("genai-prices")
    if installed != wanted.genai_prices:
        raise ValueError(f"genai-prices {installed} is installed, and {MODELS} names {wanted.genai_prices}")
    if offline is None:
        with tempfile.TemporaryDirectory() as folder:
            return read(download(wanted.litellm, Path(folder)))
    litellm = read(offline)
    if litellm.version != wanted.litellm:
        raise ValueError(f"{offline} is of litellm {litellm.version}, and {MODELS} names {wanted.litellm}")
    return litellm


def _text(path: Path) -> str:
    """A JSON file, which need not be there."""
    return path.read_text(encoding="utf-8") if path.exists() else "{}"


def _day_of(meta: dict[str, Any], now: dt.datetime) -> dt.date:
    return dt.date.fromisoformat(meta["as_of"]) if "as_of" in meta else now.date()


def _lasting(meta: dict[str, Any]) -> dict[str, Any]:
    """What the same sources give again at any time."""
    return {key: value for key, value in meta.items() if key != "generated_at"}


def _believed(table: Table, console: Console) -> bool:
    """Whether nothing speaks against the table. Shows what does, and which overrides have had their day."""
    for said in table.superfluous:
        console.print(f"no longer needed in {MODELS}: {said}", style="yellow")
    if table.conflicts:
        grid = Grid(title=f"Conflicts, in USD per 1,000 tokens; {MODELS} settles them", title_justify="left")
        for heading in ("model", "rate", "table", "litellm", "what to do"):
            grid.add_column(heading, overflow="fold")
        for conflict in table.conflicts:
            grid.add_row(conflict.model, conflict.rate, conflict.ours, conflict.theirs, conflict.advice)
        console.print(grid)
    return not table.conflicts


def _usable(text: str, as_of: dt.date, console: Console) -> bool:
    """Whether the server would take the table. Says what is wrong with it, or odd about it."""
    try:
        warnings = load_catalog(text, today=as_of).warnings
    except PriceTableInvalid as refused:
        console.print(str(refused), style="red")
        return False
    for warning in warnings:
        console.print(str(warning), style="yellow")
    return True


if __name__ == "__main__":
    sys.exit(main())
