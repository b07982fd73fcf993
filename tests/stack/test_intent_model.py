"""A language model is asked for the intent, over real sockets: it is on the bill, and no answer depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from muxer.plan import read_plan
from muxer.settings import Environment, SettingsInvalid

from tests.cli.processes import run
from tests.stack.stack import Stack, running_stack

MODEL = "mistral:ministral-8b-2512"
NAME = MODEL.partition(":")[2]
ASKING = {"ROUTER_INTENT_MODEL": MODEL, "INTENT_LOW_CONFIDENCE": "1", "ROUTER_INTENT_TIMEOUT_MS": "300"}
ANSWERING = "openai:gpt-4o"


@pytest.fixture(scope="module")
def asking() -> Iterator[Stack]:
    """A product that asks about whatever the rules have not settled."""
    with running_stack(ASKING) as running:
        yield running


def prompt(text: str, scenario: str) -> list[dict[str, str]]:
    """One turn, with a scenario for the intent model alone."""
    return [{"role": "user", "content": f"{text} [[simulate:{scenario};model={NAME}]]"}]


def complete(stack: Stack, text: str, scenario: str = "say;text=code_gen", **fields: Any) -> dict[str, Any]:
    """The router's metadata of an answer, by another model than the one asked."""
    body = {"messages": prompt(text, scenario), "routing": {"denied_models": [MODEL]}, **fields}
    answer = httpx.post(f"{stack.rest}/v1/chat/completions", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    data = answer.text.split("\n\n")[-3].removeprefix("data: ") if fields.get("stream") else answer.text
    metadata: dict[str, Any] = json.loads(data)["router_metadata"]
    return metadata


def questions(stack: Stack) -> int:
    return sum(call.model == NAME for call in stack.simulator.record.calls)


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_is_asked_once_and_is_on_the_bill(asking: Stack, stream: bool) -> None:
    before = asking.simulator.record.bill.total.cost_pico_usd, questions(asking)
    text = f"Could you do the thing? stream={stream}"

    first = complete(asking, text, stream=stream)
    second = complete(asking, text, stream=stream)

    assert (first["intent_label"], first["intent_confidence"]) == ("code_gen", 0.75)
    assert first["attempts"][0] == {"model": MODEL, "outcome": "ok", "purpose": "intent"}
    assert second["intent_label"] == "code_gen"
    assert [a.get("purpose") for a in second["attempts"]] == [None]
    billed = asking.simulator.record.bill.total.cost_pico_usd - before[0]
    assert first["actual_cost_pico_usd"] + second["actual_cost_pico_usd"] == billed
    assert questions(asking) - before[1] == 1


def test_the_log_has_the_cost_of_question_and_answer(asking: Stack) -> None:
    metadata = complete(asking, "And what does the log say?")

    line = asking.log.lines[-1]
    assert (line["cost"], line["attempts"]) == (metadata["actual_cost_pico_usd"], 2)


def test_the_typed_answer_has_it_too_and_names_only_who_answered(asking: Stack) -> None:
    messages = prompt("And over gRPC?", "say;text=deep_reason")
    request = pb.ChatCompletionRequest(messages=messages, routing={"denied_models": [MODEL]})

    with grpc.insecure_channel(asking.grpc) as channel:
        answer = RouterServiceStub(channel).ChatCompletion(request)

    assert (answer.decision.intent.label, answer.decision.intent.method) == ("deep_reason", "llm")
    assert answer.attempts == 2
    assert MODEL not in {f"{c.provider}:{c.model}" for c in answer.decision.candidates}


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [
        ("503", "provider_unavailable"),
        ("hang_before_headers", "deadline_exceeded"),
        ("malformed_json", "provider_error"),
        ("say;text=I am not sure", "ok"),
        ("refusal", "ok"),
    ],
)
def test_whatever_becomes_of_the_question_the_request_is_answered(scenario: str, outcome: str) -> None:
    with running_stack(ASKING) as own:
        metadata = complete(own, "Well then?", scenario)
        classified = httpx.post(f"{own.rest}/v1/classify", json={"messages": prompt("Well then?", scenario)})
        billed = own.simulator.record.bill.total.cost_pico_usd

    asked, *answered = metadata["attempts"]
    assert asked == {"model": MODEL, "outcome": outcome, "purpose": "intent"}
    assert [a["outcome"] for a in answered] == ["ok"]
    assert metadata["intent_label"] == classified.json()["intent"]["label"]
    if outcome == "ok":
        assert metadata["actual_cost_pico_usd"] == billed


def test_deciding_without_answering_asks_nobody(asking: Stack) -> None:
    before = questions(asking)
    body = {"messages": [{"role": "user", "content": "Would you ask?"}]}

    for path in ("route", "classify", "estimate"):
        assert httpx.post(f"{asking.rest}/v1/{path}", json=body).status_code == 200

    assert questions(asking) == before


def test_a_model_that_the_caller_has_named_needs_no_question(asking: Stack) -> None:
    assert [a["model"] for a in complete(asking, "By you?", model=ANSWERING)["attempts"]] == [ANSWERING]


def test_a_limit_that_a_question_would_take_much_of_is_left_to_the_answer(asking: Stack) -> None:
    metadata = complete(asking, "Is there money to ask?", routing={"denied_models": [MODEL], "max_cost_usd": 0.0005})

    assert [a.get("purpose") for a in metadata["attempts"]] == [None]


def test_questions_are_counted(asking: Stack) -> None:
    complete(asking, "Is this counted?")
    text = httpx.get(f"{asking.rest}/metrics/prometheus").text

    assert 'modelmuxer_router_intent_questions_total{outcome="answered"}' in text
    assert 'modelmuxer_router_intent_total{label="code_gen",method="llm"}' in text
    assert 'modelmuxer_router_intent_confidence_count{method="llm"}' in text
    assert f'modelmuxer_provider_attempts_total{{model="{MODEL}",outcome="ok",provider="mistral"}}' in text


@pytest.mark.parametrize(
    "setting",
    [
        {"TEST_MODE": "true"},
        {"ROUTER_INTENT_CLASSIFIER_ENABLED": "false"},
        {"MODELMUXER_MODE": "basic"},
        {"INTENT_LOW_CONFIDENCE": "0"},
        {"ROUTER_INTENT_MODEL": ""},
    ],
    ids=str,
)
def test_settings_that_forbid_the_question(setting: dict[str, str]) -> None:
    with running_stack({**ASKING, **setting}) as own:
        metadata = complete(own, "Would you ask?")
        asked = questions(own)

    assert (asked, len(metadata["attempts"])) == (0, 1)


def test_a_model_that_cannot_be_asked_stops_the_start() -> None:
    with pytest.raises(SettingsInvalid, match=r"^ROUTER_INTENT_MODEL: `openai:gpt-4o-mimi` is not known; did you mean"):
        read_plan(Environment({"ROUTER_INTENT_MODEL": "openai:gpt-4o-mimi"}), "")
    with pytest.raises(SettingsInvalid, match=r"^ROUTER_INTENT_MODEL: provider mistral is not configured"):
        read_plan(Environment({"ROUTER_INTENT_MODEL": MODEL, "OPENAI_API_KEY": "k"}), "")


def test_check_says_that_test_mode_forbids_the_question() -> None:
    checked = run("check", variables={**ASKING, "TEST_MODE": "true", "MISTRAL_API_KEY": "k", "COLUMNS": "400"})

    assert "TEST_MODE: ROUTER_INTENT_MODEL is not asked" in checked.stdout
