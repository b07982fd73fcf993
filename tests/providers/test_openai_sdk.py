"""OpenAI requests are those of the official SDK, and our golden answers are what its types accept."""

from __future__ import annotations

from typing import Any

import pytest
from muxer.providers.registry import DIALECTS
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    RefusalPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolChoice,
)
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.providers.calls import CALLS, PDF, PIXEL, SCHEMA, SCHEMA_OBJECT, TIME, USER, WEATHER
from tests.providers.capture import GOLDENS, captured, sent
from tests.providers.wire import Anyone

HI = {"role": "user", "content": "Hi"}
WIRE_WEATHER = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells the weather.", "parameters": SCHEMA_OBJECT},
}
WIRE_TIME = {"type": "function", "function": {"name": "time"}}

CASES: dict[str, tuple[ChatRequest, dict[str, Any]]] = {
    "plain": (ChatRequest((USER,)), {"messages": [HI]}),
    "every parameter": (
        ChatRequest(
            (USER,),
            max_tokens=100,
            temperature=0.5,
            top_p=0.9,
            stop=("END", "\n"),
            seed=7,
            n=2,
            logprobs=True,
            top_logprobs=3,
            presence_penalty=0.1,
            frequency_penalty=-0.1,
            logit_bias={"50256": -100.0},
            verbosity="low",
            user="u1",
            metadata={"k": "v"},
            service_tier="flex",
        ),
        {
            "messages": [HI],
            "max_completion_tokens": 100,
            "temperature": 0.5,
            "top_p": 0.9,
            "stop": ["END", "\n"],
            "seed": 7,
            "n": 2,
            "logprobs": True,
            "top_logprobs": 3,
            "presence_penalty": 0.1,
            "frequency_penalty": -0.1,
            "logit_bias": {"50256": -100.0},
            "verbosity": "low",
            "user": "u1",
            "metadata": {"k": "v"},
            "service_tier": "flex",
        },
    ),
    "roles and names": (
        ChatRequest(
            (Message("developer", "Be brief."), Message("system", "Be kind."), Message("user", "Hi", name="ann"))
        ),
        {
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Hi", "name": "ann"},
            ]
        },
    ),
    "parts": (
        ChatRequest(
            (
                Message(
                    "user",
                    parts=(
                        TextPart("Look:"),
                        ImagePart(PIXEL),
                        ImagePart("https://h.example/p.png", "low"),
                        AudioPart("UklGRg==", "wav"),
                        FilePart(file_data=PDF, filename="a.pdf"),
                        FilePart(file_id="file-1"),
                    ),
                ),
                Message("assistant", parts=(RefusalPart("No."),)),
                Message("assistant", "", refusal="Never."),
                USER,
            )
        ),
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Look:"},
                        {"type": "image_url", "image_url": {"url": PIXEL}},
                        {"type": "image_url", "image_url": {"url": "https://h.example/p.png", "detail": "low"}},
                        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                        {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}},
                        {"type": "file", "file": {"file_id": "file-1"}},
                    ],
                },
                {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
                {"role": "assistant", "content": "", "refusal": "Never."},
                HI,
            ]
        },
    ),
    "tools and their results": (
        ChatRequest(
            (
                USER,
                Message("assistant", tool_calls=CALLS, reasoning="Hm.", provider_state=b"{}"),
                Message("tool", "4 C", tool_call_id="call_1"),
                Message("tool", "noon", tool_call_id="call_2"),
            ),
            tools=(WEATHER, TIME, Tool("sql", "Runs SQL.", kind="custom")),
            tool_choice=ToolChoice("auto"),
            parallel_tool_calls=False,
        ),
        {
            "messages": [
                HI,
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                        },
                        {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": ""}},
                    ],
                },
                {"role": "tool", "content": "4 C", "tool_call_id": "call_1"},
                {"role": "tool", "content": "noon", "tool_call_id": "call_2"},
            ],
            "tools": [
                WIRE_WEATHER,
                WIRE_TIME,
                {"type": "custom", "custom": {"name": "sql", "description": "Runs SQL."}},
            ],
            "tool_choice": "auto",
            "parallel_tool_calls": False,
        },
    ),
    "a named tool": (
        ChatRequest((USER,), tools=(Tool("time", strict=True),), tool_choice=ToolChoice("named", ("time",))),
        {
            "messages": [HI],
            "tools": [{"type": "function", "function": {"name": "time", "strict": True}}],
            "tool_choice": {"type": "function", "function": {"name": "time"}},
        },
    ),
    "allowed tools": (
        ChatRequest((USER,), tools=(WEATHER, TIME), tool_choice=ToolChoice("allowed", ("time",), required=True)),
        {
            "messages": [HI],
            "tools": [WIRE_WEATHER, WIRE_TIME],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "time"}}]},
            },
        },
    ),
    "a JSON object": (
        ChatRequest((USER,), response_format=ResponseFormat("json_object")),
        {"messages": [HI], "response_format": {"type": "json_object"}},
    ),
    "a JSON schema": (
        ChatRequest((USER,), response_format=ResponseFormat("json_schema", "place", "A place.", SCHEMA, True)),
        {
            "messages": [HI],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "place", "description": "A place.", "schema": SCHEMA_OBJECT, "strict": True},
            },
        },
    ),
    "reasoning": (
        ChatRequest((USER,), reasoning_effort="high"),
        {"messages": [HI], "reasoning_effort": "high"},
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_request_is_that_of_the_official_sdk(serve: Any, anyone: Anyone, case: str, stream: bool) -> None:
    request, arguments = CASES[case]
    if stream:
        arguments = {**arguments, "stream": True, "stream_options": {"include_usage": True}}

    async def call(url: str) -> None:
        async with AsyncOpenAI(base_url=url + "/v1", api_key="sk-the-key-of-the-operator", max_retries=0) as client:
            await client.chat.completions.create(model="the-model", **arguments)

    expected = await captured(serve, (GOLDENS / "openai/text.json").read_bytes(), call)
    provider, model = anyone("openai", "http://x/v1", reasoning=bool(request.reasoning_effort))

    assert expected == sent(DIALECTS["openai"].encode(request, provider, model, stream=stream))


@pytest.mark.parametrize("case", ["text", "tools", "refusal", "two-choices-with-logprobs"])
def test_the_official_types_accept_our_golden_files(case: str) -> None:
    path = GOLDENS / "openai" / case
    ChatCompletion.model_validate_json(path.with_suffix(".json").read_bytes())
    events = [line[6:] for line in path.with_suffix(".sse").read_text().split("\n") if line.startswith("data: {")]
    for event in events:
        ChatCompletionChunk.model_validate_json(event)

    assert events
