"""The simulated Cohere API speaks Cohere's shapes and refuses what Cohere refuses."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

PATH = "/cohere/v2/chat"
USER = {"role": "user", "content": "Tell me about Norway, please."}
CALLING = {"role": "user", "content": "get_weather and get_time for Oslo"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": n, "parameters": SCHEMA}} for n in ("get_weather", "get_time")]
CALL = {"id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "t1", "content": [{"type": "text", "text": "four degrees"}]}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "command-a-03-2025", "messages": [USER], **fields}


async def chat(http: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await http.post(PATH, json=body(**fields))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def stream(http: httpx.AsyncClient, **fields: Any) -> list[dict[str, Any]]:
    answer = await http.post(PATH, json=body(stream=True, **fields))
    found = []
    for event in answer.text.removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


async def test_counts_are_floats_and_the_template_is_counted_but_not_billed(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json=body())

    usage = answer.json()["usage"]
    assert usage["tokens"]["input_tokens"] - usage["billed_units"]["input_tokens"] == 67
    assert '"input_tokens":' in answer.text
    assert f"{usage['billed_units']['output_tokens']:.1f}" in answer.text


async def test_a_stream_has_its_events_in_cohere_s_order(http: httpx.AsyncClient) -> None:
    kinds = [event["type"] for event in await stream(http, model="command-a-reasoning-08-2025")]
    thinking = kinds.index("content-end")

    assert kinds[:3] == ["message-start", "content-start", "content-delta"]
    assert kinds[thinking : thinking + 3] == ["content-end", "content-start", "content-delta"]
    assert kinds[-3:] == ["content-delta", "content-end", "message-end"]


async def test_thoughts_are_contents_of_their_own(http: httpx.AsyncClient) -> None:
    model = "command-a-reasoning-08-2025"
    thinking = await chat(http, model=model)
    not_thinking = await chat(http, model=model, thinking={"type": "disabled"})

    assert [part["type"] for part in thinking["message"]["content"]] == ["thinking", "text"]
    assert [part["type"] for part in not_thinking["message"]["content"]] == ["text"]


async def test_tool_calls_stream_as_objects_with_a_plan_before_them(http: httpx.AsyncClient) -> None:
    whole = await chat(http, messages=[CALLING], tools=TOOLS)
    events = await stream(http, messages=[CALLING], tools=TOOLS)

    starts = [event for event in events if event["type"] == "tool-call-start"]
    assert [event["index"] for event in starts] == [0, 1]
    assert [event["delta"]["message"]["tool_calls"]["id"] for event in starts] == [
        call["id"] for call in whole["message"]["tool_calls"]
    ]
    arguments = [
        event["delta"]["message"]["tool_calls"]["function"]["arguments"]
        for event in events
        if event["type"] == "tool-call-delta" and event["index"] == 0
    ]
    assert "".join(arguments) == whole["message"]["tool_calls"][0]["function"]["arguments"] == '{"city":"Oslo"}'
    assert whole["message"]["tool_plan"] == "Simulated: I will call get_weather and get_time."
    assert "content" not in whole["message"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "COMPLETE"),
        ({"max_tokens": 5}, "MAX_TOKENS"),
        ({"stop_sequences": ["no provider"]}, "STOP_SEQUENCE"),
        ({"messages": [CALLING], "tools": TOOLS}, "TOOL_CALL"),
        ({"tools": TOOLS, "tool_choice": "REQUIRED"}, "TOOL_CALL"),
        ({"messages": [CALLING], "tools": TOOLS, "tool_choice": "NONE"}, "COMPLETE"),
    ],
)
async def test_the_finish_reason_is_cohere_s_word(http: httpx.AsyncClient, fields: dict[str, Any], reason: str) -> None:
    assert (await chat(http, **fields))["finish_reason"] == reason
    assert (await stream(http, **fields))[-1]["delta"]["finish_reason"] == reason


async def test_after_a_tool_result_the_answer_quotes_it(http: httpx.AsyncClient) -> None:
    answer = await chat(http, messages=[USER, {"role": "assistant", "tool_calls": [CALL]}, RESULT], tools=TOOLS)

    assert 'The tool returned: "four degrees".' in answer["message"]["content"][0]["text"]


async def test_json_conforms_to_the_schema(http: httpx.AsyncClient) -> None:
    answer = await chat(http, response_format={"type": "json_object", "json_schema": SCHEMA})

    assert json.loads(answer["message"]["content"][0]["text"]) == {"city": "Norway"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"n": 2}, 422),
        ({"stop": ["x"]}, 422),
        ({"top_p": 1}, 422),
        ({"parallel_tool_calls": False}, 422),
        ({"messages": []}, 400),
        ({"messages": [{"role": "developer", "content": "x"}]}, 400),
        ({"messages": [{"role": "user"}]}, 400),
        ({"messages": [USER, RESULT]}, 400),
        ({"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}, USER]}, 400),
        ({"messages": [{"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, 400),
        ({"tools": TOOLS, "tool_choice": "AUTO"}, 400),
        ({"tool_choice": "REQUIRED"}, 400),
        ({"tools": TOOLS, "response_format": {"type": "json_object"}}, 400),
        ({"p": 1.0}, 400),
        ({"k": 501}, 400),
        ({"temperature": 1.5}, 400),
        ({"thinking": {"type": "enabled"}}, 400),
    ],
    ids=str,
)
async def test_a_wrong_request_is_refused_with_a_flat_message(
    http: httpx.AsyncClient, fields: dict[str, Any], status: int
) -> None:
    answer = await http.post(PATH, json=body(**fields))

    assert (answer.status_code, set(answer.json())) == (status, {"id", "message"})


async def test_a_prompt_that_is_too_long_begins_with_cohere_s_words(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json=body(), headers={"x-simulate": "context_too_long"})

    assert answer.json()["message"][:15] == "too many tokens"


async def test_a_failing_stream_ends_with_the_finish_reason_error(http: httpx.AsyncClient) -> None:
    events = await stream(http, messages=[{"role": "user", "content": "[[simulate:error_mid_stream]]"}])

    assert (events[-1]["type"], events[-1]["delta"]["finish_reason"]) == ("message-end", "ERROR")
    assert events[-1]["delta"]["error"].startswith("Simulated failure")
