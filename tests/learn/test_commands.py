"""`fit` and `predict` from file to file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from muxer.learn import router_file
from muxer.learn.commands import run_fit, run_predict
from muxer.learn.fit import Fit
from rich.console import Console

from tests.learn.traffic import CHEAP, DEAR, rows


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=120)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def write_outcomes(path: Path, prompts: int, *, cost: bool = True) -> Path:
    path.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows(prompts, cost=cost)))
    return path


def test_fit_writes_a_router_file_and_a_picture_and_says_what_it_saves(tmp_path: Path, console: Console) -> None:
    outcomes = write_outcomes(tmp_path / "outcomes.jsonl", 150)
    code = run_fit(outcomes, tmp_path / "my.router", console=console)

    assert code == 0
    assert set(router_file.load(tmp_path / "my.router").models) == {CHEAP, DEAR}
    picture = (tmp_path / "my.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert DEAR in picture
    assert "300 outcomes of 2 models on 150 prompts" in printed(console)
    assert "Only 300 outcomes" in printed(console)
    assert "150 held-out prompts" in printed(console)


def test_fit_without_costs_makes_no_picture(tmp_path: Path, console: Console) -> None:
    outcomes = write_outcomes(tmp_path / "outcomes.jsonl", 60, cost=False)

    assert run_fit(outcomes, tmp_path / "my.router", console=console) == 0
    assert not (tmp_path / "my.svg").exists()
    assert "nothing to compare" in printed(console)


def test_fit_refuses_a_handful_of_outcomes(tmp_path: Path, console: Console) -> None:
    outcomes = write_outcomes(tmp_path / "outcomes.jsonl", 10)

    assert run_fit(outcomes, tmp_path / "my.router", console=console) == 2
    assert "20 outcomes are too few" in printed(console)
    assert not (tmp_path / "my.router").exists()


QUESTIONS = (
    {"id": "a", "prompt": "hi"},
    {"id": 2, "messages": [{"role": "user", "content": "Solve tea and gold * x^2 = 12 for x"}]},
)


def predictions(tmp_path: Path, router: Path | None, console: Console) -> list[dict[str, object]]:
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    assert run_predict(tmp_path / "questions.jsonl", tmp_path / "out.jsonl", router, console) == 0
    return [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]


def test_predict_without_a_router_file_tells_difficulty_alone(tmp_path: Path, console: Console) -> None:
    easy, hard = predictions(tmp_path, None, console)

    assert (easy["id"], hard["id"]) == ("a", 2)
    assert easy.keys() == {"id", "difficulty"}
    assert 0 < easy["difficulty"] < hard["difficulty"] < 1  # type: ignore[operator]  # JSON numbers


def test_predict_with_a_router_file_tells_quality_too(tmp_path: Path, fitted: Fit, console: Console) -> None:
    router_file.save(fitted.model, tmp_path / "my.router")
    _, hard = predictions(tmp_path, tmp_path / "my.router", console)
    quality = hard["quality"]

    assert isinstance(quality, dict)
    assert quality == pytest.approx(dict(fitted.model.predict("Solve tea and gold * x^2 = 12 for x")))


@pytest.mark.parametrize("line", ['{"id": 1}', '{"prompt": "secret"}', "secret"])
def test_predict_names_a_bad_line_does_not_quote_it_and_goes_on(tmp_path: Path, line: str, console: Console) -> None:
    (tmp_path / "questions.jsonl").write_text(line + '\n{"id": 5, "prompt": "cut \\ud83d in two"}')

    assert run_predict(tmp_path / "questions.jsonl", tmp_path / "out.jsonl", None, console) == 1
    assert "line 1" in printed(console)
    assert "secret" not in printed(console)
    assert [json.loads(found)["id"] for found in (tmp_path / "out.jsonl").read_text().splitlines()] == [5]


def test_predict_refuses_a_damaged_router_file(tmp_path: Path, console: Console) -> None:
    (tmp_path / "my.router").write_bytes(b"MMROUTER and nothing more")

    assert run_predict(tmp_path / "q", tmp_path / "out.jsonl", tmp_path / "my.router", console) == 2
    assert "damaged" in printed(console)
