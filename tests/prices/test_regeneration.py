"""The committed table is what the generator makes: prices.json is never edited by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.prices.sources import RECORDED, checkout, contents
from tools.prices.__main__ import META, MODELS, REPOSITORY, TABLE, main

AS_COMMITTED = json.loads((REPOSITORY / META).read_text())["as_of"]
OFFLINE = ["--offline", str(RECORDED)]


def test_what_is_committed_is_what_the_generator_makes() -> None:
    assert main(["--check", *OFFLINE]) == 0


def test_an_update_writes_the_same_bytes_again(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    before = contents(root)
    (root / TABLE).unlink()

    assert main(["--as-of", AS_COMMITTED, *OFFLINE], root) == 0

    after = contents(root)
    meta = [json.loads(files.pop(root / META)) for files in (before, after)]
    assert before == after
    assert meta[0].pop("generated_at") <= meta[1].pop("generated_at")
    assert meta[0] == meta[1]


def test_a_change_is_named_and_with_check_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = checkout(tmp_path)
    table = json.loads((root / TABLE).read_text(), parse_float=Decimal)
    table["openai:gpt-4o-mini"]["input_per_1k_usd"] = 0.1
    table["openai:gpt-4o-mini"]["free"] = True
    del table["openai:gpt-4o"]
    (root / TABLE).write_text(json.dumps(table, default=float))
    before = contents(root)

    assert main(["--check", *OFFLINE], root) == 1

    assert before == contents(root)
    assert capsys.readouterr().out.splitlines() == [
        "openai:gpt-4o: new",
        "openai:gpt-4o-mini: free: true -> nothing",
        "openai:gpt-4o-mini: input_per_1k_usd: 0.1 -> 0.00015",
        f"stale: prices/prices.json, as of {AS_COMMITTED}",
    ]


def test_a_meta_file_that_is_not_of_the_table_is_stale(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    meta = json.loads((root / META).read_text())
    (root / META).write_text(json.dumps(meta | {"sha256": "0"}))

    assert main(["--check", *OFFLINE], root) == 1


def test_a_conflict_is_shown_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = checkout(tmp_path)
    recorded = json.loads(RECORDED.read_text())
    recorded["models"]["gpt-4o"]["input_cost_per_token"] = 5e-6
    (root / "late.json").write_text(json.dumps(recorded))
    before = contents(root)

    assert main(["--as-of", AS_COMMITTED, "--offline", str(root / "late.json")], root) == 1

    said = capsys.readouterr().err
    assert before == contents(root)
    for word in ("Conflicts", "openai:gpt-4o", "0.0025", "0.005"):
        assert word in said


def test_a_table_that_the_server_would_refuse_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = checkout(tmp_path)
    with (root / MODELS).open("a") as file:
        file.write("""
[[override]]
models = ["openai:gpt-4o"]
reason = "per million, by mistake"
source = "the price page"
date = 2026-11-23
row.schedule = [{ from = 2099-01-01, input_per_1k_usd = 2.5, output_per_1k_usd = 10 }]
""")
    before = contents(root)

    assert main(["--as-of", AS_COMMITTED, *OFFLINE], root) == 1
    assert before == contents(root)
    assert "looks like a price per million tokens" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\nlitellm = ", '\nlitellm = "0.0.1" #', "litellm 1"),
        ("\ngenai-prices = ", '\ngenai-prices = "0.0.1" #', "is installed"),
        ("[versions]", "[version]", "unknown field `version`"),
    ],
)
def test_sources_of_another_version_are_not_used(
    old: str, new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = checkout(tmp_path)
    text = (root / MODELS).read_text()
    assert old in text
    (root / MODELS).write_text(text.replace(old, new, 1))
    before = contents(root)

    assert main(OFFLINE, root) == 2
    assert before == contents(root)
    assert said in capsys.readouterr().err


def test_a_file_that_is_no_source_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("litellm-1.0.0-py3-none-any.whl", "litellm.json"):
        (tmp_path / name).write_text("[")
        assert main(["--offline", str(tmp_path / name)]) == 2
        assert "neither a wheel of LiteLLM nor an excerpt" in capsys.readouterr().err
