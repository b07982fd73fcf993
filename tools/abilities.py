"""Writes prices/abilities.json and the tables in docs/abilities.md, out of prices/abilities.toml and prices.json.

Run it after a change to either: what a model costs is part of what is supposed of it.

Exit status: 0 all is well, 1 with `--check` when a file is stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from msgspec import Struct
from muxer.core import quality
from muxer.core.prices import load_catalog
from muxer.types.catalog import ModelSpec

from tools.abilities_figures import Figures, Result, read_figures
from tools.abilities_scale import Scale, place

REPOSITORY = Path(__file__).resolve().parent.parent
FIGURES = Path("prices/abilities.toml")
PRICES = Path("prices/prices.json")
TABLE = Path("prices/abilities.json")
PAGE = Path("docs/abilities.md")

DIGITS = 2
"""Of a log-odds: a hundredth is a quarter of a percentage point at most."""


class Published(Struct, frozen=True):
    """All that is written down: the figures, their scale, and the catalogue's ids by model name."""

    figures: Figures
    scale: Scale
    ids: Mapping[str, Sequence[str]]

    def results(self, model: str) -> list[Result]:
        """The model's results by source, latest first."""
        mine = [result for result in self.figures.each() if result.model == model]
        return sorted(sorted(mine), key=lambda result: (-result.date.toordinal(), result.source))


def publish(folder: Path) -> Published:
    """Fits the scale to the files in a checkout. Raises `ValueError` when they cannot be believed."""
    models = load_catalog((folder / PRICES).read_bytes()).catalog.models.values()
    ids: dict[str, list[str]] = defaultdict(list)
    for model in models:
        ids[model.name].append(model.id)
    figures = read_figures((folder / FIGURES).read_bytes(), ids)
    return Published(figures, place(figures, priors(models)), ids)


def priors(models: Iterable[ModelSpec]) -> dict[str, float]:
    """What price and class say of each model, by its name: of two providers' prices, the mean of what they say."""
    by_name: dict[str, list[float]] = defaultdict(list)
    for model in models:
        launch = model.prices[0].rates
        typical = (launch.input + launch.output) / 2
        by_name[model.name].append(quality.prior(typical, reasoning=model.capabilities.reasoning))
    return {name: fmean(values) for name, values in by_name.items()}


def table(published: Published) -> str:
    """The text of abilities.json: one model a paragraph, by id."""
    rows: dict[str, object] = {}
    for model, ability in published.scale.abilities.items():
        row = {
            "by_intent": {label: _short(value) for label, value in published.scale.by_intent[model].items()},
            "general": _short(ability),
            "sources": [
                {"benchmark": it.benchmark, "date": str(it.date), "score": it.score, "source": it.source}
                for it in published.results(model)
            ],
        }
        rows |= dict.fromkeys(published.ids[model], row)
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


def models_table(published: Published) -> str:
    """The models in Markdown, ablest first."""
    lines = ["| model | general | at | results |", "|---|---|---|---|"]
    for model, ability in sorted(published.scale.abilities.items(), key=lambda item: (-item[1], item[0])):
        at = ", ".join(f"`{label}` {value:.1f}" for label, value in published.scale.by_intent[model].items())
        results = ", ".join(_cited(result) for result in published.results(model))
        lines.append(f"| `{model}` | {ability:.1f} | {at} | {results} |")
    return "\n".join(lines) + "\n"


def benchmarks_table(published: Published) -> str:
    """The benchmarks in Markdown, easiest first."""
    lines = ["| benchmark | what it measures | speaks for | difficulty | slope |", "|---|---|---|---|---|"]
    for name, line in sorted(published.scale.lines.items(), key=lambda item: item[1].difficulty):
        benchmark = published.figures.benchmarks[name]
        general = ["all tasks"] if benchmark.general else []
        intents = ", ".join([*general, *(f"`{label}`" for label in benchmark.intents)])
        lines.append(f"| {name} | {benchmark.about} | {intents} | {line.difficulty:.1f} | {line.slope:.2f} |")
    return "\n".join(lines) + "\n"


def missing(published: Published) -> str:
    """The models without results, as a list in Markdown."""
    without = sorted(set(published.ids) - set(published.scale.abilities))
    return "".join(f"- `{model}`\n" for model in without) or "None.\n"


def _cited(result: Result) -> str:
    return f"[{result.benchmark} {result.score:g}]({result.source})"


def _short(log_odds: float) -> float:
    return round(log_odds, DIGITS) + 0.0  # not -0.0


PARTS = {"models": models_table, "benchmarks": benchmarks_table, "missing": missing}
"""The written parts of the page, by the name that stands in the comments around them."""


def page(published: Published, text: str) -> str:
    """The page with its written parts renewed. Raises `ValueError` when it has lost the comments around one."""
    for name, part in PARTS.items():
        begin, end = f"<!-- begin {name}: written by tools/abilities.py -->\n", f"<!-- end {name} -->\n"
        before, found, rest = text.partition(begin)
        _, found_too, after = rest.partition(end)
        if not found or not found_too:
            raise ValueError(f"{PAGE} has lost the lines around {name}: {begin}{end}")
        text = f"{before}{begin}\n{part(published)}\n{end}{after}"
    return text


def main(arguments: Sequence[str] | None = None, folder: Path = REPOSITORY) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    options = parser.parse_args(arguments)
    published = publish(folder)
    old = (folder / PAGE).read_text(encoding="utf-8")
    stale = 0
    for path, content in ((TABLE, table(published)), (PAGE, page(published, old))):
        file = folder / path
        if file.exists() and file.read_text(encoding="utf-8") == content:
            continue
        stale += 1
        print(f"{'stale' if options.check else 'written'}: {path}")
        if not options.check:
            file.write_text(content, encoding="utf-8")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
