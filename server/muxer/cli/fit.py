"""`modelmuxer fit`: from recorded outcomes to a router file, and a picture of what it would have saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from muxer.cli import fit_tables
from muxer.cli.plans import BAD_CONFIGURATION
from muxer.cli.screen import complain, screen
from muxer.cli.targets import Target, TargetRefused, check_targets
from muxer.learn import router_file
from muxer.learn.curve import Pool, Vector, compare, pools, why_no_pool
from muxer.learn.fit import Fit, fit
from muxer.learn.outcomes import Outcomes, OutcomesInvalid, read_outcomes
from muxer.learn.picture import draw
from muxer.learn.whole_file import write_whole

MIN_OUTCOMES = 50
"""Fewer outcomes are refused: their means alone would be off by more than models differ."""


def run(source: Path, out: Path, picture: Path | None) -> int:
    """Fits a router file to outcomes, says what it would have saved, and draws the curve, beside the file unless told
    otherwise. Returns the exit code."""
    drawn = picture or out.parent / f"{out.stem}.svg"
    try:
        check_targets((source,), (Target("--out", out, whole=True), Target("--picture", drawn, whole=True)))
        outcomes = read_outcomes(source)
        _enough(outcomes)
        fitted = _fit(outcomes)
        size = router_file.save(fitted.model, out)
    except (OutcomesInvalid, TargetRefused, OSError) as error:
        complain("Cannot fit", str(error))
        return BAD_CONFIGURATION
    fit_tables.show_fit(outcomes, fitted.model, out, size, screen())
    return _report(outcomes, fitted, drawn, screen())


def _enough(outcomes: Outcomes) -> None:
    if outcomes.count < MIN_OUTCOMES:
        given = outcomes.count + outcomes.repeats
        merged = f" ({given} rows: those of one model on one prompt count as one)" if outcomes.repeats else ""
        raise OutcomesInvalid(f"{outcomes.count} outcomes are too few{merged}: at least {MIN_OUTCOMES} are needed")


def _fit(outcomes: Outcomes) -> Fit:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=1.0)
        return fit(outcomes, lambda stage, share: progress.update(task, description=stage, completed=share))


def _report(outcomes: Outcomes, fitted: Fit, picture: Path, console: Console) -> int:
    """Tells what routing would have saved on each group of prompts, and draws the first of them, the largest."""
    found = pools(outcomes, fitted.held_out)
    if not found:
        console.print(f"Nothing to compare: {why_no_pool(outcomes)}.", soft_wrap=True)
        return 0
    costs = dict(zip(fitted.model.models, fitted.model.mean_cost.tolist(), strict=True))
    mean_costs = [np.array([costs[name] for name in pool.models]) for pool in found]
    comparisons = [compare(pool, mean_cost) for pool, mean_cost in zip(found, mean_costs, strict=True)]
    fit_tables.show_savings(comparisons, console)
    if not found[0].costs.any():
        console.print("No picture: all costs of the first group are 0, and the scale of costs is logarithmic.")
        return 0
    try:
        write_whole(picture, _drawn(found[0], mean_costs[0]))
    except OSError as error:
        complain("Cannot draw", str(error))
        return BAD_CONFIGURATION
    fit_tables.show_picture(picture, console)
    return 0


def _drawn(pool: Pool, mean_cost: Vector) -> bytes:
    fixed = [(name, cost, quality) for name, (cost, quality) in zip(pool.models, pool.fixed().tolist(), strict=True)]
    title = f"Routing against {len(pool.models)} fixed models, {len(pool.scores):,} held-out prompts"
    return draw(title, pool.curve(mean_cost), fixed).encode()
