"""The simulator refuses what Anthropic refuses, in its words."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx
import pytest
from muxer.simulator import Simulator

from tests.simulator.anthropic_chat import ALWAYS, CLOCK, MESSAGES, NEW, OLD, USER, asking, body

CALL = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}
TEXT = {"type": "text", "text": "x"}
MARKED = {**TEXT, "cache_control": {"type": "ephemeral"}}
REFUSED = [
    ({"max_tokens": 5, "messages": [USER]}, "model: Field required"),
    ({"model": OLD, "messages": [USER]}, "max_tokens: Field required"),
    ({"model": OLD, "max_tokens": 5}, "messages: Field required"),
    (body(max_tokens=-1), "max_tokens: Invalid 'max_tokens'"),
    (body(messages=[]), "messages: at least one message"),
    (body(n=2), "n: Extra inputs are not permitted"),
    (body(temperature=0.5), "temperature: Extra inputs are not permitted"),
    (body(messages=[{"role": "assistant", "content": "x"}]), "messages.0.role: the first message"),
    (body(messages=[{"role": "tool", "content": "x"}]), "messages.0.role: Invalid value"),
    (body(messages=[USER, {"role": "system", "content": "x"}]), "messages.1.role: role 'system' is not supported"),
    (
        body(
            model=NEW,
            messages=[USER, {"role": "assistant", "content": "x"}, {"role": "system", "content": "y"}, USER],
        ),
        "messages.2.role: a 'system' message must directly follow",
    ),
    (body(model=NEW, messages=[USER, {"role": "assistant", "content": "x"}]), "This model does not support assistant"),
    (asking(""), "messages.0.content.text: text content blocks must be non-empty"),
    (asking([{"type": "audio"}]), "messages.0.content.0.type: Invalid value"),
    (asking([{"type": "image", "source": {"type": "url", "url": "data:x"}}]), "messages.0.content.0.source.url: Only"),
    (asking([{"type": "image"}]), "messages.0.content.0.source: Field required"),
    (asking([RESULT]), "messages.0.content: unexpected `tool_use_id`"),
    (body(messages=[USER, {"role": "assistant", "content": [CALL]}, USER]), "messages.2.content: `tool_use` ids"),
    (
        body(messages=[USER, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [TEXT, RESULT]}]),
        "messages.2.content: `tool_use` ids",
    ),
    (
        body(messages=[USER, {"role": "assistant", "content": [{**CALL, "id": "a.b"}]}, USER]),
        "messages.1.content.0.id: String should match",
    ),
    (asking([MARKED] * 5), "A maximum of 4 blocks"),
    (asking([{**TEXT, "citations": [{"type": "x"}]}]), "messages.0.content.0.citations: Extra inputs"),
    (
        body(messages=[USER, {"role": "assistant", "content": [{"type": "document", "source": {"type": "url"}}]}]),
        "messages.1.content.0.source.url: Field required",
    ),
    (
        body(
            messages=[
                USER,
                {"role": "assistant", "content": [{"type": "document", "source": {"type": "text", "data": "x"}}]},
                USER,
            ]
        ),
        "messages.1.content.0.type: document blocks are not permitted",
    ),
    (body(tools=[{"name": "x"}]), "tools.0.input_schema: Field required"),
    (body(tools=[{"name": "x y", "input_schema": {"type": "object"}}]), "tools.0.name: String should match"),
    (body(tools=[{"name": "x", "input_schema": {"type": "string"}}]), "tools.0.input_schema.type: Input should be"),
    (body(tools=[CLOCK, CLOCK]), "tools: Tool names must be unique"),
    (body(tool_choice={"type": "any"}), "tool_choice: tool_choice may only be specified"),
    (body(tools=[CLOCK], tool_choice={"type": "tool", "name": "other"}), "tool_choice.name: Tool 'other' not found"),
    (body(model=ALWAYS, tools=[CLOCK], tool_choice={"type": "any"}), "tool_choice.type: tool_choice type 'any'"),
    (body(model=ALWAYS, thinking={"type": "disabled"}), "thinking.type: thinking type 'disabled'"),
    (body(model=NEW, thinking={"type": "enabled", "budget_tokens": 1_024}), "thinking.type: thinking type 'enabled'"),
    (body(thinking={"type": "enabled", "budget_tokens": 1_024}), "max_tokens: `max_tokens` must be greater"),
    (body(thinking={"type": "enabled", "budget_tokens": 5}), "thinking.budget_tokens: Invalid"),
    (body(output_config={"effort": "minimal"}), "output_config.effort: Invalid value"),
    (
        body(output_config={"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}}),
        "output_config.format.schema: For 'object' type",
    ),
    (body(stop_sequences=[" "]), "stop_sequences: each stop sequence"),
    (body(stop_sequences="x"), "stop_sequences: Invalid type"),
]


@pytest.mark.parametrize(("request_body", "message"), REFUSED, ids=lambda value: str(value)[:80])
async def test_a_wrong_request_is_refused_with_the_field_at_fault(
    claude: httpx.AsyncClient, request_body: dict[str, Any], message: str
) -> None:
    answer = await claude.post(MESSAGES, json=request_body)

    assert (
        answer.status_code,
        answer.json()["type"],
        answer.json()["error"]["type"],
    ) == (400, "error", "invalid_request_error")
    assert message == answer.json()["error"]["message"][: len(message)]
    assert answer.headers["request-id"] == answer.json()["request_id"]


@pytest.mark.parametrize(
    "accepted",
    [
        body(messages=[USER, {"role": "assistant", "content": "The capital is"}]),
        body(messages=[USER, USER, {"role": "assistant", "content": "x"}, USER]),
        body(model=NEW, messages=[USER, {"role": "system", "content": "Be brief."}]),
        body(model=NEW, thinking={"type": "disabled"}),
        body(model="claude-sonnet-5-5", thinking={"type": "between_tools"}),
        body(tools=[CLOCK], tool_choice={"type": "tool", "name": "get_time"}),
        body(messages=[USER, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [RESULT, TEXT]}]),
        body(metadata={"user_id": "u"}, service_tier="auto", system="Be brief.", cache_control={"type": "ephemeral"}),
    ],
    ids=lambda value: str(value)[:90],
)
async def test_a_right_request_is_accepted(claude: httpx.AsyncClient, accepted: dict[str, Any]) -> None:
    answer = await claude.post(MESSAGES, json=accepted)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"anthropic-version": "2026-10-21"}, 401, "authentication_error"),
        (
            {"anthropic-version": "2026-10-21", "x-api-key": "", "authorization": "Bearer k"},
            401,
            "authentication_error",
        ),
        ({"x-api-key": "k"}, 400, "invalid_request_error"),
        ({"x-api-key": "k", "anthropic-version": "2025-01-01"}, 400, "invalid_request_error"),
        ({"authorization": "Bearer k", "anthropic-version": "2023-06-01"}, 200, None),
    ],
)
async def test_key_and_version_are_needed(
    sim: Simulator, headers: dict[str, str], status: int, kind: str | None
) -> None:
    async with httpx.AsyncClient(base_url=sim.url, headers=headers, verify=False) as client:
        answer = await client.post(MESSAGES, json=body())

    assert (status, kind) == (answer.status_code, answer.json().get("error", {}).get("type"))


@pytest.mark.parametrize(
    ("scenario", "expected", "kind"),
    [
        ("400", anthropic.BadRequestError, "invalid_request_error"),
        ("401", anthropic.AuthenticationError, "authentication_error"),
        ("402", anthropic.APIStatusError, "billing_error"),
        ("403", anthropic.PermissionDeniedError, "permission_error"),
        ("404", anthropic.NotFoundError, "not_found_error"),
        ("413", anthropic.APIStatusError, "request_too_large"),
        ("429", anthropic.RateLimitError, "rate_limit_error"),
        ("500", anthropic.APIStatusError, "api_error"),
        ("504", anthropic.APIStatusError, "timeout_error"),
        ("529", anthropic.APIStatusError, "overloaded_error"),
        ("context_too_long", anthropic.BadRequestError, "invalid_request_error"),
    ],
)
async def test_scripted_errors_raise_the_sdks_own_classes(
    anthropic_client: anthropic.AsyncAnthropic, scenario: str, expected: type[anthropic.APIStatusError], kind: str
) -> None:
    with pytest.raises(expected) as caught:
        await anthropic_client.messages.create(**asking(f"[[simulate:{scenario}]]"))

    assert isinstance(caught.value.body, dict)
    assert kind == caught.value.body["error"]["type"]
    assert caught.value.request_id


async def test_spent_money_is_a_429_with_a_code_and_without_retry_after(claude: httpx.AsyncClient) -> None:
    answer = await claude.post(MESSAGES, json=asking("[[simulate:429-quota]]"))

    assert answer.status_code == 429
    assert answer.json()["error"]["details"]["error_code"] == "enforced_spend_limit_reached"
    assert "retry-after" not in answer.headers


async def test_a_failure_in_a_stream_raises_with_its_type(anthropic_client: anthropic.AsyncAnthropic) -> None:
    stream = await anthropic_client.messages.create(**asking("[[simulate:error_mid_stream]]"), stream=True)
    with pytest.raises(anthropic.APIStatusError) as caught:
        async for _ in stream:
            pass

    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == "overloaded_error"
