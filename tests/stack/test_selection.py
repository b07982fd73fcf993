"""Rules, the price share and session affinity, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub

from tests.stack.stack import Stack, running_stack

RULES = """
routing:
  rules:
    - {name: keep-legal-here, action: require, models: ["mistral:*"], when: {tenants: [legal]}}
    - {name: no-old-ones, action: forbid, models: ["openai:gpt-4*"], when: {metadata: {team: "new*"}}}
    - {name: ours-first, action: prefer, models: ["cohere:command-a-*"], when: {metadata: {team: ours}}}
"""


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product with rules, and two tenants."""
    config = tmp_path_factory.mktemp("ruled") / "modelmuxer.yaml"
    Path(config).write_text(RULES, encoding="utf-8")
    with running_stack({"MODELMUXER_API_KEYS": "legal:key-of-legal,sales:key-of-sales"}, str(config)) as running:
        yield running


def chat(stack: Stack, content: str = "Hello", *, tenant: str = "", **fields: Any) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": content}], **fields}
    headers = {"authorization": f"Bearer key-of-{tenant}"} if tenant else {}
    return httpx.post(f"{stack.rest}/v1/chat/completions", json=body, headers=headers, timeout=20)


def test_a_tenants_rule_holds_for_that_tenant_alone(ruled: Stack) -> None:
    legal, sales = (chat(ruled, tenant=tenant).json()["router_metadata"] for tenant in ("legal", "sales"))

    assert legal["selected_provider"] == "mistral"
    assert "rules in force: keep-legal-here" in legal["routing_reason"]
    assert "rules in force" not in sales["routing_reason"]


def test_a_named_model_that_a_rule_rules_out_is_forbidden_by_the_rules_name(ruled: Stack) -> None:
    calls = len(ruled.simulator.record.calls)
    answer = chat(ruled, tenant="legal", model="openai:gpt-6-luna")

    assert answer.status_code == 403
    error = answer.json()["error"]
    assert (error["type"], error["code"]) == ("policy_violation", "policy_violation")
    assert error["details"]["rule"] == "keep-legal-here"
    assert len(ruled.simulator.record.calls) == calls


def test_metadata_brings_rules_into_force(ruled: Stack) -> None:
    forbidden = chat(ruled, tenant="sales", model="openai:gpt-4o", metadata={"team": "newcomers"})
    preferred = chat(ruled, tenant="sales", metadata={"team": "ours"}).json()["router_metadata"]

    assert forbidden.json()["error"]["details"]["rule"] == "no-old-ones"
    assert preferred["selected_model"] == "command-a-03-2025"


def test_the_typed_face_names_the_rules_and_the_penalties(ruled: Stack) -> None:
    request = pb.RouteRequest(messages=[{"role": "user", "content": "Hello"}])
    with grpc.insecure_channel(ruled.grpc) as channel:
        key = (("authorization", "Bearer key-of-legal"),)
        decision = RouterServiceStub(channel).Route(request, metadata=key).decision

    assert list(decision.rules) == ["keep-legal-here"]
    chosen = decision.candidates[0]
    assert chosen.score == pytest.approx(chosen.quality - chosen.cost_penalty - chosen.latency_penalty)
    assert {c.reason for c in decision.candidates if c.provider == "cohere"} == {"ruled out by rule keep-legal-here"}


STAYS, CHEAPER = "openai:gpt-6.1-terra", "google:gemini-3.8-flash"
PAIR = {"allowed_models": [STAYS, CHEAPER], "preset": "economy"}
STORY = "Once upon a time there was a very long story about the sea. " * 500


def goes_on(stack: Stack, opening: str) -> dict[str, Any]:
    """The router's metadata of the second turn of a conversation, left free to go elsewhere."""
    messages = [
        {"role": "user", "content": opening},
        {"role": "assistant", "content": "I have read it."},
        {"role": "user", "content": "What is it about? One word."},
    ]
    body = {"messages": messages, "routing": PAIR, "max_tokens": 40}
    answer = httpx.post(f"{stack.rest}/v1/chat/completions", json=body, timeout=20)
    metadata: dict[str, Any] = answer.json()["router_metadata"]
    return metadata


def test_a_long_conversation_stays_with_its_model_where_a_one_off_goes_elsewhere_and_the_bill_is_lower() -> None:
    with running_stack() as own:
        began = chat(own, STORY, model=STAYS, max_tokens=40)
        stayed = goes_on(own, STORY)
        one_off = goes_on(own, "Another tale. " + STORY)

    assert began.status_code == 200
    assert (stayed["selected_model"], one_off["selected_model"]) == ("gpt-6.1-terra", "gemini-3.8-flash")
    assert stayed["routing_reason"].endswith("; keeps the conversation's prompt cache")
    assert stayed["actual_cost_pico_usd"] < one_off["actual_cost_pico_usd"] / 2


def test_the_price_share_is_calibrated_on_the_answers_that_it_chose_models_for(tmp_path: Path) -> None:
    config = tmp_path / "modelmuxer.yaml"
    config.write_text("routing: {price_share: 0.2}", encoding="utf-8")
    with running_stack({}, str(config)) as own:
        first = chat(own, "What is 1 + 1?").json()["router_metadata"]
        for number in range(50):
            assert chat(own, f"What is 1 + {number}?").status_code == 200
        later = chat(own, "What is 1 + 2?").json()["router_metadata"]

    assert " at 0.2 of the price of " in first["routing_reason"]
    assert ", by this request alone)" in first["routing_reason"]
    assert ", by recent requests)" in later["routing_reason"]
