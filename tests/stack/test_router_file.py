"""A router file from recorded outcomes to a server that decides by it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from muxer.learn.outcomes import Row
from muxer.plan import read_plan
from muxer.settings import Environment, SettingsInvalid

from tests.learn.traffic import CHEAP, DEAR, rows
from tests.stack.stack import Stack, running_stack

WEAK, STRONG = "openai:gpt-6-luna", "codestral-2508"
SUM = "Integrate rain and snow over x from 0 to 7"
CHATTER = "Tell me about rain and snow"


def outcomes() -> Iterator[Row]:
    """Outcomes in which one model of the catalogue fails at sums that another one solves, and a third is unknown."""
    names = {CHEAP: WEAK, DEAR: STRONG}
    for row in rows(400):
        yield msgspec.structs.replace(row, model=names[row.model])
    draw = random.Random(2)
    for number in range(60):
        yield Row(prompt=f"Tell me about number {number}", model="my-old-model", score=float(draw.random() < 0.5))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command without the tester's own settings."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "muxer", *arguments]
    return subprocess.run(command, env=plain | environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A router file, made by the command."""
    folder = tmp_path_factory.mktemp("router")
    (folder / "outcomes.jsonl").write_bytes(b"\n".join(msgspec.json.encode(row) for row in outcomes()))
    made = run("fit", str(folder / "outcomes.jsonl"), "--out", str(folder / "my.router"))
    assert made.returncode == 0, made.stderr
    return folder / "my.router"


@pytest.fixture(scope="module")
def taught(router: Path) -> Iterator[Stack]:
    """The product with the router file."""
    with running_stack({"ROUTER_MODEL_PATH": str(router)}) as running:
        yield running


def decided(stack: Stack, text: str) -> dict[str, dict[str, object]]:
    """The candidates of a decision between the two, by id."""
    routing = {"preset": "quality", "allowed_models": [WEAK, f"mistral:{STRONG}"]}
    body = {"messages": [{"role": "user", "content": text}], "routing": routing}
    decision = httpx.post(f"{stack.rest}/v1/route", json=body, timeout=20).json()["decision"]
    return {f"{c['provider']}:{c['model']}": c for c in decision["candidates"]}


def test_the_server_chooses_by_what_was_learned(taught: Stack) -> None:
    hard, easy = decided(taught, SUM), decided(taught, CHATTER)

    assert hard[f"mistral:{STRONG}"]["status"] == "selected"
    assert float(str(hard[WEAK]["quality"])) < 0.5 < float(str(easy[WEAK]["quality"]))
    assert {c["ability_source"] for name, c in hard.items() if name in (WEAK, f"mistral:{STRONG}")} == {"router file"}


def test_without_the_file_the_same_request_is_decided_otherwise(stack: Stack) -> None:
    plain = decided(stack, SUM)

    assert plain[WEAK]["status"] == "selected"
    assert "router file" not in {c["ability_source"] for c in plain.values()}


def test_models_without_outcomes_keep_their_abilities(taught: Stack) -> None:
    sources = {name: c["ability_source"] for name, c in decided(taught, SUM).items()}

    assert {name for name, source in sources.items() if source == "router file"} == {WEAK, f"mistral:{STRONG}"}
    assert len(sources) == len(taught.plan.prices.catalog.models)


def test_chat_answers_come_from_the_model_that_was_learned_to_be_better(taught: Stack) -> None:
    routing = {"preset": "quality", "allowed_models": [WEAK, f"mistral:{STRONG}"]}
    body = {"messages": [{"role": "user", "content": SUM}], "routing": routing}
    answer = httpx.post(f"{taught.rest}/v1/chat/completions", json=body, timeout=20)

    assert (answer.status_code, answer.json()["model"]) == (200, STRONG)


def test_a_model_of_the_file_that_has_no_price_is_warned_of(taught: Stack) -> None:
    assert "the router file knows my-old-model, which is not in the price table" in taught.plan.warnings


def test_check_names_the_router_file_and_counts_its_models(router: Path) -> None:
    checked = run("check", ROUTER_MODEL_PATH=str(router), COLUMNS="400")

    assert f"{router} knows 2 models" in checked.stdout


def test_the_operators_word_about_a_model_that_the_file_knows_is_warned_of(router: Path, tmp_path: Path) -> None:
    (tmp_path / "modelmuxer.yaml").write_text("models:\n  'openai:gpt-6-*': {quality: {code_gen: 0.7}}\n")
    plan = read_plan(Environment({"ROUTER_MODEL_PATH": str(router)}), str(tmp_path / "modelmuxer.yaml"))

    assert any(text.startswith(f"models.{WEAK}: the router file knows this model") for text in plan.warnings)


def test_a_damaged_router_file_stops_the_start_and_says_so(router: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.router"
    damaged.write_bytes(router.read_bytes()[:-1])

    with pytest.raises(SettingsInvalid, match=r"^ROUTER_MODEL_PATH: .*damaged\.router: the router file is damaged"):
        read_plan(Environment({"ROUTER_MODEL_PATH": str(damaged)}), "")


def test_without_numpy_the_start_stops_and_names_the_extra(router: Path, tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError('No module named numpy', name='numpy')\n")
    checked = run("check", ROUTER_MODEL_PATH=str(router), PYTHONPATH=str(tmp_path), COLUMNS="400")

    assert checked.returncode == 2
    assert "ROUTER_MODEL_PATH: a router file needs numpy: pip install 'modelmuxer[fit]'" in checked.stderr
