"""Anthropic's SDK understands every kind of answer of the simulator, and the simulator refuses what Anthropic does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import pytest
from anthropic.types import Message, ModelInfo, RawMessageStreamEvent
from muxer.simulator import Simulator
from pydantic import TypeAdapter

USER = {"role": "user", "content": "What is the capital of Norway, please?"}
MESSAGES = "/anthropic/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
OLD, NEW, ALWAYS = "claude-haiku-4-5", "claude-opus-5", "claude-opus-5-5"
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def body(**fields: Any) -> dict[str, Any]:
    return {"model": OLD, "max_tokens": 400, "messages": [USER], **fields}


def asking(content: Any, **fields: Any) -> dict[str, Any]:
    return body(messages=[{"role": "user", "content": content}], **fields)


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sim.url, headers=HEADERS, verify=False) as client:
        yield client


def events(text: str) -> list[dict[str, Any]]:
    """The data of each event, after a check that its name is its type."""
    found = []
    for event in text.removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        decoded = json.loads(data.removeprefix("data: "))
        assert f"event: {decoded['type']}" == name
        found.append(decoded)
    return found


ANSWERS = [
    body(),
    body(model=ALWAYS),
    body(model=ALWAYS, thinking={"type": "adaptive", "display": "summarized"}),
    body(model=OLD, max_tokens=2_000, thinking={"type": "enabled", "budget_tokens": 1_024}),
    body(max_tokens=6),
    body(max_tokens=0),
    body(stop_sequences=["no provider"]),
    body(tools=[WEATHER, CLOCK], tool_choice={"type": "any"}),
    asking("get_weather and get_time, please", tools=[WEATHER, CLOCK]),
    asking("[[simulate:refusal]]"),
    asking("[[simulate:content_filter]]"),
    body(
        output_config={
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
            }
        }
    ),
]


@pytest.mark.parametrize("request_body", ANSWERS, ids=lambda value: str(value)[:90])
async def test_every_answer_and_every_event_validates_strictly(
    client: httpx.AsyncClient, request_body: dict[str, Any]
) -> None:
    whole = (await client.post(MESSAGES, json=request_body)).json()
    Message.model_validate(whole)
    streamed = events((await client.post(MESSAGES, json={**request_body, "stream": True})).text)

    for event in streamed:
        if event["type"] != "ping":
            EVENT.validate_python(event)
    assert (streamed[0]["type"], streamed[-1]["type"]) == ("message_start", "message_stop")
    assert whole["usage"] == streamed[-2]["usage"]
    assert whole["stop_reason"] == streamed[-2]["delta"]["stop_reason"]


@pytest.mark.parametrize("request_body", ANSWERS, ids=lambda value: str(value)[:90])
async def test_the_sdk_puts_a_stream_together_to_the_whole_answer(
    anthropic_client: anthropic.AsyncAnthropic, request_body: dict[str, Any]
) -> None:
    whole = await anthropic_client.messages.create(**request_body)
    async with anthropic_client.messages.stream(**request_body) as stream:
        streamed = await stream.get_final_message()

    assert [block.model_dump() for block in whole.content] == [
        block.model_dump(exclude={"parsed_output"}) for block in streamed.content
    ]
    assert whole.usage == streamed.usage
    assert (whole.stop_reason, whole.stop_sequence) == (streamed.stop_reason, streamed.stop_sequence)


@pytest.mark.parametrize(
    ("request_body", "stop_reason"),
    [
        (body(), "end_turn"),
        (body(max_tokens=6), "max_tokens"),
        (body(max_tokens=0), "max_tokens"),
        (body(stop_sequences=["no provider"]), "stop_sequence"),
        (asking("get_weather", tools=[WEATHER]), "tool_use"),
        (asking("[[simulate:refusal]]"), "refusal"),
    ],
)
async def test_the_stop_reason_is_the_providers_word(
    client: httpx.AsyncClient, request_body: dict[str, Any], stop_reason: str
) -> None:
    answer = (await client.post(MESSAGES, json=request_body)).json()

    assert stop_reason == answer["stop_reason"]
    assert ("no provider" if stop_reason == "stop_sequence" else None) == answer["stop_sequence"]


async def test_a_message_that_names_two_tools_gets_parallel_calls(client: httpx.AsyncClient) -> None:
    request = asking("Use get_weather and get_time for Oslo.", tools=[WEATHER, CLOCK])
    answer = (await client.post(MESSAGES, json=request)).json()
    single = {**request, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}

    assert [block["type"] for block in answer["content"]] == ["text", "tool_use", "tool_use"]
    assert (answer["content"][1]["name"], answer["content"][1]["input"]) == ("get_weather", {"city": "Oslo"})
    assert (answer["content"][2]["name"], answer["content"][2]["input"]) == ("get_time", {})
    assert len((await client.post(MESSAGES, json=single)).json()["content"]) == 2


async def test_after_a_tool_result_the_answer_quotes_it(client: httpx.AsyncClient) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "four degrees"}]}
    conversation = [USER, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    answer = (await client.post(MESSAGES, json=body(tools=[WEATHER], messages=conversation))).json()

    assert 'The tool returned: "four degrees".' in answer["content"][0]["text"]


async def test_an_image_counts_for_a_flat_number_of_tokens(client: httpx.AsyncClient) -> None:
    text = {"type": "text", "text": "What is this?"}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    plain = (await client.post(MESSAGES, json=asking([text]))).json()["usage"]["input_tokens"]
    seen = (await client.post(MESSAGES, json=asking([image, text]))).json()["usage"]["input_tokens"]

    assert seen - plain == 765


async def test_thinking_is_billed_as_output_whether_shown_or_not(client: httpx.AsyncClient) -> None:
    hidden = (await client.post(MESSAGES, json=body(model=ALWAYS))).json()
    shown = (
        await client.post(MESSAGES, json=body(model=ALWAYS, thinking={"type": "adaptive", "display": "summarized"}))
    ).json()

    for answer in (hidden, shown):
        thinking = answer["usage"]["output_tokens_details"]["thinking_tokens"]
        assert 0 < thinking < answer["usage"]["output_tokens"]
        assert answer["content"][0]["signature"]
    assert (hidden["content"][0]["thinking"], bool(shown["content"][0]["thinking"])) == ("", True)


async def test_what_a_breakpoint_marks_is_written_once_and_then_read(client: httpx.AsyncClient) -> None:
    story = " ".join(f"Sentence number {number} of a long story." for number in range(300))

    async def usage(question: str, ttl: str) -> dict[str, Any]:
        block = {"type": "text", "text": story, "cache_control": {"type": "ephemeral", "ttl": ttl}}
        asked = {"role": "user", "content": question}
        answer = await client.post(MESSAGES, json=body(model="claude-opus-5-5", system=[block], messages=[asked]))
        return dict(answer.json()["usage"])

    first, second = await usage("One?", "1h"), await usage("Two?", "1h")
    written = first["cache_creation"]["ephemeral_1h_input_tokens"]
    assert 1_024 < written == first["cache_creation_input_tokens"]
    assert (first["cache_read_input_tokens"], first["cache_creation"]["ephemeral_5m_input_tokens"]) == (0, 0)
    assert (written, 0) == (second["cache_read_input_tokens"], second["cache_creation_input_tokens"])
    assert first["input_tokens"] == second["input_tokens"] < 20


async def test_a_prompt_without_breakpoints_is_never_cached(client: httpx.AsyncClient) -> None:
    long = asking("word " * 3_000)
    await client.post(MESSAGES, json=long)
    usage = (await client.post(MESSAGES, json=long)).json()["usage"]

    assert (usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (0, 0)


async def test_counting_tokens_agrees_with_the_usage(anthropic_client: anthropic.AsyncAnthropic) -> None:
    asked: Any = {"model": OLD, "messages": [USER], "system": "Be brief.", "tools": [WEATHER]}
    counted = await anthropic_client.messages.count_tokens(**asked)
    answer = await anthropic_client.messages.create(**asked, max_tokens=50)

    assert answer.usage.input_tokens == counted.input_tokens


async def test_models_are_listed_and_found(
    anthropic_client: anthropic.AsyncAnthropic, client: httpx.AsyncClient
) -> None:
    listed = [model.id async for model in anthropic_client.models.list()]

    assert listed == ["simulated-model"]
    ModelInfo.model_validate((await client.get("/anthropic/v1/models/claude-opus-5")).json())


async def test_sampling_goes_with_the_old_version_and_an_old_model(client: httpx.AsyncClient) -> None:
    old = {"anthropic-version": "2023-06-01"}

    assert (await client.post(MESSAGES, json=body(temperature=0.3), headers=old)).status_code == 200
    assert (await client.post(MESSAGES, json=body(model=NEW, temperature=1), headers=old)).status_code == 200
    assert (await client.post(MESSAGES, json=body(model=NEW, temperature=0.3), headers=old)).status_code == 400
    assert (await client.post(MESSAGES, json=body(temperature=1))).status_code == 400


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
    client: httpx.AsyncClient, request_body: dict[str, Any], message: str
) -> None:
    answer = await client.post(MESSAGES, json=request_body)

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
async def test_a_right_request_is_accepted(client: httpx.AsyncClient, accepted: dict[str, Any]) -> None:
    answer = await client.post(MESSAGES, json=accepted)

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


async def test_spent_money_is_a_429_with_a_code_and_without_retry_after(client: httpx.AsyncClient) -> None:
    answer = await client.post(MESSAGES, json=asking("[[simulate:429-quota]]"))

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
