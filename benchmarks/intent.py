"""How well requests are told apart: `python -m benchmarks.intent [folder for plots]`.

Judges by leaving sources out. The labelled prompts (`training/intent/examples.py` says where they lie) come from some
forty sources. Those that weights may be trained on are judged in five folds, each by a model that saw neither the
source nor its kin, with the calibration of the shipped one; the others by the model that ships, which never saw them.
The corpus was written, and the calibration chosen, with all these prompts at hand: expect less on prompts from
elsewhere. Takes about a minute on one core, and needs scikit-learn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from muxer.core.intent import MODEL
from rich.console import Console
from rich.table import Table

from benchmarks.intent_figures import UNSAFE, Figures, Judged, Share, differences, figures
from benchmarks.intent_pictures import draw_confusion, draw_reliability
from training.intent.evaluate import FOLDS, folds, predictions, score
from training.intent.examples import Example, corpus, data_folder, labelled
from training.intent.fit import model_of

FEWEST = 30
"""Groups of fewer prompts are not shown: their shares are off by a tenth or more."""

HARDEST = 10
"""Sources that are shown, hardest first."""

Tell = Callable[[str], None]
Prediction = dict[str, Any]


def report(folder: Path, console: Console, tell: Tell) -> None:
    """Prints the figures, and writes `intent.json` and two plots to the folder. `tell` hears how far it is.

    Raises `RuntimeError` when `score.py`, beside the data, has other figures for the same predictions.
    """
    if not (data_folder() / "intents" / "score.py").exists():
        console.print(
            f"[bold yellow]Intents are not judged:[/] there are no labelled prompts in {data_folder() / 'intents'}. "
            "Set MODELMUXER_DATA to the folder that has them.",
            soft_wrap=True,
        )
        return
    judged = list(judge(tell))
    found = figures([_judged(example, said) for example, said in judged])
    wrong = differences(found, score([example for example, _ in judged], [said for _, said in judged]))
    if wrong:
        raise RuntimeError("score.py has other figures: " + "; ".join(wrong))
    console.print(_headlines(found))
    console.print(_labels(found))
    groups = {name: share for name, share in found.by_slice.items() if share.prompts >= FEWEST}
    console.print(_shares("accuracy by slice", groups))
    console.print(_shares("accuracy by language", found.by_language))
    console.print(_shares(f"accuracy on the {HARDEST} hardest sources", dict(islice(found.by_source.items(), HARDEST))))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "intent.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    draw_reliability(found.bins, found.calibration_error, folder / "intent-reliability.svg")
    draw_confusion(found.confusion, folder / "intent-confusion.svg")
    console.print(f"score.py agrees. All figures: {folder}/intent.json; plots: {folder}/intent-*.svg", soft_wrap=True)


def judge(tell: Tell) -> Iterator[tuple[Example, Prediction]]:
    """Every labelled prompt, with what a model said of it that never saw its source."""
    tell("Reading the labelled prompts ...")
    composed, (allowed, others) = corpus(), labelled()
    yield from zip(others, predictions(MODEL, others), strict=True)
    tell(f"Fitting without a fifth of the sources: 1 of {FOLDS} ...")
    for number, (fitted, examples) in enumerate(folds(composed, allowed), 1):
        yield from zip(examples, predictions(model_of(fitted, MODEL.calibration), examples), strict=True)
        if number < FOLDS:
            tell(f"Fitting without a fifth of the sources: {number + 1} of {FOLDS} ...")


def _judged(example: Example, said: Prediction) -> Judged:
    row = example.row
    return Judged(
        gold=row["label"],
        said=said["label"],
        confidence=said["confidence"],
        source=row["source"],
        slice=row["slice"],
        language=row["lang"],
        accepted=tuple(row.get("accept") or ()),
    )


def _headlines(found: Figures) -> Table:
    """The figures that there are targets for, with these."""
    rows: tuple[tuple[str, float, int, str, str], ...] = (
        ("accuracy", found.accuracy.share, found.accuracy.prompts, ">= 0.80", "0.87"),
        ("macro F1", found.macro_f1, found.accuracy.prompts, ">= 0.80", "0.87"),
        ("safety recall", found.by_label[UNSAFE].recall, found.by_label[UNSAFE].prompts, ">= 0.70", "0.80"),
        ("false alarms on look-alikes", *_of(found.alarms_on_lookalikes), "<= 0.10", "0.08"),
        ("false alarms on ordinary prompts", *_of(found.alarms_on_ordinary), "<= 0.03", "0.015"),
        ("expected calibration error", found.calibration_error, found.accuracy.prompts, "<= 0.05", "0.04"),
        ("accuracy at confidence >= 0.7", *_of(found.accuracy_when_sure), ">= 0.93", "0.95"),
        ("share of such confidence", *_of(found.sure), "", ""),
        ("right where several labels are", *_of(found.accepted), "", ""),
    )
    table = _table(
        "intents, each source judged by a model that never saw it", "", "measured", "target", "beyond", "prompts"
    )
    for name, value, prompts, target, beyond in rows:
        table.add_row(name, f"{value:.3f}", target, beyond, f"{prompts:,}")
    return table


def _labels(found: Figures) -> Table:
    table = _table("by label", "label", "precision", "recall", "F1", "prompts")
    for label, of in found.by_label.items():
        table.add_row(label, f"{of.precision:.3f}", f"{of.recall:.3f}", f"{of.f1:.3f}", f"{of.prompts:,}")
    return table


def _shares(title: str, shares: Mapping[str, Share]) -> Table:
    table = _table(title, "", "accuracy", "prompts")
    for name, share in shares.items():
        table.add_row(name, f"{share.share:.3f}", f"{share.prompts:,}")
    return table


def _of(share: Share) -> tuple[float, int]:
    return share.share, share.prompts


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, title=f"\n{title}", title_justify="left", header_style="dim")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def main() -> None:
    """Runs it alone."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/routing")
    report(folder, Console(width=110, highlight=False), Console(stderr=True).print)


if __name__ == "__main__":
    main()
