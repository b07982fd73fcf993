"""Judges models on sources that they never saw, with the `score.py` that lies beside the labelled prompts."""

from __future__ import annotations

import copy
import importlib.util
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from muxer.core.intent import classify
from muxer.core.intent_model import Model

from training.intent.examples import Example, data_folder, trainable, wrapped
from training.intent.fit import Fitted, fit

FOLDS = 5
SEED = 7


def folds(composed: Sequence[Example], allowed: Sequence[Example]) -> Iterator[tuple[Fitted, list[Example]]]:
    """Models that lack some origins altogether, each with the examples of those origins."""
    origins = sorted({example.origin for example in allowed})
    random.Random(SEED).shuffle(origins)  # noqa: S311
    for fold in range(FOLDS):
        held = set(origins[fold::FOLDS])
        rest = [example for example in trainable(allowed) if example.origin not in held]
        yield fit([*composed, *rest, *wrapped(rest)]), [example for example in allowed if example.origin in held]


def predictions(model: Model, examples: Iterable[Example]) -> list[dict[str, Any]]:
    """What the classifier says, rules included, in the form that `score.py` takes."""
    found = []
    for example in examples:
        intent = classify(example.features, example.request, enabled=True, model=model)
        found.append({"id": example.row["id"], "label": intent.label, "confidence": intent.confidence})
    return found


def score(examples: Iterable[Example], predicted: list[dict[str, Any]]) -> dict[str, Any]:
    """All figures of `score.py`."""
    path = data_folder() / "intents" / "score.py"
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    judge = cast(Callable[[list[Any], list[Any]], dict[str, Any]], module.score)
    return judge([copy.deepcopy(example.row) for example in examples], predicted)


HEADLINES = (
    "accuracy",
    "macro_f1",
    "ece15",
    "coverage_at_0.7",
    "acc_at_0.7",
    "safety_fpr_on_hard_neg",
    "safety_fpr_on_ordinary",
    "accuracy_without_image_items",
    "source_macro_accuracy",
)


def report(title: str, figures: dict[str, Any]) -> str:
    """The figures that matter, on a few lines."""
    lines = [f"## {title}: {figures['n']} prompts"]
    lines += [f"{name:30} {figures[name]}" for name in HEADLINES]
    lines.append("recall  " + "  ".join(f"{label} {cell['recall']}" for label, cell in figures["per_label"].items()))
    lines.append("slices  " + "  ".join(f"{name} {cell[0]}" for name, cell in figures["slices"].items()))
    lines.append("worst   " + "  ".join(f"{name} {cell[0]}" for name, cell in list(figures["per_source"].items())[:12]))
    return "\n".join(lines)
