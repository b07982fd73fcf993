"""A chat request in Cohere's words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from muxer.providers.registry import DIALECTS
from muxer.types.chat import ChatRequest, Message, ResponseFormat, Tool, ToolCall, ToolChoice

from tests.providers.calls import SCHEMA, SCHEMA_OBJECT, TIME, USER, WEATHER
from tests.providers.wire import Anyone

COHERE = DIALECTS["cohere"]
WIRE_TIME = {"type": "function", "function": {"name": "time"}}


def encoded(request: ChatRequest, anyone: Anyone, **abilities: Any) -> Any:
    provider, model = anyone("cohere", **abilities)
    return msgspec.json.decode(COHERE.encode(request, provider, model, stream=False).body)


def test_a_whole_request(anyone: Anyone) -> None:
    provider, model = anyone("cohere", "http://x", reasoning=True)
    request = ChatRequest(
        (
            Message("developer", "Be brief."),
            USER,
            Message("assistant", tool_calls=(ToolCall("c1", "weather", '{"city":"Oslo"}'),)),
            Message("tool", "4 C", tool_call_id="c1"),
        ),
        tools=(WEATHER, Tool("time", strict=True)),
        max_tokens=100,
        temperature=1.5,
        top_p=1.0,
        stop=("END",),
        seed=7,
        presence_penalty=1.5,
        frequency_penalty=0.5,
        logprobs=True,
        reasoning_effort="medium",
    )
    said = COHERE.encode(request, provider, model, stream=True)

    assert (said.url, said.headers["authorization"]) == ("http://x/v2/chat", "Bearer sk-the-key-of-the-operator")
    assert msgspec.json.decode(said.body) == {
        "model": "the-model",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                    }
                ],
            },
            {"role": "tool", "content": "4 C", "tool_call_id": "c1"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "weather", "description": "Tells the weather.", "parameters": SCHEMA_OBJECT},
            },
            WIRE_TIME,
        ],
        "strict_tools": True,
        "max_tokens": 100,
        "temperature": 1.0,
        "p": 0.99,
        "stop_sequences": ["END"],
        "seed": 7,
        "presence_penalty": 1.0,
        "frequency_penalty": 0.5,
        "logprobs": True,
        "thinking": {"type": "enabled", "token_budget": 4096},
    }


@pytest.mark.parametrize(
    ("choice", "names", "said"),
    [
        (ToolChoice("auto"), ["weather", "time"], None),
        (ToolChoice("none"), ["weather", "time"], "NONE"),
        (ToolChoice("required"), ["weather", "time"], "REQUIRED"),
        (ToolChoice("named", ("time",)), ["time"], "REQUIRED"),
        (ToolChoice("allowed", ("time",)), ["time"], None),
        (ToolChoice("allowed", ("time",), required=True), ["time"], "REQUIRED"),
    ],
)
def test_a_choice_among_tools_is_made_by_what_is_offered(
    choice: ToolChoice, names: list[str], said: str | None, anyone: Anyone
) -> None:
    body = encoded(ChatRequest((USER,), tools=(WEATHER, TIME), tool_choice=choice), anyone)

    assert [tool["function"]["name"] for tool in body["tools"]] == names
    assert body.get("tool_choice") == said


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (ResponseFormat("json_object"), {"type": "json_object"}),
        (ResponseFormat("json_schema", "x", schema=SCHEMA), {"type": "json_object", "json_schema": SCHEMA_OBJECT}),
    ],
)
def test_a_schema_is_a_kind_of_json_object(wanted: ResponseFormat, said: Any, anyone: Anyone) -> None:
    assert encoded(ChatRequest((USER,), response_format=wanted), anyone)["response_format"] == said


def test_thinking_can_be_switched_off(anyone: Anyone) -> None:
    request = ChatRequest((USER,), reasoning_effort="none")

    assert encoded(request, anyone, reasoning=True)["thinking"] == {"type": "disabled"}
