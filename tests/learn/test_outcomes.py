"""Outcomes are read from JSON lines and Parquet, and a bad row is named without quoting it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from muxer.learn.outcomes import OutcomesInvalid, Row, gather, read_outcomes

ROWS = [
    {"prompt": "one", "model": "b", "score": 1.0, "cost_usd": 0.5},
    {"prompt": "one", "model": "a", "score": 0.25, "cost_usd": 0.1},
    {"prompt": "two", "model": "a", "score": 1.0},
    {"prompt": "two", "model": "b", "score": None},
]


def test_json_lines_become_matrices_by_prompt_and_model(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
    outcomes = read_outcomes(path)

    assert outcomes.models == ["a", "b"]
    assert [prompt.prompt for prompt in outcomes.prompts] == ["one", "two"]
    np.testing.assert_array_equal([[0.25, 1.0], [1.0, np.nan]], outcomes.scores)
    np.testing.assert_array_equal([[0.1, 0.5], [np.nan, np.nan]], outcomes.costs)
    assert outcomes.count == 3


def test_parquet_gives_the_same_as_json_lines(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    lines, table = read_outcomes(tmp_path / "rows.jsonl"), read_outcomes(tmp_path / "rows.parquet")

    assert (lines.prompts, lines.models) == (table.prompts, table.models)
    np.testing.assert_array_equal(lines.scores, table.scores)


def test_messages_can_stand_for_a_prompt(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "And "}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": parts}]
    (tmp_path / "rows.jsonl").write_text(json.dumps({"messages": messages, "model": "a", "score": 1}))
    (prompt,) = read_outcomes(tmp_path / "rows.jsonl").prompts

    assert [message.role for message in prompt.request().messages] == ["system", "user"]
    assert len(prompt.request().messages[1].parts) == 2


def test_several_outcomes_of_a_model_on_a_prompt_are_averaged() -> None:
    outcomes = gather(Row(prompt="one", model="a", score=score) for score in (0.0, 1.0, 1.0, 1.0))
    np.testing.assert_array_equal([[0.75]], outcomes.scores)
    assert (outcomes.count, outcomes.repeats) == (1, 3)


def test_what_other_programs_write_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [
        '\ufeff{"prompt": "after the mark of UTF-8", "model": "a", "score": 1}',
        '{"prompt": "cut \\ud83d in two", "model": "a", "score": 0, "cost_usd": NaN}',
        '{"prompt": "not scored", "model": "a", "score": NaN}',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    outcomes = read_outcomes(path)

    assert [prompt.prompt for prompt in outcomes.prompts] == ["after the mark of UTF-8", "cut \ud83d in two"]
    np.testing.assert_array_equal([[1.0], [0.0]], outcomes.scores)
    assert np.isnan(outcomes.costs).all()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"prompt": "secret", "model": "a", "score": 1.5}', "line 1: score 1.5"),
        ('{"prompt": "secret", "model": "a", "score": 1, "cost_usd": -1}', "line 1: cost_usd"),
        ('{"prompt": "secret", "model": "a", "score": 1, "cost_usd": 1e308}', "line 1: cost_usd 1e+308 is not between"),
        ('{"prompt": "secret", "model": "a", "score": 1, "cost_usd": Infinity}', "line 1: cost_usd inf is not between"),
        ('{"prompt": "secret", "model": "", "score": 1}', "line 1: model"),
        ('{"prompt": "secret", "model": "\\u001b[2J", "score": 1}', "line 1: model"),
        ('{"prompt": "secret", "model": "\\ud83d", "score": 1}', "line 1: model"),
        ('{"model": "a", "score": 1}', "line 1: neither"),
        ('{"prompt": "secret", "model": "a", "score": "good"}', "line 1: Expected `float | null`"),
        ('{"prompt": "secret", ', "line 1: "),
        ('{"prompt": "secret", "model": "a", "score": null}', "no row with a score"),
    ],
)
def test_a_bad_row_is_named_but_not_quoted(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "rows.jsonl").write_text(line)
    with pytest.raises(OutcomesInvalid) as raised:
        read_outcomes(tmp_path / "rows.jsonl")

    assert told in str(raised.value)
    assert "secret" not in str(raised.value)


BAD_ROWS = (
    {"prompt": "secret", "model": "a", "score": 1.5},
    {"prompt": "secret", "model": None, "score": 1.0},
    {"prompt": None, "model": "a", "score": 1.0},
)


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_line_has_the_number_that_an_editor_shows(tmp_path: Path, bad: dict[str, object]) -> None:
    lines = ["", "", json.dumps(ROWS[0]), "", json.dumps(bad)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))

    with pytest.raises(OutcomesInvalid, match=r"^line 5: "):
        read_outcomes(tmp_path / "rows.jsonl")


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_of_parquet_is_counted_from_one_over_all_of_the_file(tmp_path: Path, bad: dict[str, object]) -> None:
    pq.write_table(pa.Table.from_pylist([*ROWS * 2_100, bad]), tmp_path / "rows.parquet")

    with pytest.raises(OutcomesInvalid, match=r"^row 8401: ") as raised:
        read_outcomes(tmp_path / "rows.parquet")
    assert "secret" not in str(raised.value)


def test_ids_of_runs_in_the_place_of_models_are_asked_about_before_memory_is_taken() -> None:
    rows = (Row(prompt=f"Prompt {n}", model=f"run-{n}", score=1) for n in range(100_000))

    with pytest.raises(OutcomesInvalid, match=r"100,000 models on 100,000 prompts .* 'run-0' and 'run-1'"):
        gather(rows)


def test_a_few_models_on_more_prompts_than_fit_into_memory_are_refused() -> None:
    rows = (Row(prompt=f"Prompt {n}", model=f"model-{n % 1_000}", score=1) for n in range(40_001))

    with pytest.raises(OutcomesInvalid, match=r"1,000 models on 40,001 prompts are too many"):
        gather(rows)


@pytest.mark.parametrize("name", ["absent.jsonl", "absent.parquet"])
def test_a_file_that_is_not_there_is_told_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutcomesInvalid, match="No such file"):
        read_outcomes(tmp_path / name)


def test_a_parquet_file_that_is_none_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_text("not Parquet at all")
    with pytest.raises(OutcomesInvalid, match=r"rows\.parquet"):
        read_outcomes(tmp_path / "rows.parquet")


def test_bytes_that_are_no_utf_8_are_told_of_by_line_and_never_by_a_traceback(tmp_path: Path) -> None:
    line = b'{"prompt": "\xff", "model": "a", "score": 1}'
    (tmp_path / "rows.jsonl").write_bytes(b"\n" + line)
    prompts = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    pq.write_table(pa.table({"prompt": prompts, "model": ["a"], "score": [1.0]}), tmp_path / "rows.parquet")
    for name, told in (("rows.jsonl", "line 2: "), ("rows.parquet", "row 1: ")):
        with pytest.raises(OutcomesInvalid) as raised:
            read_outcomes(tmp_path / name)

        assert told in str(raised.value)
