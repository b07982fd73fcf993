"""Puts models on the scale of difficulties, by all of their published results at once.

    result in log-odds = slope * (ability - difficulty)

Slope and difficulty belong to the benchmark, ability to the model. Slopes differ because benchmarks do: a quarter more
right answers are a small step on one and a large one on another. The scale itself comes from models whose ability is
known from recorded outcomes (the references), and which have published results as well.

A model's ability is the mean of where its results place it and of one more value: what its price and class are worth.
So a model of one result goes half of the way, and one odd result among nine moves it by a tenth of its oddness.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from statistics import fmean

from msgspec import Struct

from tools.abilities_figures import Benchmark, Figures

USUAL_SLOPE: Mapping[str, float] = {"accuracy": 1.0, "elo": 0.35}
"""Slope that a benchmark has before its results are seen: that of the Rasch model, and what the references give for
ratings by people's preference, where an abler model often wins no vote."""

SLOPE_INERTIA = 5.0
"""How many units of squared deviation of ability the usual slope counts for."""

SETTLED = 1e-9
"""The fit ends when no ability moves by more."""

MOST_ROUNDS = 10_000


class Line(Struct, frozen=True):
    """A benchmark on the scale."""

    slope: float
    difficulty: float

    def place(self, log_odds: float) -> float:
        """The ability at which this result is what one expects."""
        return log_odds / self.slope + self.difficulty


class Scale(Struct, frozen=True):
    """The fit. `newer` is how much abler than their price and class the models are over all."""

    abilities: Mapping[str, float]
    by_intent: Mapping[str, Mapping[str, float]]
    lines: Mapping[str, Line]
    newer: float


def place(figures: Figures, priors: Mapping[str, float]) -> Scale:
    """Places the models of `priors` (abilities by price and class) that have general results. Raises `ValueError` when
    the fit does not settle."""
    results = figures.log_odds()
    general = {name: benchmark for name, benchmark in figures.benchmarks.items() if benchmark.general}
    models = sorted({model for model, name in results if name in general and model in priors})
    abilities = {**figures.references, **{model: priors[model] for model in models}}
    for _ in range(MOST_ROUNDS):
        lines = _lines(general, results, abilities)
        places = {model: _places(model, general, results, lines) for model in models}
        newer = fmean(fmean(places[model]) - priors[model] for model in models)
        moved = {model: fmean([*places[model], priors[model] + newer]) for model in models}
        step = max(abs(moved[model] - abilities[model]) for model in models)
        abilities |= moved
        if step < SETTLED:
            lines = _lines(figures.benchmarks, results, abilities)
            by_intent = {model: _by_intent(model, moved[model], figures.benchmarks, results, lines) for model in models}
            return Scale(moved, by_intent, lines, newer)
    raise ValueError(f"the abilities did not settle in {MOST_ROUNDS} rounds")


def _lines(
    benchmarks: Mapping[str, Benchmark], results: Mapping[tuple[str, str], float], abilities: Mapping[str, float]
) -> dict[str, Line]:
    return {name: _line(name, benchmark, results, abilities) for name, benchmark in benchmarks.items()}


def _line(
    name: str, benchmark: Benchmark, results: Mapping[tuple[str, str], float], abilities: Mapping[str, float]
) -> Line:
    """Ridge regression of the results on the abilities, towards the usual slope."""
    points = [(abilities[model], value) for (model, other), value in results.items() if other == name]
    if not points:
        raise ValueError(f"{name} has no results of models on the scale")
    usual = USUAL_SLOPE[benchmark.unit]
    middle, level = fmean(ability for ability, _ in points), fmean(value for _, value in points)
    spread = sum((ability - middle) ** 2 for ability, _ in points)
    together = sum((ability - middle) * (value - level) for ability, value in points)
    slope = (together + SLOPE_INERTIA * usual) / (spread + SLOPE_INERTIA)
    if slope <= 0:
        raise ValueError(f"{name} ranks the models upside down")
    return Line(slope, middle - level / slope)


def _places(
    model: str, benchmarks: Collection[str], results: Mapping[tuple[str, str], float], lines: Mapping[str, Line]
) -> list[float]:
    return [lines[name].place(results[model, name]) for name in sorted(benchmarks) if (model, name) in results]


def _by_intent(
    model: str,
    ability: float,
    benchmarks: Mapping[str, Benchmark],
    results: Mapping[tuple[str, str], float],
    lines: Mapping[str, Line],
) -> dict[str, float]:
    """Ability at each kind of task that some result speaks for: the mean of their places and of the general ability."""
    labels = sorted({label for benchmark in benchmarks.values() for label in benchmark.intents})
    speaking = {label: {name for name, it in benchmarks.items() if label in it.intents} for label in labels}
    places = {label: _places(model, names, results, lines) for label, names in speaking.items()}
    return {label: fmean([*found, ability]) for label, found in places.items() if found}
