"""Reads prices/abilities.toml: the published results of the catalogue's models, and the models that carry the scale.

Everything in it is checked against itself and the catalogue, so that a misspelled model cannot lose its figures.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from muxer.core.intent import LABELS

Text = Annotated[str, Meta(min_length=1)]

ELO_ZERO = 1300
"""Rating that counts as 0: any would do, the fit finds each benchmark's own zero."""

LOG_ODDS_PER_ELO = math.log(10) / 400
"""By the definition of Elo ratings."""

SUPPOSED_QUESTIONS = 100
"""Shares are drawn in as if half a right answer had been added to this many, so that 0 and 1 stay finite."""


class Benchmark(Struct, frozen=True, forbid_unknown_fields=True):
    """What one measures. `chance` is the share that guessing gets; one that is not `general` says nothing of other
    tasks."""

    unit: Literal["accuracy", "elo"]
    about: Text
    intents: tuple[str, ...]
    chance: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    general: bool = True

    def log_odds(self, score: float) -> float:
        """The score in log-odds, less what guessing gets."""
        if self.unit == "elo":
            return (score - ELO_ZERO) * LOG_ODDS_PER_ELO
        known = max(0.0, (score - self.chance) / (1 - self.chance))
        share = (known * SUPPOSED_QUESTIONS + 0.5) / (SUPPOSED_QUESTIONS + 1)
        return math.log(share / (1 - share))


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """Scores by model, as one source has published them on a day."""

    benchmark: str
    source: Annotated[str, Meta(pattern="^https://")]
    date: dt.date
    scores: Annotated[dict[str, float], Meta(min_length=1)]
    note: str = ""


class Result(Struct, frozen=True, order=True):
    """One score of one model."""

    model: str
    benchmark: str
    score: float
    source: str
    date: dt.date


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `references` are abilities in log-odds of models that are on the scale already."""

    benchmarks: dict[str, Benchmark]
    references: dict[str, float]
    results: tuple[Table, ...]

    def each(self) -> Iterator[Result]:
        """Every score, in the order of the file."""
        for table in self.results:
            for model, score in table.scores.items():
                yield Result(model, table.benchmark, score, table.source, table.date)

    def log_odds(self) -> Mapping[tuple[str, str], float]:
        """Every score in log-odds, by model and benchmark."""
        return {(it.model, it.benchmark): self.benchmarks[it.benchmark].log_odds(it.score) for it in self.each()}


def read_figures(content: bytes, catalogue: Collection[str]) -> Figures:
    """The figures in a TOML file; `catalogue` are the models' names, without providers. Raises `ValueError`."""
    figures = msgspec.toml.decode(content, type=Figures)
    problems = [*_problems(figures, catalogue)]
    if problems:
        raise ValueError("\n".join(problems))
    return figures


def _problems(figures: Figures, catalogue: Collection[str]) -> Iterator[str]:
    for name, benchmark in figures.benchmarks.items():
        for label in set(benchmark.intents) - set(LABELS):
            yield f"{name}: no such intent: {label}"
    seen = set()
    for result in figures.each():
        known = figures.benchmarks.get(result.benchmark)
        if known is None:
            yield f"no such benchmark: {result.benchmark}"
        elif known.unit == "accuracy" and not 0 <= result.score <= 1:
            yield f"{result.model}: {result.benchmark} is a share of 1, not {result.score}"
        elif known.unit == "elo" and not 500 <= result.score <= 2500:
            yield f"{result.model}: {result.benchmark} is an Elo rating, not {result.score}"
        if result.model not in catalogue and result.model not in figures.references:
            yield f"{result.benchmark}: neither in the catalogue nor a reference: {result.model}"
        if (result.model, result.benchmark) in seen:
            yield f"{result.model}: {result.benchmark} is given twice"
        seen.add((result.model, result.benchmark))
