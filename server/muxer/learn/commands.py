"""`modelmuxer fit` and `modelmuxer predict`: from recorded outcomes to a router file, from prompts to predictions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from muxer.core import difficulty
from muxer.learn import router_file
from muxer.learn.conversation import Conversation, decode, read
from muxer.learn.curve import Comparison, Pool, compare, pools
from muxer.learn.fit import Fit, fit
from muxer.learn.outcomes import Outcomes, OutcomesInvalid, read_outcomes
from muxer.learn.picture import draw
from muxer.learn.quality_model import QualityModel
from muxer.learn.router_file import RouterFileInvalid
from muxer.learn.watched_lines import watched

LEFT_OUT = 1
"""Exit code when some lines could not be read."""

UNUSABLE = 2
"""Exit code when a file cannot be used."""

TOLD = 10
"""Bad lines that are told one by one; of the rest the number is told."""

MIN_OUTCOMES = 50
"""Fewer outcomes are refused: their means alone would be off by more than models differ."""

FEW_OUTCOMES = 500
"""Below this, a warning: a few hundred outcomes are where learning begins to beat the means."""


class Question(Conversation, frozen=True, kw_only=True):
    """One line to predict for."""

    id: str | int


class Prediction(Struct, frozen=True, omit_defaults=True):
    """One line of predictions. Difficulty is that of `muxer.core.difficulty`; quality is by model. All 0 to 1."""

    id: str | int
    difficulty: float
    quality: dict[str, float] = {}


def run_fit(path: Path, out: Path, picture: Path | None = None, console: Console | None = None) -> int:
    """Fits a router file to outcomes, says what it would have saved, and draws the curve beside the file. Returns the
    exit code."""
    console = console or Console()
    try:
        outcomes = read_outcomes(path)
        _enough(outcomes)
        fitted = _fit(outcomes, console)
        size = router_file.save(fitted.model, out)
    except (OutcomesInvalid, OSError) as error:
        console.print(f"[bold red]Cannot fit:[/] {error}", highlight=False, soft_wrap=True)
        return UNUSABLE
    console.print(_summary(outcomes, fitted.model, out, size), highlight=False, soft_wrap=True)
    if outcomes.count < FEW_OUTCOMES:
        console.print(f"[yellow]Only {outcomes.count} outcomes: expect little more than the models' means.[/]")
    _report(pools(outcomes, fitted.held_out), fitted.model, picture or out.with_suffix(".svg"), console)
    return 0


def run_predict(questions: Path, out: Path, router: Path | None = None, console: Console | None = None) -> int:
    """Predicts for JSON lines of `id` and `prompt` or `messages`; without a router file, difficulty alone. Lines that
    cannot be read are told of and left out. Returns the exit code."""
    console = console or Console()
    bad = 0
    try:
        model = router_file.load(router) if router else None
        with questions.open("rb") as lines, out.open("wb") as predictions:
            for found in _predictions(watched(lines), model):
                if isinstance(found, Prediction):
                    predictions.write(msgspec.json.encode(found) + b"\n")
                    continue
                bad += 1
                if bad <= TOLD:
                    console.print(f"[yellow]Left out:[/] {escape(found)}", highlight=False, soft_wrap=True)
    except (RouterFileInvalid, OSError) as error:
        console.print(f"[bold red]Cannot predict:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return UNUSABLE
    if bad > TOLD:
        console.print(f"[yellow]Left out:[/] {bad - TOLD} lines more")
    return LEFT_OUT if bad else 0


def _enough(outcomes: Outcomes) -> None:
    if outcomes.count < MIN_OUTCOMES:
        raise OutcomesInvalid(f"{outcomes.count} outcomes are too few: at least {MIN_OUTCOMES} are needed")


def _fit(outcomes: Outcomes, console: Console) -> Fit:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        return fit(outcomes, lambda stage, share: progress.update(task, description=stage, completed=share))


def _summary(outcomes: Outcomes, model: QualityModel, out: Path, size: int) -> str:
    trust = model.trust
    return (
        f"[bold green]{out}[/]  {outcomes.count:,} outcomes of {len(model.models)} models on "
        f"{len(outcomes.prompts):,} prompts, {size / 1e6:.1f} MB\n"
        f"Believed by cross-validation: {trust.common:.0%} of what was learned on prompts, {trust.own:.0%} of what was "
        "learned on single models. Prompts unlike these get the models' means, moved by general difficulty."
    )


def _report(found: list[Pool], model: QualityModel, picture: Path, console: Console) -> None:
    """What routing would have saved on each group of prompts, and the picture of the largest."""
    if not found:
        console.print("No costs, or no prompts that several models answered: nothing to compare.")
        return
    costs = dict(zip(model.models, model.mean_cost, strict=True))
    for number, pool in enumerate(found):
        mean_cost = np.array([costs[name] for name in pool.models])
        console.print(_savings(compare(pool, mean_cost), len(pool.scores)))
        if number == 0:
            fixed = [(name, *point) for name, point in zip(pool.models, pool.fixed().tolist(), strict=True)]
            title = f"Routing against {len(pool.models)} fixed models, {len(pool.scores):,} held-out prompts"
            picture.write_text(draw(title, pool.curve(mean_cost), fixed), encoding="utf-8")
    console.print(f"Cost-quality curve of the first group: {picture}", highlight=False, soft_wrap=True)


def _savings(comparisons: list[Comparison], prompts: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"\n{prompts:,} held-out prompts")
    table.add_column("fixed model", no_wrap=True)
    for name in ("quality", "USD/1k", "routed", "as good for", "saves"):
        table.add_column(name, justify="right", no_wrap=True)
    for c in comparisons:
        table.add_row(
            c.model,
            f"{c.quality:.3f}",
            f"{1000 * c.fixed_cost:.3f}",
            _known(c.better, "{:.3f}"),
            _known(1000 * c.cost, "{:.3f}"),
            _known(c.saving, "{:.0%}"),
        )
    return table


def _known(value: float, form: str) -> str:
    return "-" if math.isnan(value) else form.format(value)


def _predictions(lines: Iterable[bytes], model: QualityModel | None) -> Iterator[Prediction | str]:
    """The prediction for each line that is not blank, or what is wrong with it: never what stands in it."""
    decoder = msgspec.json.Decoder(Question)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = decode(line, decoder)
            features = read(question)
        except (ValueError, RecursionError) as error:
            yield f"line {number}: {error}"
            continue
        quality = {} if model is None else dict(model.quality(features))
        yield Prediction(question.id, difficulty.difficulty(features), quality)
