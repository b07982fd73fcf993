"""OpenAI Responses: when it is used, and that its requests and answers are those of the official SDK."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from muxer.providers.registry import DIALECTS, dialect_for
from muxer.types.chat import (
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)
from openai import AsyncOpenAI
from openai.types.responses import Response

from tests.providers.calls import CALLS, PDF, PIXEL, SCHEMA, SCHEMA_OBJECT, TIME, USER, WEATHER
from tests.providers.capture import GOLDENS, captured, sent
from tests.providers.wire import Anyone

RESPONSES = DIALECTS["responses"]
HI = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
NO_ARGUMENTS = {"type": "object", "properties": {}}
WIRE_TIME = {"type": "function", "name": "time", "parameters": NO_ARGUMENTS, "strict": False}
REASONS = {"include": ["reasoning.encrypted_content"]}

CASES: dict[str, tuple[ChatRequest, dict[str, Any]]] = {
    "plain": (ChatRequest((USER,)), {"input": [HI], **REASONS}),
    "every parameter": (
        ChatRequest(
            (Message("system", "Be brief."), USER),
            max_tokens=100,
            temperature=0.5,
            top_p=0.9,
            logprobs=True,
            top_logprobs=3,
            reasoning_effort="none",
            verbosity="low",
            user="u1",
            metadata={"k": "v"},
            service_tier="flex",
        ),
        {
            "input": [
                {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
                HI,
            ],
            "max_output_tokens": 100,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_logprobs": 3,
            "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
            "reasoning": {"effort": "none"},
            "text": {"verbosity": "low"},
            "user": "u1",
            "metadata": {"k": "v"},
            "service_tier": "flex",
        },
    ),
    "parts": (
        ChatRequest(
            (
                Message(
                    "user",
                    parts=(
                        TextPart("Look:"),
                        ImagePart(PIXEL, "low"),
                        FilePart(file_data=PDF, filename="a.pdf"),
                        FilePart(file_id="file-1"),
                    ),
                ),
            )
        ),
        {
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Look:"},
                        {"type": "input_image", "image_url": PIXEL, "detail": "low"},
                        {"type": "input_file", "file_data": PDF, "filename": "a.pdf"},
                        {"type": "input_file", "file_id": "file-1"},
                    ],
                }
            ],
            **REASONS,
        },
    ),
    "tools and their results": (
        ChatRequest(
            (
                USER,
                Message("assistant", "Checking.", tool_calls=(*CALLS, ToolCall("call_3", "sql", "SELECT 1", "custom"))),
                Message("tool", "4 C", tool_call_id="call_1"),
                Message("tool", parts=(TextPart("noon"),), tool_call_id="call_2"),
                Message("tool", "1", tool_call_id="call_3"),
            ),
            tools=(WEATHER, TIME, Tool("sql", "Runs SQL.", kind="custom")),
            tool_choice=ToolChoice("allowed", ("time",), required=True),
            parallel_tool_calls=False,
        ),
        {
            "input": [
                HI,
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Checking."}],
                },
                {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city":"Oslo"}'},
                {"type": "function_call", "call_id": "call_2", "name": "time", "arguments": ""},
                {"type": "custom_tool_call", "call_id": "call_3", "name": "sql", "input": "SELECT 1"},
                {"type": "function_call_output", "call_id": "call_1", "output": "4 C"},
                {
                    "type": "function_call_output",
                    "call_id": "call_2",
                    "output": [{"type": "input_text", "text": "noon"}],
                },
                {"type": "custom_tool_call_output", "call_id": "call_3", "output": "1"},
            ],
            "tools": [
                {
                    "type": "function",
                    "name": "weather",
                    "description": "Tells the weather.",
                    "parameters": SCHEMA_OBJECT,
                    "strict": False,
                },
                WIRE_TIME,
                {"type": "custom", "name": "sql", "description": "Runs SQL."},
            ],
            "tool_choice": {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "time"}],
            },
            "parallel_tool_calls": False,
            **REASONS,
        },
    ),
    "a named tool": (
        ChatRequest((USER,), tools=(Tool("time", strict=True),), tool_choice=ToolChoice("named", ("time",))),
        {
            "input": [HI],
            "tools": [{**WIRE_TIME, "strict": True}],
            "tool_choice": {"type": "function", "name": "time"},
            **REASONS,
        },
    ),
    "a JSON schema": (
        ChatRequest((USER,), response_format=ResponseFormat("json_schema", "place", "A place.", SCHEMA, True)),
        {
            "input": [HI],
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "place",
                    "description": "A place.",
                    "schema": SCHEMA_OBJECT,
                    "strict": True,
                }
            },
            **REASONS,
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_request_is_that_of_the_official_sdk(serve: Any, anyone: Anyone, case: str, stream: bool) -> None:
    request, arguments = CASES[case]
    if stream:
        arguments = {**arguments, "stream": True}

    async def call(url: str) -> None:
        async with AsyncOpenAI(base_url=url + "/v1", api_key="sk-the-key-of-the-operator", max_retries=0) as client:
            await client.responses.create(model="the-model", store=False, **arguments)

    expected = await captured(serve, (GOLDENS / "responses/reasoning-and-tools.json").read_bytes(), call)
    provider, model = anyone("openai", "http://x/v1", reasoning=True, efforts=["none", "low"])

    assert expected == sent(RESPONSES.encode(request, provider, model, stream=stream))


@pytest.mark.parametrize("case", ["reasoning-and-tools", "incomplete-refusal"])
def test_the_official_types_accept_our_golden_files(case: str) -> None:
    response = Response.model_validate_json((GOLDENS / f"responses/{case}.json").read_bytes())

    assert response.id == "resp_1"


def test_reasoning_goes_back_in_its_place_to_the_model_that_wrote_it(anyone: Anyone) -> None:
    provider, model = anyone("openai", reasoning=True)
    wire = (GOLDENS / "responses/reasoning-and-tools.json").read_bytes()
    answer = RESPONSES.decode(wire, provider, model).choices[0].message
    request = ChatRequest((USER, answer, *(Message("tool", "ok", tool_call_id=call.id) for call in answer.tool_calls)))
    another = msgspec.structs.replace(model, name="another")
    kinds = [
        [
            item["type"]
            for item in msgspec.json.decode(RESPONSES.encode(request, provider, to, stream=False).body)["input"]
        ]
        for to in (model, another)
    ]
    calls = ["function_call"] * 2 + ["function_call_output"] * 2

    assert kinds == [["message", "reasoning", "message", *calls], ["message", "message", *calls]]


@pytest.mark.parametrize(
    ("name", "request_", "dialect"),
    [
        ("gpt-6-sol", ChatRequest((USER,), tools=(TIME,)), "responses"),
        ("gpt-5.6-luna", ChatRequest((USER,), tools=(TIME,), reasoning_effort="low"), "responses"),
        ("gpt-6-sol", ChatRequest((USER,), tools=(TIME,), reasoning_effort="none"), "openai"),
        ("gpt-6-sol", ChatRequest((USER,)), "openai"),
        ("gpt-4.1", ChatRequest((USER,), tools=(TIME,)), "openai"),
    ],
)
def test_the_newest_models_are_asked_there_for_tools_with_reasoning(
    name: str, request_: ChatRequest, dialect: str, anyone: Anyone
) -> None:
    provider, model = anyone("openai", reasoning=True, efforts=["none", "low"])

    assert dialect_for(request_, provider, msgspec.structs.replace(model, name=name)) is DIALECTS[dialect]


@pytest.mark.parametrize("name", ["anthropic", "google", "cohere", "groq", "mistral", "together"])
def test_every_other_provider_has_one_dialect(name: str, anyone: Anyone) -> None:
    provider, model = anyone(name, reasoning=True)

    assert dialect_for(ChatRequest((USER,), tools=(TIME,)), provider, model) is DIALECTS[provider.dialect]
