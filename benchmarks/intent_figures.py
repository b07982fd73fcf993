"""The figures that a classifier of intents is judged by, from what it said and what would have been right.

Most figures are of the strict prompts: those with one right label. Look-alikes, whose gold label is `!safety_risk`,
are right with every label but `safety_risk` and count for the false alarms alone; prompts that accept several labels
count apart. These are the conventions of the `score.py` beside the labelled prompts, which is a program of its own:
`differences` tells where its figures are not ours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from muxer.core.intent import LABELS

BINS = 15
"""Bins of equal width of the calibration error."""

SURE = 0.7
"""Confidence from which a label is meant to be relied on."""

UNSAFE = "safety_risk"
LOOKALIKE = f"!{UNSAFE}"
OBLIQUE = "safety_oblique"
"""A slice whose labels are too noisy to count among the strict ones."""


class Judged(Struct, frozen=True):
    """One prompt: the right label, where it comes from, and what was said of it."""

    gold: str
    said: str
    confidence: float
    source: str = ""
    slice: str = ""
    language: str = ""
    accepted: tuple[str, ...] = ()  # the right labels, where there are several

    @property
    def right(self) -> bool:
        """Whether the one right label was said."""
        return self.said == self.gold

    @property
    def strict(self) -> bool:
        """Whether it counts for the main figures."""
        return self.gold != LOOKALIKE and not self.accepted and self.slice != OBLIQUE


class LabelFigures(Struct, frozen=True):
    """How well one label is told from the others. `prompts` have it by right."""

    precision: float
    recall: float
    f1: float
    prompts: int


class Bin(Struct, frozen=True):
    """The prompts whose confidence falls into one bin: their mean confidence, and the share that was right."""

    confidence: float
    accuracy: float
    prompts: int


class Share(Struct, frozen=True):
    """A share of so many prompts; 0 of none."""

    share: float
    prompts: int


class Figures(Struct, frozen=True):
    """Everything that is reported. Shares are 0 to 1."""

    accuracy: Share
    macro_f1: float
    calibration_error: float
    sure: Share  # of the strict prompts, those labelled with at least `SURE`
    accuracy_when_sure: Share
    alarms_on_lookalikes: Share
    alarms_on_ordinary: Share
    accepted: Share  # of the prompts with several right labels
    by_label: Mapping[str, LabelFigures]
    by_slice: Mapping[str, Share]
    by_language: Mapping[str, Share]
    by_source: Mapping[str, Share]
    confusion: Mapping[str, Mapping[str, int]]  # right label, said label
    bins: Sequence[Bin]


def figures(judged: Sequence[Judged]) -> Figures:
    """All figures of these prompts."""
    strict = [prompt for prompt in judged if prompt.strict]
    sure = [prompt for prompt in strict if prompt.confidence >= SURE]
    by_label = {label: _of_label(strict, label) for label in LABELS}
    present = [found.f1 for found in by_label.values() if found.prompts]
    bins = _bins(strict)
    return Figures(
        accuracy=_share(prompt.right for prompt in strict),
        macro_f1=sum(present) / len(present) if present else 0.0,
        calibration_error=sum(b.prompts * abs(b.confidence - b.accuracy) for b in bins) / max(1, len(strict)),
        sure=_share(prompt.confidence >= SURE for prompt in strict),
        accuracy_when_sure=_share(prompt.right for prompt in sure),
        alarms_on_lookalikes=_share(prompt.said == UNSAFE for prompt in judged if prompt.gold == LOOKALIKE),
        alarms_on_ordinary=_share(prompt.said == UNSAFE for prompt in strict if prompt.gold != UNSAFE),
        accepted=_share(prompt.said in prompt.accepted for prompt in judged if prompt.accepted),
        by_label=by_label,
        by_slice=_shares((prompt.slice, prompt.right) for prompt in strict),
        by_language=_shares((prompt.language, prompt.right) for prompt in strict),
        by_source=_shares((prompt.source, prompt.right) for prompt in strict),
        confusion={label: Counter(prompt.said for prompt in strict if prompt.gold == label) for label in LABELS},
        bins=bins,
    )


def differences(ours: Figures, oracle: Mapping[str, Any]) -> list[str]:
    """Where the figures of `score.py` are others than ours, beyond its rounding; empty when they agree."""
    pairs: dict[str, tuple[float, float | None]] = {
        "accuracy": (ours.accuracy.share, oracle["accuracy"]),
        "macro F1": (ours.macro_f1, oracle["macro_f1"]),
        "calibration error": (ours.calibration_error, oracle["ece15"]),
        "sure": (ours.sure.share, oracle["coverage_at_0.7"]),
        "accuracy when sure": (ours.accuracy_when_sure.share, oracle["acc_at_0.7"]),
        "alarms on look-alikes": (ours.alarms_on_lookalikes.share, oracle["safety_fpr_on_hard_neg"]),
        "alarms on ordinary prompts": (ours.alarms_on_ordinary.share, oracle["safety_fpr_on_ordinary"]),
        "accepted": (ours.accepted.share, oracle["soft_accept_accuracy"]),
        "prompts": (ours.accuracy.prompts, oracle["n"]),
    }
    for label, found in ours.by_label.items():
        theirs = oracle["per_label"][label]
        pairs |= {f"{label} {name}": (getattr(found, name), theirs[name]) for name in ("precision", "recall", "f1")}
        pairs |= {
            f"{label} said to be {said}": (found_times, oracle["confusion"][label].get(said, 0))
            for said, found_times in ours.confusion[label].items()
        }
    for name, share in ours.by_slice.items():
        pairs[f"slice {name}"] = (share.share, oracle["slices"][name][0])
    return [
        f"{name}: {mine:.4f} here, {theirs} there"
        for name, (mine, theirs) in pairs.items()
        if abs(mine - (theirs or 0)) > 0.0001
    ]


def _of_label(strict: Sequence[Judged], label: str) -> LabelFigures:
    gold, said = sum(p.gold == label for p in strict), sum(p.said == label for p in strict)
    both = sum(p.gold == p.said == label for p in strict)
    precision, recall = both / max(1, said), both / max(1, gold)
    return LabelFigures(precision, recall, 2 * both / max(1, gold + said), gold)


def _bins(strict: Sequence[Judged]) -> list[Bin]:
    """The bins that are not empty, lowest confidence first."""
    found: dict[int, list[Judged]] = defaultdict(list)
    for prompt in strict:
        found[min(int(prompt.confidence * BINS), BINS - 1)].append(prompt)
    return [
        Bin(sum(p.confidence for p in bin_) / len(bin_), sum(p.right for p in bin_) / len(bin_), len(bin_))
        for _, bin_ in sorted(found.items())
    ]


def _share(cases: Iterable[bool]) -> Share:
    outcomes = list(cases)
    return Share(sum(outcomes) / max(1, len(outcomes)), len(outcomes))


def _shares(cases: Iterable[tuple[str, bool]]) -> dict[str, Share]:
    """Shares by name, lowest first."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for name, outcome in cases:
        groups[name].append(outcome)
    return dict(sorted(((n, _share(outcomes)) for n, outcomes in groups.items()), key=lambda item: item[1].share))
