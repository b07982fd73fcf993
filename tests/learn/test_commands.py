"""`fit` and `predict` from file to file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
from muxer.cli import fit as fit_command
from muxer.cli import predict as predict_command
from muxer.cli.main import app
from muxer.learn import router_file
from muxer.learn.fit import Fit
from muxer.learn.outcomes import Row
from typer.testing import CliRunner

from tests.learn.traffic import CHEAP, DEAR, rows

Captured = pytest.CaptureFixture[str]


def fit(folder: Path, given: Iterable[Row] | bytes, name: str = "my.router") -> int:
    """The exit code of `fit` on these outcomes, or this file."""
    data = given if isinstance(given, bytes) else b"\n".join(map(msgspec.json.encode, given))
    (folder / "outcomes.jsonl").write_bytes(data)
    return fit_command.run(folder / "outcomes.jsonl", folder / name, None)


def test_fit_writes_a_router_file_and_a_picture_and_says_what_it_saves(tmp_path: Path, capsys: Captured) -> None:
    assert fit(tmp_path, rows(150)) == 0

    said = capsys.readouterr().out
    assert set(router_file.load(tmp_path / "my.router").models) == {CHEAP, DEAR}
    picture = (tmp_path / "my.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert DEAR in picture
    assert "300 outcomes of 2 models on 150 prompts," in said
    assert "Only 300 outcomes" in said
    assert "150 held-out prompts" in said


def test_fit_reads_standard_input(tmp_path: Path) -> None:
    data = b"\n".join(map(msgspec.json.encode, rows(60)))
    done = CliRunner().invoke(app, ["fit", "-", "--out", str(tmp_path / "my.router")], input=data)

    assert done.exit_code == 0
    assert set(router_file.load(tmp_path / "my.router").models) == {CHEAP, DEAR}


def test_fit_without_costs_makes_no_picture_and_says_why(tmp_path: Path, capsys: Captured) -> None:
    assert fit(tmp_path, rows(60, cost=False)) == 0
    assert not (tmp_path / "my.svg").exists()
    assert "Nothing to compare: no outcome has a `cost_usd`" in capsys.readouterr().out


def test_fit_of_answers_that_cost_nothing_makes_no_picture_and_says_why(tmp_path: Path, capsys: Captured) -> None:
    assert fit(tmp_path, (msgspec.structs.replace(row, cost_usd=0) for row in rows(60))) == 0
    assert router_file.load(tmp_path / "my.router").models
    assert not (tmp_path / "my.svg").exists()
    assert "No picture: all costs of the first group are 0" in capsys.readouterr().out


def test_names_of_models_and_files_are_shown_as_they_are(tmp_path: Path, capsys: Captured) -> None:
    names = {CHEAP: "[/red]m", DEAR: "llama[q4]"}
    code = fit(tmp_path, (msgspec.structs.replace(row, model=names[row.model]) for row in rows(60)), "[bold]\udcff")

    said = capsys.readouterr().out
    assert code == 0
    assert "[/red]m  " in said
    assert "llama[q4]  " in said
    assert "[bold]\\udcff  " in said
    assert "[bold]\\udcff.svg" in said


def test_a_negative_saving_is_explained(tmp_path: Path, capsys: Captured) -> None:
    draw = np.random.default_rng(3)
    same = [
        Row(prompt=f"Say {n}", model=model, score=float(draw.random() < quality), cost_usd=cost)
        for n in range(120)
        for model, quality, cost in (("small", 0.3, 0.001), ("middle", 0.75, 0.0011), ("great", 0.8, 0.1))
    ]
    fit(tmp_path, same)
    told = capsys.readouterr().out

    assert re.search(r"-\d+%", told)
    assert "A negative saving: " in told


def test_fit_refuses_a_handful_of_outcomes(tmp_path: Path, capsys: Captured) -> None:
    assert fit(tmp_path, rows(10)) == 2
    assert "20 outcomes are too few: at least 50" in capsys.readouterr().err
    assert not (tmp_path / "my.router").exists()


def test_fit_tells_that_answers_to_one_prompt_count_as_one_outcome(tmp_path: Path, capsys: Captured) -> None:
    again = [row for row in rows(1) for _ in range(100)]

    assert fit(tmp_path, again) == 2
    assert "2 outcomes are too few (200 rows: " in capsys.readouterr().err
    assert fit(tmp_path, [*again, *rows(60)]) == 0
    assert "120 outcomes of 2 models on 60 prompts (320 rows: " in capsys.readouterr().out


def test_fit_asks_what_model_holds_when_every_row_has_its_own(tmp_path: Path, capsys: Captured) -> None:
    runs = (Row(prompt=f"Say {n}", model=f"run-{n}", score=1.0) for n in range(20_000))

    assert fit(tmp_path, runs) == 2
    told = capsys.readouterr().err
    assert "Cannot fit: 20,000 models on 20,000 prompts are too many" in told
    assert "such as the id of a run? It begins with 'run-0' and 'run-1'" in told
    assert not (tmp_path / "my.router").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b'{"prompt": "x", "model": "a", "score": 1}\n{"prompt": "\xff", "model": "a", "score": 1}', "line 2: "),
        (b"[" * 100_000, "line 1: "),
        (b'{"prompt": "x", "model": "[/red]", "score": "[/blue]"}', "line 1: "),
    ],
)
def test_fit_names_what_it_cannot_read(tmp_path: Path, capsys: Captured, given: bytes, told: str) -> None:
    assert fit(tmp_path, given) == 2
    assert f"Cannot fit: {told}" in capsys.readouterr().err


def test_outcomes_in_a_file_with_brackets_in_its_name_are_told_by_it(tmp_path: Path, capsys: Captured) -> None:
    assert fit_command.run(tmp_path / "[/red].parquet", tmp_path / "my.router", None) == 2
    assert "[/red].parquet: " in capsys.readouterr().err


QUESTIONS = (
    {"id": "a", "prompt": "hi"},
    {"id": 2, "messages": [{"role": "user", "content": "Solve tea and gold * x^2 = 12 for x"}]},
)


def predictions(tmp_path: Path, router: Path | None) -> list[dict[str, object]]:
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    assert predict_command.run(tmp_path / "questions.jsonl", tmp_path / "out.jsonl", router) == 0
    return [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]


def test_predict_without_a_router_file_tells_difficulty_alone(tmp_path: Path) -> None:
    easy, hard = predictions(tmp_path, None)

    assert (easy["id"], hard["id"]) == ("a", 2)
    assert easy.keys() == {"id", "difficulty"}
    assert 0 < easy["difficulty"] < hard["difficulty"] < 1  # type: ignore[operator]  # JSON numbers


def test_predict_with_a_router_file_tells_quality_too(tmp_path: Path, fitted: Fit) -> None:
    router_file.save(fitted.model, tmp_path / "my.router")
    _, hard = predictions(tmp_path, tmp_path / "my.router")
    quality = hard["quality"]

    assert isinstance(quality, dict)
    assert quality == pytest.approx(dict(fitted.model.predict("Solve tea and gold * x^2 = 12 for x")))


@pytest.mark.parametrize("line", ['{"id": 1}', '{"prompt": "secret"}', "secret"])
def test_predict_names_a_bad_line_does_not_quote_it_and_goes_on(tmp_path: Path, line: str, capsys: Captured) -> None:
    (tmp_path / "questions.jsonl").write_text(line + '\n{"id": 5, "prompt": "cut \\ud83d in two"}')

    assert predict_command.run(tmp_path / "questions.jsonl", tmp_path / "out.jsonl", None) == 1
    said = capsys.readouterr().err
    assert "line 1" in said
    assert "secret" not in said
    assert [json.loads(found)["id"] for found in (tmp_path / "out.jsonl").read_text().splitlines()] == [5]


def test_predict_refuses_a_damaged_router_file(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "my.router").write_bytes(b"MMROUTER and nothing more")

    assert predict_command.run(tmp_path / "q", tmp_path / "out.jsonl", tmp_path / "my.router") == 2
    assert "damaged" in capsys.readouterr().err


def test_predict_can_stand_in_a_pipe() -> None:
    lines = "\n".join(map(json.dumps, [*QUESTIONS, {"id": "nothing asked"}]))
    done = CliRunner().invoke(app, ["predict", "--in", "-", "--out", "-"], input=lines)

    assert done.exit_code == 1
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a", 2]
    assert "line 3: neither" in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        {"messages": []},
        {"messages": [], "prompt": None},
        {"prompt": ""},
        {"messages": [{"role": "user", "content": ""}]},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [{"role": "assistant", "content": None}]},
        {"messages": [{"role": "system", "content": ""}]},
    ],
    ids=str,
)
def test_an_empty_request_is_easy_and_never_an_error(tmp_path: Path, line: dict[str, object], fitted: Fit) -> None:
    router_file.save(fitted.model, tmp_path / "my.router")
    lines = ({"id": "empty", **line}, {"id": "hard", "prompt": "Prove that the square root of 2 is irrational."})
    source = tmp_path / "questions.jsonl"
    source.write_text("\n".join(map(json.dumps, lines)))

    assert predict_command.run(source, tmp_path / "out.jsonl", tmp_path / "my.router") == 0
    empty, hard = (json.loads(found) for found in (tmp_path / "out.jsonl").read_text().splitlines())
    assert empty["id"] == "empty"
    assert 0 < empty["difficulty"] < hard["difficulty"]
    assert empty["quality"].keys() == {CHEAP, DEAR}


@pytest.mark.parametrize("line", [{"messages": []}, {"messages": None}, {}], ids=str)
def test_predict_and_classify_answer_the_same_lines(tmp_path: Path, line: dict[str, object]) -> None:
    source = tmp_path / "questions.jsonl"
    source.write_text(json.dumps({"id": 1, **line}))

    codes = [
        CliRunner().invoke(app, [name, "--in", str(source), "--out", str(tmp_path / name)]).exit_code
        for name in ("predict", "classify")
    ]
    answered = [len((tmp_path / name).read_text().splitlines()) for name in ("predict", "classify")]
    assert (codes[0], answered[0]) == (codes[1], answered[1]) == ((0, 1) if line.get("messages") == [] else (1, 0))


HALVES = ({"id": "\ud800", "prompt": "x"}, {"id": 2, "prompt": "\ud800"}, {"id": 3, "prompt": "a\udcffb"})


def test_half_a_surrogate_pair_is_predicted_for_and_given_back(tmp_path: Path, fitted: Fit) -> None:
    router_file.save(fitted.model, tmp_path / "my.router")
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, HALVES)))

    assert predict_command.run(tmp_path / "questions.jsonl", tmp_path / "out.jsonl", tmp_path / "my.router") == 0
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["\ud800", 2, 3]
    assert all(line["quality"].keys() == {CHEAP, DEAR} for line in lines)


def test_predict_does_not_write_over_the_router_file(tmp_path: Path, fitted: Fit, capsys: Captured) -> None:
    router = tmp_path / "my.router"
    router_file.save(fitted.model, router)
    before = router.read_bytes()
    (tmp_path / "questions.jsonl").write_text('{"id": 1, "prompt": "x"}')

    assert predict_command.run(tmp_path / "questions.jsonl", router, router) == 2
    assert router.read_bytes() == before
    assert "would be written over while it is read" in capsys.readouterr().err
