"""OpenAI's SDK understands the simulated Responses API, and the simulator refuses what OpenAI refuses."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

PATH = "/openai/v1/responses"
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": True}
CLOCK = {"type": "function", "name": "get_time", "parameters": SCHEMA, "strict": True}
CALL = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "four degrees"}
USER = {"role": "user", "content": "Tell me about Norway, please."}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "input": "Tell me about Norway, please.", **fields}


ANSWERS = [
    (body(), "completed", ["message"]),
    (body(model="gpt-6-sol"), "completed", ["reasoning", "message"]),
    (
        body(
            model="gpt-6.1-sol",
            reasoning={"effort": "max", "summary": "auto"},
            include=["reasoning.encrypted_content"],
            store=False,
        ),
        "completed",
        ["reasoning", "message"],
    ),
    (
        body(model="gpt-5.6-sol", input="get_weather and get_time for Oslo", tools=[WEATHER, CLOCK]),
        "completed",
        ["reasoning", "message", "function_call", "function_call"],
    ),
    (body(tools=[WEATHER], tool_choice={"type": "function", "name": "get_weather"}), "completed", ["function_call"]),
    (body(tools=[{"type": "custom", "name": "shell"}], tool_choice="required"), "completed", ["custom_tool_call"]),
    (body(max_output_tokens=16), "incomplete", ["message"]),
    (body(input="[[simulate:refusal]]"), "completed", ["message"]),
    (body(input="[[simulate:content_filter]]"), "incomplete", ["message"]),
    (body(text={"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}), "completed", ["message"]),
    (body(input=[USER, CALL, RESULT]), "completed", ["message"]),
]


@pytest.mark.parametrize(("request_body", "status", "kinds"), ANSWERS, ids=lambda value: str(value)[:80])
async def test_every_response_and_every_event_validates_strictly(
    http: httpx.AsyncClient, request_body: dict[str, Any], status: str, kinds: list[str]
) -> None:
    whole = (await http.post(PATH, json=request_body)).json()
    Response.model_validate(whole)
    streamed = (await http.post(PATH, json={**request_body, "stream": True})).text

    assert (whole["status"], [item["type"] for item in whole["output"]]) == (status, kinds)
    found = []
    for event in streamed.removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        EVENT.validate_python(found[-1])
        assert name == f"event: {found[-1]['type']}"
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert found[-1]["type"] == f"response.{status}"
    assert found[-1]["response"] == whole


@pytest.mark.parametrize(
    "request_body", [asked for asked, status, _ in ANSWERS if status == "completed"], ids=lambda value: str(value)[:80]
)
async def test_the_sdk_puts_a_stream_together_to_the_whole_response(
    openai_client: openai.AsyncOpenAI, request_body: dict[str, Any]
) -> None:
    whole = await openai_client.responses.create(**request_body)
    async with openai_client.responses.stream(**request_body) as stream:
        streamed = await stream.get_final_response()

    assert (streamed.output_text, streamed.usage) == (whole.output_text, whole.usage)
    assert [item.type for item in streamed.output] == [item.type for item in whole.output]


async def test_reasoning_comes_back_as_it_was_asked_for(http: httpx.AsyncClient) -> None:
    async def item(**fields: Any) -> dict[str, Any]:
        return dict((await http.post(PATH, json=body(model="gpt-6-sol", **fields))).json()["output"][0])

    assert (await item())["summary"] == []
    assert "encrypted_content" not in await item()
    assert (await item(reasoning={"summary": "auto"}))["summary"][0]["text"].startswith("Simulated reasoning.")
    assert (await item(include=["reasoning.encrypted_content"]))["encrypted_content"]


async def test_after_a_tool_result_the_answer_quotes_it(openai_client: openai.AsyncOpenAI) -> None:
    conversation: Any = [USER, CALL, RESULT]
    answer = await openai_client.responses.create(model="gpt-4o-mini", input=conversation)

    assert 'The tool returned: "four degrees".' in answer.output_text


PART = {"type": "input_text", "text": "x"}


@pytest.mark.parametrize(
    ("request_body", "param", "code"),
    [
        ({"model": "gpt-4o-mini"}, "input", "missing_required_parameter"),
        ({"input": "x"}, "model", "missing_required_parameter"),
        (body(n=2), "n", "unknown_parameter"),
        (body(messages=[]), "messages", "unknown_parameter"),
        (body(stop="x"), "stop", "unknown_parameter"),
        (body(input=7), "input", "invalid_type"),
        (body(input=[{"type": "call"}]), "input[0].type", "invalid_value"),
        (body(input=[{"role": "tool", "content": "x"}]), "input[0].role", "invalid_value"),
        (
            body(input=[{"role": "user", "content": [{"type": "text", "text": "x"}]}]),
            "input[0].content[0].type",
            "invalid_value",
        ),
        (body(input=[{"role": "assistant", "content": [PART]}]), "input[0].content[0].type", "invalid_value"),
        (body(input=[RESULT]), "input", None),
        (body(input=[USER, CALL]), "input", None),
        (body(max_output_tokens=15), "max_output_tokens", "integer_below_min_value"),
        (body(reasoning={"effort": "low"}), "reasoning.effort", "unsupported_parameter"),
        (body(model="gpt-6-sol", temperature=0.5), "temperature", "unsupported_parameter"),
        (body(model="gpt-5.4", reasoning={"effort": "max"}), "reasoning.effort", "unsupported_value"),
        (body(tools=[{"type": "function", "function": {"name": "x"}}]), "tools[0].name", "missing_required_parameter"),
        (body(tools=[WEATHER], tool_choice={"type": "function", "name": "other"}), "tool_choice", None),
        (body(text={"format": {"type": "json_object"}}), "input", None),
        (
            body(text={"format": {"type": "json_schema", "schema": {}}}),
            "text.format.name",
            "missing_required_parameter",
        ),
    ],
    ids=lambda value: str(value)[:70],
)
async def test_a_wrong_request_is_refused_with_the_field_at_fault(
    http: httpx.AsyncClient, request_body: dict[str, Any], param: str, code: str | None
) -> None:
    answer = await http.post(PATH, json=request_body)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code), error


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gpt-5.6-sol", "tools": [WEATHER], "reasoning": {"effort": "high"}},
        {"model": "gpt-6-sol", "reasoning": {"effort": "none"}, "temperature": 0.5},
        {"tool_choice": "auto", "parallel_tool_calls": True, "instructions": "Be brief.", "metadata": {}},
        {"input": [{"role": "developer", "content": [PART]}, USER, {"type": "reasoning", "id": "r", "summary": []}]},
    ],
    ids=str,
)
async def test_what_chat_completions_cannot_do_is_accepted_here(
    http: httpx.AsyncClient, fields: dict[str, Any]
) -> None:
    answer = await http.post(PATH, json=body(**fields))

    assert answer.status_code == 200, answer.text
