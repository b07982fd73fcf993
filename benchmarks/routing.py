"""How well routing by learned quality works: `python -m benchmarks.routing [folder for plots]`.

Reads the recorded outcomes (`training/routing/data.py` says where), and prints, always for prompts that were not seen:
APGR, CPT50 and CPT80 of pairs, by questions apart (the fit of `modelmuxer fit`) and by whole families of data sets
apart (difficulty alone); the share of the way to the oracle of pools, by questions apart (five folds, and five draws of
30 %) and by families apart; and how long a prediction takes. Before that it prints what `benchmarks.intent` and
`benchmarks.decide` do. Takes some seven minutes on one core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from muxer.core import difficulty
from muxer.learn.picture import draw
from muxer.learn.quality_model import QualityModel
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import decide, intent
from training.routing import evaluate
from training.routing.data import Outcomes, features_of, load
from training.routing.data import folder as recorded
from training.routing.metrics import PairScore
from training.routing.pools import POOLS

Vector = NDArray[np.float64]
Need = Callable[[int, int], Vector]

ROUNDS = 2_000
SENTENCE = "Explain to me in plain words how a refrigerator keeps food cold, and why it is warm behind. "


def main() -> None:
    """Runs everything and prints it."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/routing")
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=110)
    tell = Console(stderr=True).print
    intent.report(folder, console, tell)
    decide.report(folder, console)
    if not recorded().exists():
        console.print(f"[bold yellow]Routing is not judged:[/] {recorded()} is missing; set MODELMUXER_DATA.")
        return
    case = evaluate.read(load())
    hardness = evaluate.difficulty_elsewhere(case, tell)
    inside = evaluate.questions_apart(case, hardness, tell)
    drawn = evaluate.drawn_apart(case, hardness, inside, tell)
    outside = evaluate.datasets_apart(case, hardness, inside, tell)
    console.print(inside.model.trust)
    by_length = np.array([float(f.turn_chars) for f in case.features])
    console.print(
        _pairs(
            {
                "questions apart: fitted heads": _gap(inside.quality),
                "data sets apart: difficulty": lambda *_: hardness,
                "length alone": lambda *_: by_length,
            },
            case.outcomes,
        )
    )
    predicted = {
        "five folds: heads": evaluate.by_fold(inside.quality, inside.fold),
        "five folds: averages": evaluate.by_fold(inside.averages, inside.fold),
        "70/30: heads": [held.quality for held in drawn],
        "70/30: averages": [held.averages for held in drawn],
    }
    console.print(_pools({way: evaluate.pool_shares(case.outcomes, held) for way, held in predicted.items()}))
    console.print(_groups(evaluate.shares_by_group(case, outside)))
    for name in POOLS:
        _plot(folder / f"{name}.svg", name, case.outcomes, inside.quality)
    console.print(f"Curves: {folder}/*.svg")
    console.print(_speed(inside.model))


def _gap(quality: Vector) -> Need:
    """Need of the strong model: how much better it is predicted to be."""
    return lambda strong, weak: np.asarray(quality[:, strong] - quality[:, weak])


def _pairs(ways: dict[str, Need], outcomes: Outcomes) -> Table:
    table = Table(box=None, pad_edge=False, title="\nAPGR / CPT50 / CPT80 of pairs", title_justify="left")
    table.add_column("pair", no_wrap=True)
    for way in ways:
        table.add_column(way, justify="right")
    found = [evaluate.pair_scores(outcomes, need) for need in ways.values()]
    for name in found[0]:
        table.add_row(name, *(_figures(scores.get(name)) for scores in found))
    means = [np.mean([scores[name].apgr for name in scores]) for scores in found]
    table.add_row("mean APGR", *(f"{mean:.3f}" for mean in means))
    return table


def _figures(score: PairScore | None) -> str:
    return "-" if score is None else f"{score.apgr:.3f} {score.cpt50:3.0f} {score.cpt80:3.0f}"


def _pools(ways: dict[str, dict[str, tuple[float, float]]]) -> Table:
    title = "\nShare of the way from the best fixed mix to the oracle, questions apart"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    table.add_column("pool", no_wrap=True)
    for way in ways:
        table.add_column(way, justify="right")
    for name in POOLS:
        table.add_row(name, *(f"{shares[name][0]:.3f} ± {shares[name][1]:.3f}" for shares in ways.values()))
    return table


def _groups(shares: dict[tuple[str, int], tuple[int, float, float]]) -> Table:
    title = "\nThe same, with the prompts' whole group of data sets left out of the fit"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for name in ("pool", "group", "prompts", "fitted heads", "averages"):
        table.add_column(name, justify="left" if name == "pool" else "right", no_wrap=True)
    for (pool, group), (prompts, heads, averages) in shares.items():
        table.add_row(pool, str(group + 1), f"{prompts:,}", f"{heads:.3f}", f"{averages:.3f}")
    return table


def _plot(path: Path, name: str, outcomes: Outcomes, quality: Vector) -> None:
    pool, mean_cost = evaluate.pool_of(outcomes, quality, name)
    fixed = [(model, *point) for model, point in zip(pool.models, pool.fixed().tolist(), strict=True)]
    title = f"{name}: {len(pool.scores):,} prompts by cross-validation"
    path.write_text(draw(title, pool.curve(mean_cost), fixed), encoding="utf-8")


def _speed(model: QualityModel) -> Table:
    """Microseconds per prompt of 500 characters, and of 100,000."""
    table = Table(box=None, pad_edge=False, title="\nMicroseconds, p50 and p99", title_justify="left")
    for name in ("", "features", "difficulty", f"quality of {len(model.models)} models"):
        table.add_column(name, justify="right", no_wrap=True)
    for characters in (500, 100_000):
        text = (SENTENCE * (characters // len(SENTENCE) + 1))[:characters]
        features = features_of(text)
        calls = (partial(features_of, text), partial(difficulty.difficulty, features), partial(model.quality, features))
        table.add_row(f"{characters:,} characters", *(_microseconds(call) for call in calls))
    return table


def _microseconds(call: Callable[[], object]) -> str:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - start)
    times.sort()
    return f"{times[ROUNDS // 2] / 1000:.0f} {times[ROUNDS * 99 // 100] / 1000:.0f}"


if __name__ == "__main__":
    main()
