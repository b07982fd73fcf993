"""The commands that look and ask: without a server, without a key, in tables and in JSON."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.cli.processes import MODELMUXER, environment, run, until


def test_help_lists_every_command():
    said = run("--help").stdout

    for command in ("up", "serve", "check", "route", "classify", "estimate", "models", "version"):
        assert f" {command} " in said
    assert "_server" not in said


def test_a_decision_is_shown_as_a_table():
    done = run("route", "Hello")

    assert done.returncode == 0
    assert "with preset balanced" in done.stdout
    assert "scores" in done.stdout
    assert "No provider key is set" in done.stderr


def test_a_table_fits_a_narrow_screen_and_keeps_its_figures_and_reasons():
    said = run("route", "Hello", variables={"COLUMNS": "80", "FORCE_COLOR": "1"}).stdout

    assert "why" in said
    assert "…" not in said


def test_models_of_providers_without_a_key_are_shown_as_ruled_out():
    assert "provider google is not configured" in run("route", "Hello", variables={"OPENAI_API_KEY": "sk-1"}).stdout


def test_a_decision_can_be_had_as_json():
    decision = json.loads(run("route", "Hello", "--json", "--preset", "economy").stdout)

    assert decision["preset"] == "economy"
    assert decision["candidates"][0]["status"] == "selected"


def test_only_configured_providers_are_chosen_when_there_are_keys():
    done = run("route", "Hello", "--json", variables={"ANTHROPIC_API_KEY": "sk-ant-canary"})

    assert json.loads(done.stdout)["selected_provider"] == "anthropic"
    assert done.stderr == ""


@pytest.mark.parametrize("option", ["--price-share", "--max-cost-usd"])
def test_a_bound_that_is_no_value_itself_is_told_so_in_the_help_and_refused(option):
    done = run("route", "Hello", option, "0")
    shown = run("route", "--help", variables={"COLUMNS": "200"}).stdout

    assert (done.returncode, done.stdout) == (2, "")
    assert f"'{option}': must be above 0" in done.stderr
    (line,) = [line for line in shown.splitlines() if option in line]
    assert "above 0" in line
    assert "0<=" not in line
    assert ">=0" not in line


def test_a_refusal_is_explained_and_told_by_the_exit_code():
    done = run("route", "Hello", "--max-cost-usd", "0.000000001")

    assert (done.returncode, done.stdout) == (1, "")
    assert "insufficient_budget" in done.stderr


@pytest.mark.parametrize(
    ("prompt", "label"), [("Hello", "chat_lite"), ("Translate to French: good morning", "translation")]
)
def test_a_prompt_can_be_classified(prompt, label):
    assert json.loads(run("classify", prompt, "--json").stdout)["label"] == label
    assert label in run("classify", prompt).stdout


def test_costs_can_be_estimated():
    rows = [json.loads(line) for line in run("estimate", "Hello", "--json").stdout.splitlines()]

    assert len(rows) > 5
    assert all(row["cost"]["usd"] > 0 for row in rows)


def test_models_are_listed_with_their_state():
    said = run("models", variables={"OPENAI_API_KEY": "sk-canary-1"}).stdout

    assert "openai:gpt-4o" in said
    assert "ready" in said
    assert "not configured" in said


def test_versions_are_told():
    said = run("version").stdout

    assert "modelmuxer" in said
    assert "envoy" in said


def test_check_finds_nothing_wrong_with_the_defaults():
    done = run("check")

    assert done.returncode == 0
    assert "50 models" in done.stdout
    assert "set OPENAI_API_KEY" in done.stdout


@pytest.mark.parametrize(
    ("variables", "what"),
    [
        ({"MAX_ESTIMATED_USD_PER_REQUEST": "-1"}, "MAX_ESTIMATED_USD_PER_REQUEST"),
        ({"MODELMUXER_MODE": "turbo"}, "MODELMUXER_MODE"),
        ({"TEST_MODE": "maybe"}, "TEST_MODE"),
        ({"PRICE_TABLE_PATH": "/nowhere/prices.json"}, "PRICE_TABLE_PATH"),
        ({"OPENAI_API_KEY": "two words"}, "OPENAI_API_KEY"),
        ({"MODELMUXER_MODE": "production"}, "production needs a provider"),
        ({"MODELMUXER_MODE": "production", "OPENAI_API_KEY": "sk-1"}, "MODELMUXER_API_KEYS"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_starts(variables, what):
    for command in ("check", "serve"):
        done = run(command, variables=variables)

        assert done.returncode == 2
        assert what in done.stderr


def test_per_million_prices_under_per_thousand_keys_refuse_to_start(tmp_path):
    wrong = tmp_path / "prices.json"
    wrong.write_text('{"openai:gpt-4o-mini": {"input_per_1k_usd": 0.15, "output_per_1k_usd": 0.6}}')
    done = run("serve", variables={"PRICE_TABLE_PATH": str(wrong)})

    assert done.returncode == 2
    assert "would be billed at 150 USD, and cost 0.15 USD" in done.stderr
    assert "prices are in USD per 1,000 tokens" in done.stderr


def test_a_bad_configuration_file_is_named_with_the_place(tmp_path):
    file = tmp_path / "modelmuxer.yaml"
    file.write_text("routing: {preset: turbo}\n")

    assert "$.routing.preset" in run("check", "--config", str(file)).stderr


def test_a_provider_of_ones_own_needs_no_code(tmp_path):
    file = tmp_path / "modelmuxer.yaml"
    file.write_text("providers: {local: {base_url: 'http://127.0.0.1:1/v1'}}\n")

    assert "needs no key" in run("check", "--config", str(file)).stdout


def test_a_misspelled_variable_is_pointed_out():
    assert "MODELMUXER_TRANSPROT" in run("check", variables={"MODELMUXER_TRANSPROT": "httpx"}).stdout


def test_serve_never_simulates(tmp_path):
    ready = tmp_path / "ports.json"
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*MODELMUXER, "serve", "--grpc", "127.0.0.1:0", "--ready-file", str(ready)],
            env=environment({"MODELMUXER_DRAIN_DELAY_S": "0"}),
            stdout=out,
            stderr=out,
        )
    until(ready.exists, 20)
    process.terminate()

    assert process.wait(20) == 0
    assert "no provider is configured" in log.read_text()


def test_outcomes_become_a_router_file_that_predicts(tmp_path):
    outcomes, questions, predictions = tmp_path / "outcomes.jsonl", tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"prompt": f"{kind} number {n}", "model": model, "score": float((kind == "prove") == (model == "strong"))}
        for n in range(60)
        for kind in ("prove", "greet")
        for model in ("strong", "weak")
    ]
    outcomes.write_text("\n".join(map(json.dumps, rows)))
    questions.write_text(json.dumps({"id": "q", "prompt": "prove number 7"}))
    fitted = run("fit", str(outcomes), "--out", str(tmp_path / "router"), timeout=50)
    done = run("predict", "--in", str(questions), "--out", str(predictions), "--router", str(tmp_path / "router"))

    assert (fitted.returncode, done.returncode) == (0, 0)
    (line,) = map(json.loads, predictions.read_text().splitlines())
    assert set(line["quality"]) == {"strong", "weak"}
    assert all(0 <= value <= 1 for value in (line["difficulty"], *line["quality"].values()))
