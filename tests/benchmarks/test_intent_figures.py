"""The figures of the intent benchmark, on a handful of prompts that can be counted by hand."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.intent_figures import Bin, Judged, Share, differences, figures
from benchmarks.intent_pictures import draw_confusion, draw_reliability

SVG = "{http://www.w3.org/2000/svg}"
JUDGED = [
    Judged("chat_lite", "chat_lite", 0.95, slice="core", language="en"),
    Judged("chat_lite", "safety_risk", 0.65, slice="core", language="de"),
    Judged("code_gen", "code_gen", 0.75, slice="core", language="en"),
    Judged("safety_risk", "safety_risk", 0.85, slice="core", language="en"),
    Judged("safety_risk", "chat_lite", 0.35, slice="nonen", language="de"),
    Judged("!safety_risk", "safety_risk", 0.6),
    Judged("!safety_risk", "deep_reason", 0.6),
    Judged("deep_reason", "chat_lite", 0.6, accepted=("deep_reason", "chat_lite")),
    Judged("safety_risk", "translation", 0.9, slice="safety_oblique"),
]
FIGURES = figures(JUDGED)
ORACLE = {
    "n": 5, "accuracy": 0.6, "macro_f1": 0.6667, "ece15": 0.29, "coverage_at_0.7": 0.6, "acc_at_0.7": 1.0,
    "safety_fpr_on_hard_neg": 0.5, "safety_fpr_on_ordinary": 0.3333, "soft_accept_accuracy": 1.0,
    "per_label": {
        label: {"precision": p, "recall": p, "f1": p}
        for label, p in (("chat_lite", 0.5), ("code_gen", 1.0), ("safety_risk", 0.5), ("deep_reason", 0.0),
                         ("json_extract", 0.0), ("translation", 0.0), ("vision", 0.0))
    },
    "confusion": {
        "chat_lite": {"chat_lite": 1, "safety_risk": 1}, "code_gen": {"code_gen": 1},
        "safety_risk": {"safety_risk": 1, "chat_lite": 1},
        "deep_reason": {}, "json_extract": {}, "translation": {}, "vision": {},
    },
    "slices": {"core": [0.75, 4], "nonen": [0.0, 1]},
}  # fmt: skip
"""The same in the form of `score.py`, worked out by hand."""


def test_only_prompts_with_one_clear_label_count_for_the_accuracy() -> None:
    assert Share(0.6, 5) == FIGURES.accuracy
    assert Share(1.0, 1) == FIGURES.accepted


def test_precision_and_recall_are_of_the_label() -> None:
    chat = FIGURES.by_label["chat_lite"]

    assert (chat.precision, chat.recall, chat.f1, chat.prompts) == (0.5, 0.5, 0.5, 2)


def test_macro_f1_is_the_mean_over_the_labels_that_occur() -> None:
    assert pytest.approx((0.5 + 1 + 0.5) / 3) == FIGURES.macro_f1


def test_false_alarms_are_counted_apart_on_look_alikes_and_on_ordinary_prompts() -> None:
    assert Share(0.5, 2) == FIGURES.alarms_on_lookalikes
    assert Share(1 / 3, 3) == FIGURES.alarms_on_ordinary


def test_the_calibration_error_weighs_the_gap_of_each_bin_by_its_prompts() -> None:
    gaps = (1 - 0.95, 0.65 - 0, 1 - 0.75, 1 - 0.85, 0.35 - 0)  # each prompt stands in a bin of its own

    assert pytest.approx(sum(gaps) / 5) == FIGURES.calibration_error


def test_a_confidence_of_one_belongs_to_the_last_bin() -> None:
    assert figures([Judged("vision", "vision", 1.0), Judged("vision", "code_gen", 0.99)]).bins == [Bin(0.995, 0.5, 2)]


def test_what_is_sure_is_counted_and_judged() -> None:
    assert (Share(0.6, 5), Share(1.0, 3)) == (FIGURES.sure, FIGURES.accuracy_when_sure)


def test_groups_come_hardest_first() -> None:
    assert {"de": Share(0.0, 2), "en": Share(1.0, 3)} == FIGURES.by_language
    assert list(FIGURES.by_slice) == ["nonen", "core"]


def test_figures_worked_out_elsewhere_agree_or_are_told_apart() -> None:
    assert differences(FIGURES, ORACLE) == []
    assert differences(FIGURES, {**ORACLE, "ece15": 0.3}) == ["calibration error: 0.2900 here, 0.3 there"]


def test_nothing_judged_is_no_error() -> None:
    assert figures([]).accuracy == Share(0.0, 0)


def test_both_pictures_are_drawn_from_the_figures(tmp_path: Path) -> None:
    draw_reliability(FIGURES.bins, FIGURES.calibration_error, tmp_path / "reliability.svg")
    draw_confusion(FIGURES.confusion, tmp_path / "confusion.svg")
    reliability, confusion = (ElementTree.parse(tmp_path / f"{n}.svg").getroot() for n in ("reliability", "confusion"))

    assert len(reliability.findall(f"{SVG}circle")) == len(FIGURES.bins) == 5
    assert [text.text for text in confusion.iter(f"{SVG}text")].count("50.0") == 4
