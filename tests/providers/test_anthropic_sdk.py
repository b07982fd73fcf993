"""Anthropic requests are those of the official SDK, and our golden answers are what its types accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message as SdkMessage
from muxer.providers.registry import DIALECTS
from muxer.types.chat import (
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ResponseFormat,
    TextPart,
    Tool,
    ToolChoice,
)

from tests.providers.calls import CALLS, PDF, PIXEL, SCHEMA, SCHEMA_OBJECT, TIME, USER, WEATHER
from tests.providers.capture import GOLDENS, captured, sent
from tests.providers.wire import Anyone

HI = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
WIRE_WEATHER = {"name": "weather", "description": "Tells the weather.", "input_schema": SCHEMA_OBJECT}
WIRE_TIME = {"name": "time", "input_schema": {"type": "object", "properties": {}}}

CASES: dict[str, tuple[ChatRequest, dict[str, Any]]] = {
    "plain": (ChatRequest((USER,)), {"messages": [HI], "max_tokens": 16_384}),
    "every parameter": (
        ChatRequest((USER,), max_tokens=100, stop=("END",), user="u1", service_tier="default"),
        {
            "messages": [HI],
            "max_tokens": 100,
            "stop_sequences": ["END"],
            "metadata": {"user_id": "u1"},
            "service_tier": "standard_only",
        },
    ),
    "system": (
        ChatRequest((Message("system", "Be brief."), Message("developer", parts=(TextPart("Be kind."),)), USER)),
        {"messages": [HI], "max_tokens": 16_384, "system": "Be brief.\n\nBe kind."},
    ),
    "parts": (
        ChatRequest(
            (
                Message(
                    "user",
                    parts=(
                        TextPart("Look:"),
                        ImagePart(PIXEL),
                        ImagePart("https://h.example/p.png"),
                        FilePart(file_data=PDF, filename="a.pdf"),
                        FilePart(file_data="data:text/plain;base64,w7w="),
                    ),
                ),
            )
        ),
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Look:"},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
                        },
                        {"type": "image", "source": {"type": "url", "url": "https://h.example/p.png"}},
                        {
                            "type": "document",
                            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                            "title": "a.pdf",
                        },
                        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ü"}},
                    ],
                }
            ],
            "max_tokens": 16_384,
        },
    ),
    "tools and their results": (
        ChatRequest(
            (
                USER,
                Message("assistant", "Checking.", tool_calls=CALLS),
                Message("tool", "4 C", tool_call_id="call_1"),
                Message("tool", parts=(TextPart("noon"),), tool_call_id="call_2"),
                Message("user", "And now?"),
            ),
            tools=(WEATHER, TIME),
            tool_choice=ToolChoice("required"),
            parallel_tool_calls=False,
        ),
        {
            "messages": [
                HI,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "Checking."},
                        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}},
                        {"type": "tool_use", "id": "call_2", "name": "time", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "call_1", "content": "4 C"},
                        {
                            "type": "tool_result",
                            "tool_use_id": "call_2",
                            "content": [{"type": "text", "text": "noon"}],
                        },
                        {"type": "text", "text": "And now?"},
                    ],
                },
            ],
            "tools": [WIRE_WEATHER, WIRE_TIME],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
            "max_tokens": 16_384,
        },
    ),
    "a named tool": (
        ChatRequest((USER,), tools=(WEATHER, Tool("time", strict=True)), tool_choice=ToolChoice("named", ("time",))),
        {
            "messages": [HI],
            "tools": [WIRE_WEATHER, {**WIRE_TIME, "strict": True}],
            "tool_choice": {"type": "tool", "name": "time"},
            "max_tokens": 16_384,
        },
    ),
    "a JSON schema": (
        ChatRequest((USER,), response_format=ResponseFormat("json_schema", "place", "A place.", SCHEMA, True)),
        {
            "messages": [HI],
            "output_config": {
                "format": {"type": "json_schema", "schema": {**SCHEMA_OBJECT, "additionalProperties": False}}
            },
            "max_tokens": 16_384,
        },
    ),
    "reasoning": (
        ChatRequest((USER,), reasoning_effort="high"),
        {
            "messages": [HI],
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "high"},
            "max_tokens": 16_384,
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
        async with AsyncAnthropic(base_url=url, api_key="sk-the-key-of-the-operator", max_retries=0) as client:
            await client.messages.create(model="the-model", **arguments)

    expected = await captured(serve, (GOLDENS / "anthropic/text.json").read_bytes(), call)
    provider, model = anyone("anthropic", "http://x", reasoning=True)

    assert expected == sent(DIALECTS["anthropic"].encode(request, provider, model, stream=stream))


@pytest.mark.parametrize("path", sorted((GOLDENS / "anthropic").glob("*.json")), ids=lambda path: path.stem)
def test_the_official_types_accept_our_golden_files(path: Path) -> None:
    message = SdkMessage.model_validate_json(path.read_bytes())

    assert message.id == "msg_01A"
