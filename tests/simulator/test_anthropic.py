"""Anthropic's SDK understands every kind of answer of the simulator."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx
import pytest
from anthropic.types import Message, ModelInfo, RawMessageStreamEvent
from pydantic import TypeAdapter

from tests.simulator.anthropic_chat import ALWAYS, CLOCK, MESSAGES, NEW, OLD, USER, WEATHER, asking, body

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


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
    claude: httpx.AsyncClient, request_body: dict[str, Any]
) -> None:
    whole = (await claude.post(MESSAGES, json=request_body)).json()
    Message.model_validate(whole)
    streamed = events((await claude.post(MESSAGES, json={**request_body, "stream": True})).text)

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
    claude: httpx.AsyncClient, request_body: dict[str, Any], stop_reason: str
) -> None:
    answer = (await claude.post(MESSAGES, json=request_body)).json()

    assert stop_reason == answer["stop_reason"]
    assert ("no provider" if stop_reason == "stop_sequence" else None) == answer["stop_sequence"]


async def test_a_message_that_names_two_tools_gets_parallel_calls(claude: httpx.AsyncClient) -> None:
    request = asking("Use get_weather and get_time for Oslo.", tools=[WEATHER, CLOCK])
    answer = (await claude.post(MESSAGES, json=request)).json()
    single = {**request, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}

    assert [block["type"] for block in answer["content"]] == ["text", "tool_use", "tool_use"]
    assert (answer["content"][1]["name"], answer["content"][1]["input"]) == ("get_weather", {"city": "Oslo"})
    assert (answer["content"][2]["name"], answer["content"][2]["input"]) == ("get_time", {})
    assert len((await claude.post(MESSAGES, json=single)).json()["content"]) == 2


async def test_after_a_tool_result_the_answer_quotes_it(claude: httpx.AsyncClient) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "four degrees"}]}
    conversation = [USER, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    answer = (await claude.post(MESSAGES, json=body(tools=[WEATHER], messages=conversation))).json()

    assert 'The tool returned: "four degrees".' in answer["content"][0]["text"]


async def test_an_image_counts_for_a_flat_number_of_tokens(claude: httpx.AsyncClient) -> None:
    text = {"type": "text", "text": "What is this?"}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    plain = (await claude.post(MESSAGES, json=asking([text]))).json()["usage"]["input_tokens"]
    seen = (await claude.post(MESSAGES, json=asking([image, text]))).json()["usage"]["input_tokens"]

    assert seen - plain == 765


async def test_thinking_is_billed_as_output_whether_shown_or_not(claude: httpx.AsyncClient) -> None:
    hidden = (await claude.post(MESSAGES, json=body(model=ALWAYS))).json()
    shown = (
        await claude.post(MESSAGES, json=body(model=ALWAYS, thinking={"type": "adaptive", "display": "summarized"}))
    ).json()

    for answer in (hidden, shown):
        thinking = answer["usage"]["output_tokens_details"]["thinking_tokens"]
        assert 0 < thinking < answer["usage"]["output_tokens"]
        assert answer["content"][0]["signature"]
    assert (hidden["content"][0]["thinking"], bool(shown["content"][0]["thinking"])) == ("", True)


async def test_what_a_breakpoint_marks_is_written_once_and_then_read(claude: httpx.AsyncClient) -> None:
    story = " ".join(f"Sentence number {number} of a long story." for number in range(300))

    async def usage(question: str, ttl: str) -> dict[str, Any]:
        block = {"type": "text", "text": story, "cache_control": {"type": "ephemeral", "ttl": ttl}}
        asked = {"role": "user", "content": question}
        answer = await claude.post(MESSAGES, json=body(model="claude-opus-5-5", system=[block], messages=[asked]))
        return dict(answer.json()["usage"])

    first, second = await usage("One?", "1h"), await usage("Two?", "1h")
    written = first["cache_creation"]["ephemeral_1h_input_tokens"]
    assert 1_024 < written == first["cache_creation_input_tokens"]
    assert (first["cache_read_input_tokens"], first["cache_creation"]["ephemeral_5m_input_tokens"]) == (0, 0)
    assert (written, 0) == (second["cache_read_input_tokens"], second["cache_creation_input_tokens"])
    assert first["input_tokens"] == second["input_tokens"] < 20


async def test_a_prompt_without_breakpoints_is_never_cached(claude: httpx.AsyncClient) -> None:
    long = asking("word " * 3_000)
    await claude.post(MESSAGES, json=long)
    usage = (await claude.post(MESSAGES, json=long)).json()["usage"]

    assert (usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (0, 0)


async def test_counting_tokens_agrees_with_the_usage(anthropic_client: anthropic.AsyncAnthropic) -> None:
    asked: Any = {"model": OLD, "messages": [USER], "system": "Be brief.", "tools": [WEATHER]}
    counted = await anthropic_client.messages.count_tokens(**asked)
    answer = await anthropic_client.messages.create(**asked, max_tokens=50)

    assert answer.usage.input_tokens == counted.input_tokens


async def test_models_are_listed_and_found(
    anthropic_client: anthropic.AsyncAnthropic, claude: httpx.AsyncClient
) -> None:
    listed = [model.id async for model in anthropic_client.models.list()]

    assert listed == ["simulated-model"]
    ModelInfo.model_validate((await claude.get("/anthropic/v1/models/claude-opus-5")).json())


async def test_sampling_goes_with_the_old_version_and_an_old_model(claude: httpx.AsyncClient) -> None:
    old = {"anthropic-version": "2023-06-01"}

    assert (await claude.post(MESSAGES, json=body(temperature=0.3), headers=old)).status_code == 200
    assert (await claude.post(MESSAGES, json=body(model=NEW, temperature=1), headers=old)).status_code == 200
    assert (await claude.post(MESSAGES, json=body(model=NEW, temperature=0.3), headers=old)).status_code == 400
    assert (await claude.post(MESSAGES, json=body(temperature=1))).status_code == 400
