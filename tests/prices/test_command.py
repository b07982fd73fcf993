"""`modelmuxer prices check` and `modelmuxer prices update`."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from muxer.cli.prices import check, update

from tests.prices.sources import RECORDED
from tools.prices.__main__ import META, REPOSITORY, TABLE

MADE = dt.date.fromisoformat(json.loads((REPOSITORY / META).read_text())["generated_at"][:10])


def test_the_shipped_table_was_fine_on_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(None, MADE, strict=True) == 0
    assert capsys.readouterr().out == "ok: prices.json\n"


def test_an_old_table_is_usable_and_strictly_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (TABLE, META):
        shutil.copy(REPOSITORY / path, tmp_path / path.name)
    later = MADE + dt.timedelta(days=46)

    assert check(tmp_path / TABLE.name, later, strict=False) == 0
    said = capsys.readouterr().out
    assert check(tmp_path / TABLE.name, later, strict=True) == 1

    assert "generated_at" in said
    assert str(MADE) in said
    assert "usable, with something to look at: prices.json" in said


def test_a_table_in_prices_per_million_is_refused_row_by_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine[red].json"
    path.write_text('{"p:[red]": {"input_per_1k_usd": 2.5, "output_per_1k_usd": 10}}')

    assert check(path, MADE, strict=False) == 1

    said = capsys.readouterr().out
    assert "refused: mine[red].json" in said
    for word in ("p:[red]", "input_per_1k_usd", "output_per_1k_usd", "2.5"):
        assert word in said


@pytest.mark.parametrize("meta", ["{", '{"sha256": "x"}'])
def test_what_cannot_be_read_is_told(meta: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path / "nowhere.json", None, strict=False) == 2
    shutil.copy(REPOSITORY / TABLE, tmp_path / "prices.json")
    (tmp_path / "prices.meta.json").write_text(meta)

    assert check(tmp_path / "prices.json", None, strict=False) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "nowhere.json" in said.err
    assert "prices.meta.json" in said.err


def test_an_update_runs_the_generator(capfd: pytest.CaptureFixture[str]) -> None:
    assert update(None, RECORDED, check=True) == 0
    assert capfd.readouterr().out.startswith("as it should be: prices/prices.json")

    assert update(dt.date(2026, 11, 22), RECORDED, check=True) == 1
    assert "as of 2026-11-22" in capfd.readouterr().out


def test_an_update_outside_of_a_checkout_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert update(None, None, check=False, checkout=tmp_path) == 2
    assert "missing: a checkout of the repository" in capsys.readouterr().err


def test_an_update_without_the_development_packages_says_what_it_lacks() -> None:
    program = "import sys; sys.modules['genai_prices'] = None; from muxer.cli.prices import update\n"
    program += "sys.exit(update(None, None, check=True))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("missing: genai-prices, which is one of the development dependencies")


def test_the_server_needs_none_of_what_the_generator_needs() -> None:
    program = "import sys, muxer.process, muxer.cli.main, muxer.cli.prices\n"
    program += (
        "sys.exit(' '.join(name for name in sys.modules if name.startswith(('genai_prices', 'litellm', 'tools'))))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
