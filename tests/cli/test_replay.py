"""`modelmuxer replay` as people run it: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from muxer.cli.main import app
from muxer.core.route import decide
from muxer.providers.provider_rows import PROVIDERS
from muxer.settings import VARIABLES
from typer.testing import CliRunner, Result

from tests.cli.processes import environment, run
from tests.core.builders import ask
from tests.core.shipped import WORLD
from tests.replay.records import line

HARD = "Prove that there are infinitely many primes, deriving each step with full rigour."
BODY = {"messages": [{"role": "user", "content": HARD}]}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's configuration gets in."""
    for name in (*(v.name for v in VARIABLES), *(row.key_variable for row in PROVIDERS.values())):
        monkeypatch.delenv(name, raising=False)


def replay(*words: object) -> Result:
    """The command, in this process: it is a second quicker."""
    return CliRunner().invoke(app, ["replay", *map(str, words)])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two decisions."""
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(line(ask("Hello"), WORLD) + line(ask(HARD), WORLD))
    return path


def test_people_see_totals_moves_and_kinds(log):
    done = replay(log, "--preset", "quality")

    assert done.exit_code == 0
    assert "2 requests, 2 compared: 2 go to another model (100.0%)" in done.stdout
    assert "Paid for 2 of them: 0.000003 USD." in done.stdout
    for word in (
        "before",
        "cost USD",
        "ready s, p95",
        "deep_reason",
        "chat_lite",
        "from",
        decide(ask(HARD), WORLD).selected.model.id,
    ):
        assert word in done.stdout


def test_each_request_can_be_written_to_a_file(log, tmp_path):
    done = replay(log, "--preset", "quality", "--out", tmp_path / "out", "--limit", "1")
    (row,) = map(json.loads, (tmp_path / "out").read_text().splitlines())

    assert done.exit_code == 0
    assert (row["line"], row["changed"], row["intent"], row["decision_id"]) == (1, True, "chat_lite", "dec-1")
    assert row["before"]["cost_pico_usd"] < row["now"]["cost_pico_usd"]
    assert row["before"]["quality"] < row["now"]["quality"]


def test_a_picture_can_be_drawn(log, tmp_path):
    assert replay(log, "--picture", tmp_path / "moves.svg").exit_code == 0
    assert "deep_reason" in (tmp_path / "moves.svg").read_text()


def test_bodies_are_compared_with_the_environment_alone(tmp_path):
    bodies, config = tmp_path / "bodies.jsonl", tmp_path / "modelmuxer.yaml"
    bodies.write_text(json.dumps(BODY))
    config.write_text("routing: {preset: quality}\n")
    same = json.loads(replay(bodies, "--json").stdout)
    other = json.loads(replay(bodies, "--config", config, "--json").stdout)

    assert (same["compared"], same["changed"]) == (1, 0)
    assert (other["compared"], other["changed"]) == (1, 1)


def test_two_configurations_can_be_compared_whatever_was_decided_then(tmp_path, log):
    config = tmp_path / "modelmuxer.yaml"
    config.write_text("routing: {preset: quality}\n")
    now_and_then = [
        json.loads(replay(log, "--config", config, *words, "--json").stdout)["changed"]
        for words in ((), ("--twice",), ("--against", config))
    ]

    assert now_and_then == [2, 2, 0]


def test_what_a_rule_forbids_is_refused_and_said(tmp_path, log):
    config = tmp_path / "modelmuxer.yaml"
    config.write_text("routing: {rules: [{name: none at all, action: forbid, models: ['*']}]}\n")
    done = replay(log, "--config", config)

    assert done.exit_code == 0
    assert "2 requests, 0 compared" in done.stdout
    assert "Refused now: 2 with policy_violation" in done.stdout


def test_bad_lines_are_told_by_their_number_and_the_others_count(log):
    log.write_bytes(b'{"secret": 1}\n\n' + log.read_bytes() + b"secret\n" * 12)
    done = replay(log, "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["requests"] == 2
    assert [f"line {n}:" in done.stderr for n in (1, 2, 3, 5, 13, 14)] == [True, False, False, True, True, False]
    assert "3 lines more" in done.stderr
    assert "secret" not in done.stderr


def test_a_line_that_no_server_wrote_is_left_out_and_counted(log):
    before = log.read_bytes()
    log.write_bytes(line(ask("Hello"), WORLD, messages=[]) + before + line(ask("Hello"), WORLD, cost_usd=-1))
    done = replay(log, "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["requests"] == 2
    assert "line 1: `messages` must have at least one message" in done.stderr
    assert "line 4: Expected `float` >= 0.0 - at `$.cost_usd`" in done.stderr


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--preset", "cheapest"), "routing.preset"),
        (("--price-share", "0"), "--price-share"),
        (("--router", "/nowhere"), "--router"),
        (("--config", "/nowhere.yaml"), "/nowhere.yaml"),
        (("--out", "/nowhere/out"), "/nowhere/out"),
        (("--min-quality", "2"), "--min-quality"),
    ],
)
def test_wrong_options_are_named(log, words, problem):
    done = replay(log, *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_file_that_is_not_there_or_has_nothing_in_it_is_named(tmp_path):
    (tmp_path / "empty").write_text("\n")
    for name in ("nowhere", "empty"):
        done = replay(tmp_path / name)

        assert done.exit_code == 2
        assert name in done.stderr


def test_the_mark_that_editors_put_before_utf_8_is_passed_over(tmp_path):
    bodies = tmp_path / "bodies.jsonl"
    bodies.write_text("\ufeff" + json.dumps(BODY), encoding="utf-8")

    assert json.loads(replay(bodies, "--json").stdout)["requests"] == 1


def test_the_log_is_not_written_over(log):
    before = log.read_bytes()
    done = replay(log, "--out", log)

    assert (done.exit_code, log.read_bytes()) == (2, before)


def test_numpy_is_not_needed(log):
    blocked = "import sys; sys.modules['numpy'] = None; from muxer.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", blocked, "replay", str(log), "--picture", str(log.with_suffix(".svg"))],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, log.with_suffix(".svg").exists()) == (0, True)


def test_a_decision_log_that_cannot_be_written_stops_the_start(tmp_path):
    for place in (tmp_path / "nowhere" / "log", tmp_path, tmp_path / ("long" * 100)):
        done = run("check", variables={"MODELMUXER_DECISION_LOG": str(place)})

        assert done.returncode == 2
        assert "MODELMUXER_DECISION_LOG" in done.stderr
        assert "Traceback" not in done.stderr


def test_check_finds_a_decision_log_that_a_server_could_not_open_and_changes_nothing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "log")
    before = sorted(tmp_path.iterdir())
    for name in ("pipe", "link"):
        done = run("check", variables={"MODELMUXER_DECISION_LOG": str(tmp_path / name)})

        assert (done.returncode, done.stdout) == (2, "")
        assert f"MODELMUXER_DECISION_LOG: {tmp_path / name} cannot be written: " in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_check_leaves_a_decision_log_that_is_there_as_it_is(log):
    log.chmod(0o640)
    before = log.read_bytes()
    done = run("check", variables={"MODELMUXER_DECISION_LOG": str(log)})

    assert done.returncode == 0
    assert (log.read_bytes(), stat.S_IMODE(log.stat().st_mode)) == (before, 0o640)


def test_check_says_loudly_that_prompts_are_written(tmp_path):
    done = run("check", variables={"MODELMUXER_DECISION_LOG": str(tmp_path / "log")})

    assert "the prompts of all chat requests are written to" in done.stdout
    assert not (tmp_path / "log").exists()
