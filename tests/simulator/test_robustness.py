"""Whatever is asked, the simulator answers or refuses; and what its guide says is what there is."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import httpx
import muxer.simulator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from muxer.simulator.player import SCENARIOS
from muxer.simulator.problem import Problem
from muxer.simulator.scenario import OK
from muxer.simulator.script import Answer, compose
from muxer.simulator.tokens import Tokens
from muxer.simulator.traits import Traits, known_traits
from muxer.simulator.vendors import VENDORS
from muxer.simulator.wire import Incoming, Wire, json_bytes

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
CALL = {"id": "abcdefgh1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
CHAT: dict[str, Any] = {
    "model": "gpt-6-sol",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "https://x"}}],
        },
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "abcdefgh1", "content": "result"},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}},
    "stream": True,
}
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("openai", "/chat/completions", {**CHAT, "stream_options": {"include_usage": True}, "logprobs": None}),
    ("mistral", "/chat/completions", {**CHAT, "model": "mistral-large-4", "random_seed": 1}),
    ("groq", "/chat/completions", {**CHAT, "reasoning_format": "parsed"}),
    ("together", "/chat/completions", {**CHAT, "stop": ["x"], "logprobs": 1}),
    (
        "openai",
        "/responses",
        {
            "model": "gpt-6-sol",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
                {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "x"},
            ],
            "tools": [{"type": "function", "name": "look", "parameters": SCHEMA}],
            "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}},
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
        },
    ),
    (
        "anthropic",
        "/v1/messages",
        {
            "model": "claude-opus-5-5",
            "max_tokens": 500,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]},
            ],
            "tools": [{"name": "look", "input_schema": SCHEMA}],
            "thinking": {"type": "adaptive", "display": "summarized"},
            "output_config": {"effort": "low"},
        },
    ),
    (
        "google",
        "/v1/models/gemini-2.5-flash:generateContent",
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "x"}}]},
                {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"result": "x"}}}]},
            ],
            "tools": [{"functionDeclarations": [{"name": "look", "parameters": SCHEMA}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
            "generationConfig": {"thinkingConfig": {"thinkingBudget": 5}, "stopSequences": ["x"]},
        },
    ),
    (
        "cohere",
        "/v2/chat",
        {
            **{key: CHAT[key] for key in ("messages", "tools", "stream")},
            "model": "command-a-reasoning",
            "thinking": {"type": "enabled", "token_budget": 5},
            "stop_sequences": ["x"],
        },
    ),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys or indices."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


def wire_of(vendor: str, path: str) -> Wire:
    found = next(one for one in VENDORS if one.name == vendor)
    return next(wire for wire in found.wires if wire.operation("POST", path))


def answered(vendor: str, path: str, body: object) -> bool:
    """Whether a request gets an answer, both forms of which can be written; a refusal must be writable as well."""
    wire = wire_of(vendor, path)
    headers = {"anthropic-version": "2026-10-21"}

    def resolve(name: str) -> tuple[str, Traits]:
        return name, known_traits(vendor, name)

    refused: Problem | None = None
    try:
        ask = wire.read(Incoming(path, {}, headers, body, resolve))
    except Problem as problem:
        refused = problem
    if refused is not None:
        assert json_bytes(wire.refusal(refused, "req")[1])
        assert 400 <= refused.status < 500
        return False
    choices = compose(ask, f"{vendor}:{ask.model}", b"0123456789abcdef", OK)
    answer = Answer("0" * 32, 0, choices, Tokens(input=ask.prompt_tokens), Tokens(input=ask.prompt_tokens))
    assert json_bytes(wire.whole(ask, answer))
    assert all(event.frame() for event in wire.events(ask, answer))
    return True


@pytest.mark.parametrize(("vendor", "path", "body"), BODIES, ids=lambda value: str(value)[:20])
def test_the_bodies_below_are_right(vendor: str, path: str, body: dict[str, Any]) -> None:
    assert answered(vendor, path, {k: v for k, v in body.items() if k not in ("tool_choice", "response_format")})


@pytest.mark.parametrize(("vendor", "path", "body"), BODIES, ids=lambda value: str(value)[:20])
@given(data=st.data())
@settings(max_examples=60)
def test_a_request_with_anything_in_any_place_is_answered_or_refused(
    vendor: str, path: str, body: dict[str, Any], data: st.DataObject
) -> None:
    changed = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(places(changed)))
        container[key] = data.draw(JSON)

    answered(vendor, path, changed)


@pytest.mark.parametrize(("vendor", "path", "body"), BODIES, ids=lambda value: str(value)[:20])
@given(body_=JSON)
@settings(max_examples=20)
def test_a_body_that_is_anything_is_refused(vendor: str, path: str, body: dict[str, Any], body_: Any) -> None:
    assert not answered(vendor, path, body_)


def test_the_guide_names_every_scenario_and_no_other() -> None:
    guide = (Path(muxer.simulator.__file__).parent / "README.md").read_text()
    rows = guide.split("## Scenarios")[1].split("## What is billed")[0].split("|---|---|")[1]
    first_cells = [row.split(" | ")[0] for row in rows.split("\n| ")]
    named = {re.split("[;=]", code)[0] for cell in first_cells for code in re.findall("`([^`]+)`", cell)}

    assert named == SCENARIOS | {"fail_times"}


def test_the_guide_names_every_provider_with_its_address() -> None:
    guide = (Path(muxer.simulator.__file__).parent / "README.md").read_text()

    assert dict(re.findall(r"^\| (\w+) \| `(/[^`]+)` \|", guide, re.MULTILINE)) == {v.name: v.prefix for v in VENDORS}


@pytest.mark.parametrize("scenario", ["reset_midstream", "fail_times=1;status=999"])
async def test_a_misspelt_scenario_does_not_pass_for_a_success(http: httpx.AsyncClient, scenario: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": f"[[simulate:{scenario}]]"}]}
    answer = await http.post("/openai/v1/chat/completions", json=body)

    assert answer.status_code == 501
    assert "knows no scenario" in answer.json()["error"]["message"]
