"""When a provider fails as such, another one answers: through every face, over real sockets."""

from __future__ import annotations

import json
from typing import Any

import grpc
import httpx
import pytest
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub

from tests.stack.stack import Stack, running_stack

ESSAY = "Write an essay of 3,000 words about the history of the potato."


def complete(stack: Stack, text: str, preset: str, *, stream: bool = False, timeout_ms: int = 20_000) -> dict[str, Any]:
    """The router's metadata of an answer."""
    body = {"messages": [{"role": "user", "content": text}], "routing": {"preset": preset}, "stream": stream}
    headers = {"x-request-timeout-ms": str(timeout_ms)}
    answer = httpx.post(f"{stack.rest}/v1/chat/completions", json=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    data = answer.text.split("\n\n")[-3].removeprefix("data: ") if stream else answer.text
    metadata: dict[str, Any] = json.loads(data)["router_metadata"]
    return metadata


def providers(attempts: list[dict[str, str]]) -> list[str]:
    return [attempt["model"].partition(":")[0] for attempt in attempts]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("failure", ["503", "429", "500"])
def test_a_preset_whose_best_models_are_all_at_one_provider_survives_that_provider(failure: str, stream: bool) -> None:
    with running_stack() as own:
        plan = httpx.post(f"{own.rest}/v1/route", json=_messages("Hello", routing={"preset": "fast"})).json()
        first, second, third = (c["provider"] for c in plan["decision"]["candidates"][:3])
        assert first == second == third  # else there would be nothing to see
        metadata = complete(own, f"Hello [[simulate:{failure};provider={first}]]", "fast", stream=stream)

    failed, answered = providers(metadata["attempts"])
    assert failed == first != answered == metadata["selected_provider"]


def test_when_nothing_is_sure_to_be_in_time_another_provider_answers_too() -> None:
    with running_stack() as own:
        quiet = complete(own, ESSAY, "balanced", timeout_ms=3_000)
    with running_stack() as own:
        first = quiet["selected_provider"]
        metadata = complete(own, f"{ESSAY} [[simulate:503;provider={first}]]", "balanced", timeout_ms=3_000)

    assert "nothing is sure to be done within " in quiet["routing_reason"]
    failed, answered = providers(metadata["attempts"])
    assert failed == first != answered


def test_the_typed_answer_lists_the_models_in_the_order_of_the_calls(stack: Stack) -> None:
    text = "Hello [[simulate:503;provider=groq]]"
    request = pb.ChatCompletionRequest(**_messages(text, routing={"preset": "fast"}))
    with grpc.insecure_channel(stack.grpc) as channel:
        decision = RouterServiceStub(channel).ChatCompletion(request).decision

    first, second = decision.candidates
    assert first.provider == "groq" != second.provider
    assert (decision.selected_provider, decision.selected_model) == (second.provider, second.model)


def _messages(text: str, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **fields}
