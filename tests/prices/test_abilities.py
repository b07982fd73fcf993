"""The shipped abilities follow from the shipped figures, and from nothing else."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from muxer.core import abilities
from muxer.core.intent import LABELS
from muxer.core.prices import load_catalog

from tools.abilities import FIGURES, PAGE, PRICES, REPOSITORY, TABLE, main, priors, publish, table
from tools.abilities_figures import Benchmark, Figures, read_figures
from tools.abilities_scale import place

CATALOGUE = load_catalog((REPOSITORY / PRICES).read_bytes()).catalog.models
NAMES = {model.name for model in CATALOGUE.values()}
ROWS: dict[str, Any] = json.loads((REPOSITORY / TABLE).read_text())
SHIPPED = read_figures((REPOSITORY / FIGURES).read_bytes(), NAMES)
PRIORS = priors(CATALOGUE.values())

RECORDED = {"openai:gpt-4o": 1.93, "openai:gpt-4o-mini": 1.33, "groq:llama-3.1-8b-instant": -0.88}
"""Abilities by the recorded outcomes (training/routing), of models that the scale was made without."""


def test_the_written_files_are_fresh() -> None:
    command = [sys.executable, "-m", "tools.abilities", "--check"]

    done = subprocess.run(command, cwd=REPOSITORY, text=True, capture_output=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_row_is_of_a_model_in_the_catalogue_and_read_by_the_server() -> None:
    assert set(ROWS) <= set(CATALOGUE)
    assert set(ROWS) == set(abilities.published())


def test_every_figure_has_a_source_and_a_day_that_has_been() -> None:
    made = dt.date.fromisoformat(json.loads((REPOSITORY / "prices/prices.meta.json").read_text())["generated_at"][:10])
    figures = [figure for row in ROWS.values() for figure in row["sources"]]

    assert [figure for figure in figures if not figure["source"].startswith("https://")] == []
    assert [figure for figure in figures if not "2024" < figure["date"] <= str(made)] == []


def test_every_value_is_one_that_a_model_may_have() -> None:
    generals = [row["general"] for row in ROWS.values()]
    strays = [
        (model_id, label)
        for model_id, row in ROWS.items()
        for label, value in row["by_intent"].items()
        if label not in LABELS or abs(value - row["general"]) > 1
    ]

    assert -3 < min(generals) <= max(generals) < 6
    assert strays == []


def test_the_same_model_at_two_providers_is_equally_able() -> None:
    assert ROWS["groq:openai/gpt-oss-120b"] == ROWS["together:openai/gpt-oss-120b"]


@pytest.mark.parametrize(
    ("abler", "less"),
    [
        ("anthropic:claude-opus-5-5", "anthropic:claude-sonnet-5-5"),
        ("anthropic:claude-opus-5-5", "anthropic:claude-opus-5"),
        ("anthropic:claude-sonnet-5-5", "anthropic:claude-haiku-5-5"),
        ("anthropic:claude-haiku-5-5", "anthropic:claude-haiku-4-5"),
        ("google:gemini-4-argon", "google:gemini-3.8-flash"),
        ("google:gemini-2.5-pro", "google:gemini-2.5-flash"),
        ("google:gemini-2.5-flash", "google:gemini-2.5-flash-lite"),
        ("groq:openai/gpt-oss-120b", "groq:openai/gpt-oss-20b"),
        ("mistral:mistral-large-4", "mistral:mistral-large-2512"),
        ("cohere:command-a-03-2025", "cohere:command-r-08-2024"),
        ("openai:gpt-6-astra", "openai:gpt-6-luna"),
        ("openai:gpt-5.5", "openai:gpt-5.4-mini"),
        ("openai:gpt-4o", "openai:gpt-4o-mini"),
        ("together:zai-org/GLM-5.3", "together:zai-org/GLM-5.3-Flash"),
        ("openai:gpt-4o-mini", "groq:llama-3.1-8b-instant"),
    ],
)
def test_a_flagship_is_abler_than_its_small_or_older_sibling(abler: str, less: str) -> None:
    assert ROWS[abler]["general"] > ROWS[less]["general"]


def test_models_known_from_recorded_outcomes_land_near_their_abilities_there() -> None:
    off = {model_id: abs(ROWS[model_id]["general"] - ability) for model_id, ability in RECORDED.items()}

    assert max(off.values()) < 0.75, off


def test_the_order_of_the_file_means_nothing() -> None:
    backwards = [
        msgspec.structs.replace(part, scores=dict(reversed(part.scores.items()))) for part in reversed(SHIPPED.results)
    ]
    turned = Figures(dict(reversed(SHIPPED.benchmarks.items())), SHIPPED.references, tuple(backwards))

    there, back = place(SHIPPED, PRIORS), place(turned, PRIORS)

    assert there.abilities == pytest.approx(back.abilities, abs=1e-6)


def test_one_odd_result_among_many_decides_nothing() -> None:
    model = "claude-haiku-4-5"
    odd = [
        msgspec.structs.replace(part, scores={**part.scores, model: 0.95})
        if part.benchmark == "HLE" and model in part.scores
        else part
        for part in SHIPPED.results
    ]

    before = place(SHIPPED, PRIORS).abilities
    after = place(Figures(SHIPPED.benchmarks, SHIPPED.references, tuple(odd)), PRIORS).abilities

    assert 0 < after[model] - before[model] < 0.75
    assert after["claude-opus-5-5"] > after[model]


def test_a_model_of_one_result_goes_half_of_the_way_from_its_price_and_class() -> None:
    figures = [part for part in SHIPPED.results if "gpt-6.1-terra" in part.scores]
    low, high = (place(SHIPPED, {**PRIORS, "gpt-6.1-terra": prior}) for prior in (0.0, 1.0))

    assert [sum(name == "gpt-6.1-terra" for part in figures for name in part.scores)] == [1]
    assert high.abilities["gpt-6.1-terra"] - low.abilities["gpt-6.1-terra"] == pytest.approx(0.5, abs=0.05)


def test_what_guessing_gets_is_worth_nothing() -> None:
    four = Benchmark("accuracy", "multiple choice", (), chance=0.25)

    assert four.log_odds(0.2) == four.log_odds(0.25) < four.log_odds(0.26)
    assert four.log_odds(0.625) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ('"gpt-4o" = 0.759', '"gpt-4oo" = 0.759'),
        ('"gpt-4o" = 0.759', '"gpt-4o" = 75.9'),
        ('"gpt-4o" = 1336', '"gpt-4o" = 0.36'),
        ('intents = ["chat_lite"]', 'intents = ["small_talk"]'),
        ('benchmark = "MATH"', 'benchmark = "MATHS"'),
        ('benchmark = "MATH"', 'benchmark = "HumanEval"'),
        ('source = "https://github.com/openai/simple-evals"', 'source = "somewhere"'),
        ('source = "https://arena.ai/leaderboard/text"\n', ""),
        ("date = 2026-10-02\n", ""),
    ],
)
def test_a_slip_in_the_file_is_refused(change: str, word: str) -> None:
    content = (REPOSITORY / FIGURES).read_text()
    assert change in content

    with pytest.raises(ValueError):
        read_figures(content.replace(change, word, 1).encode(), NAMES)


def test_a_changed_figure_makes_both_files_stale_until_they_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (FIGURES, PRICES, TABLE, PAGE):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / path, tmp_path / path)
    figures = (tmp_path / FIGURES).read_text()
    (tmp_path / FIGURES).write_text(figures.replace('"gemini-4-argon" = 1525', '"gemini-4-argon" = 1425'))

    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == f"stale: {TABLE}\nstale: {PAGE}\n"
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert (tmp_path / TABLE).read_text() == table(publish(tmp_path))
