"""What we put on the wire is what the official SDKs put there for the same call, and what we read they read too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message as AnthropicMessage
from muxer.ports import HttpRequest
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
    ToolCall,
    ToolChoice,
)
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

GOLDENS = Path(__file__).parent / "goldens"

SCHEMA = '{"type":"object","properties":{"city":{"type":"string","maxLength":9007199254740993}},"required":["city"]}'
SCHEMA_OBJECT = msgspec.json.decode(SCHEMA)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="

USER = Message("user", "Hi")
WEATHER = Tool("weather", "Tells the weather.", SCHEMA)
TIME = Tool("time")
CALLS = (ToolCall("call_1", "weather", '{"city":"Oslo"}'), ToolCall("call_2", "time", ""))

OPENAI_USER = {"role": "user", "content": "Hi"}
OPENAI_WEATHER = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells the weather.", "parameters": SCHEMA_OBJECT},
}
OPENAI_TIME = {"type": "function", "function": {"name": "time"}}

OPENAI_CASES: dict[str, tuple[ChatRequest, dict[str, Any]]] = {
    "plain": (ChatRequest((USER,)), {"messages": [OPENAI_USER]}),
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
            "messages": [OPENAI_USER],
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
                OPENAI_USER,
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
                OPENAI_USER,
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
                OPENAI_WEATHER,
                OPENAI_TIME,
                {"type": "custom", "custom": {"name": "sql", "description": "Runs SQL."}},
            ],
            "tool_choice": "auto",
            "parallel_tool_calls": False,
        },
    ),
    "a named tool": (
        ChatRequest((USER,), tools=(Tool("time", strict=True),), tool_choice=ToolChoice("named", ("time",))),
        {
            "messages": [OPENAI_USER],
            "tools": [{"type": "function", "function": {"name": "time", "strict": True}}],
            "tool_choice": {"type": "function", "function": {"name": "time"}},
        },
    ),
    "allowed tools": (
        ChatRequest((USER,), tools=(WEATHER, TIME), tool_choice=ToolChoice("allowed", ("time",), required=True)),
        {
            "messages": [OPENAI_USER],
            "tools": [OPENAI_WEATHER, OPENAI_TIME],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "time"}}]},
            },
        },
    ),
    "a JSON object": (
        ChatRequest((USER,), response_format=ResponseFormat("json_object")),
        {"messages": [OPENAI_USER], "response_format": {"type": "json_object"}},
    ),
    "a JSON schema": (
        ChatRequest((USER,), response_format=ResponseFormat("json_schema", "place", "A place.", SCHEMA, True)),
        {
            "messages": [OPENAI_USER],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "place", "description": "A place.", "schema": SCHEMA_OBJECT, "strict": True},
            },
        },
    ),
    "reasoning": (
        ChatRequest((USER,), reasoning_effort="high"),
        {"messages": [OPENAI_USER], "reasoning_effort": "high"},
    ),
}

CLAUDE_USER = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
CLAUDE_WEATHER = {"name": "weather", "description": "Tells the weather.", "input_schema": SCHEMA_OBJECT}
CLAUDE_TIME = {"name": "time", "input_schema": {"type": "object", "properties": {}}}

ANTHROPIC_CASES: dict[str, tuple[ChatRequest, dict[str, Any]]] = {
    "plain": (ChatRequest((USER,)), {"messages": [CLAUDE_USER], "max_tokens": 16_384}),
    "every parameter": (
        ChatRequest((USER,), max_tokens=100, stop=("END",), user="u1", service_tier="default"),
        {
            "messages": [CLAUDE_USER],
            "max_tokens": 100,
            "stop_sequences": ["END"],
            "metadata": {"user_id": "u1"},
            "service_tier": "standard_only",
        },
    ),
    "system": (
        ChatRequest((Message("system", "Be brief."), Message("developer", parts=(TextPart("Be kind."),)), USER)),
        {"messages": [CLAUDE_USER], "max_tokens": 16_384, "system": "Be brief.\n\nBe kind."},
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
                CLAUDE_USER,
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
            "tools": [CLAUDE_WEATHER, CLAUDE_TIME],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
            "max_tokens": 16_384,
        },
    ),
    "a named tool": (
        ChatRequest((USER,), tools=(WEATHER, Tool("time", strict=True)), tool_choice=ToolChoice("named", ("time",))),
        {
            "messages": [CLAUDE_USER],
            "tools": [CLAUDE_WEATHER, {**CLAUDE_TIME, "strict": True}],
            "tool_choice": {"type": "tool", "name": "time"},
            "max_tokens": 16_384,
        },
    ),
    "a JSON schema": (
        ChatRequest((USER,), response_format=ResponseFormat("json_schema", "place", "A place.", SCHEMA, True)),
        {
            "messages": [CLAUDE_USER],
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA_OBJECT}},
            "max_tokens": 16_384,
        },
    ),
    "reasoning": (
        ChatRequest((USER,), reasoning_effort="high"),
        {
            "messages": [CLAUDE_USER],
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "high"},
            "max_tokens": 16_384,
        },
    ),
}

OWN_HEADERS = ("authorization", "content-type", "accept", "anthropic-version")


async def captured(
    serve: Any, answer: bytes, call: Callable[[str], Awaitable[object]]
) -> tuple[str, dict[str, str], Any]:
    """Path, headers and body of what an SDK sends to a server of ours."""

    async def script(connection: Any) -> None:
        await connection.request()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
        await connection.send(head.encode() + answer)

    server = await serve(script)
    await call(server.url)
    head, body = server.requests[0]
    first, *lines = head.strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return first.split(" ")[1], headers, msgspec.json.decode(body)


def sent(request: HttpRequest, url: str) -> tuple[str, dict[str, str], Any]:
    headers = {name: value.lower() for name, value in request.headers.items()}
    return request.url.removeprefix(url), headers, msgspec.json.decode(request.body)


@pytest.mark.parametrize("case", OPENAI_CASES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_openai_requests_are_those_of_the_official_sdk(serve: Any, anyone: Any, case: str, stream: bool) -> None:
    request, arguments = OPENAI_CASES[case]
    if stream:
        arguments = {**arguments, "stream": True, "stream_options": {"include_usage": True}}

    async def call(url: str) -> None:
        async with AsyncOpenAI(base_url=url + "/v1", api_key="sk-the-key-of-the-operator", max_retries=0) as client:
            await client.chat.completions.create(model="the-model", **arguments)

    path, headers, body = await captured(serve, (GOLDENS / "openai/text.json").read_bytes(), call)
    provider, model = anyone("openai", "http://x/v1", tools=True)
    model = msgspec.structs.replace(
        model, capabilities=msgspec.structs.replace(model.capabilities, reasoning="reasoning" in case)
    )
    our_path, our_headers, our_body = sent(
        DIALECTS["openai"].encode(request, provider, model, stream=stream), "http://x"
    )

    assert our_path == path
    assert our_body == body
    assert {name: our_headers.get(name) for name in OWN_HEADERS} == {name: headers.get(name) for name in OWN_HEADERS}


@pytest.mark.parametrize("case", ANTHROPIC_CASES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_anthropic_requests_are_those_of_the_official_sdk(
    serve: Any, anyone: Any, case: str, stream: bool
) -> None:
    request, arguments = ANTHROPIC_CASES[case]
    if stream:
        arguments = {**arguments, "stream": True}

    async def call(url: str) -> None:
        async with AsyncAnthropic(base_url=url, api_key="sk-the-key-of-the-operator", max_retries=0) as client:
            await client.messages.create(model="the-model", **arguments)

    path, headers, body = await captured(serve, (GOLDENS / "anthropic/text.json").read_bytes(), call)
    provider, model = anyone("anthropic", "http://x", tools=True, reasoning=True)
    our_path, our_headers, our_body = sent(
        DIALECTS["anthropic"].encode(request, provider, model, stream=stream), "http://x"
    )

    assert our_path == path
    assert our_body == body
    assert {name: our_headers.get(name) for name in OWN_HEADERS} == {name: headers.get(name) for name in OWN_HEADERS}


@pytest.mark.parametrize("path", sorted((GOLDENS / "openai").glob("*.json")), ids=lambda path: path.stem)
def test_the_official_openai_types_accept_our_golden_files(path: Path) -> None:
    if path.stem in VENDORS_OWN:
        return
    ChatCompletion.model_validate_json(path.read_bytes())
    for line in path.with_suffix(".sse").read_text().split("\n"):
        if line.startswith("data: {"):
            ChatCompletionChunk.model_validate_json(line.removeprefix("data: "))


@pytest.mark.parametrize("path", sorted((GOLDENS / "anthropic").glob("*.json")), ids=lambda path: path.stem)
def test_the_official_anthropic_types_accept_our_golden_files(path: Path) -> None:
    message = AnthropicMessage.model_validate_json(path.read_bytes())

    assert message.stop_reason
