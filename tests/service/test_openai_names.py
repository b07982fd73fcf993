"""An error over the OpenAI face names the field that the caller wrote."""

from __future__ import annotations

import json

import pytest
from muxer.errors import BadRequest
from muxer.service.bounds import validate
from muxer.service.openai_names import openai_field, use_openai_words
from muxer.service.openai_request import decode
from muxer.service.openai_wire import read

HI = {"role": "user", "content": "Hi"}
FUNCTION = {"type": "function", "function": {"name": "f"}}


def user(*parts: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def calls(*tool_calls: object) -> dict[str, object]:
    return {"messages": [HI, {"role": "assistant", "tool_calls": list(tool_calls)}]}


BAD = [
    ("max_completion_tokens", {"messages": [HI], "max_completion_tokens": 0}),
    ("max_tokens", {"messages": [HI], "max_tokens": 0}),
    ("safety_identifier", {"messages": [HI], "safety_identifier": "x" * 513}),
    ("user", {"messages": [HI], "user": "x" * 513}),
    ("stop", {"messages": [HI], "stop": ""}),
    ("seed", {"messages": [HI], "seed": 1 << 63}),
    ("seed", {"messages": [HI], "seed": -(1 << 63) - 1}),
    ("messages[0].content", user(*[{"type": "text", "text": "x"}] * 257)),
    ("messages[0].content[0].image_url.url", user({"type": "image_url", "image_url": {"url": "ftp://x"}})),
    ("messages[0].content[1].image_url.detail", user(
        {"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "https://x", "detail": "?"}})),
    ("messages[0].content[0].file", user({"type": "file", "file": {}})),
    ("messages[0].content[0].file.filename", user(
        {"type": "file", "file": {"file_id": "1", "filename": "x" * 257}})),
    ("tools[0].function.name", {"messages": [HI], "tools": [{"type": "function", "function": {"name": "a b"}}]}),
    ("tools[1].custom.name", {"messages": [HI], "tools": [FUNCTION, {"type": "custom", "custom": {"name": ""}}]}),
    ("tools[0].function.description", {"messages": [HI], "tools": [
        {"type": "function", "function": {"name": "f", "description": "x" * 16_385}}]}),
    ("messages[1].tool_calls[0].function.name", calls({"id": "1", "function": {"name": ""}})),
    ("messages[1].tool_calls[0].custom.name", calls({"id": "1", "type": "custom", "custom": {"name": ""}})),
    ("messages[1].tool_calls[0].id", calls({"id": "", "function": {"name": "f"}})),
    ("tool_choice.function.name", {"messages": [HI], "tools": [FUNCTION],
                                   "tool_choice": {"type": "function", "function": {"name": "g"}}}),
    ("tool_choice.custom.name", {"messages": [HI], "tools": [FUNCTION],
                                 "tool_choice": {"type": "custom", "custom": {"name": "g"}}}),
    ("tool_choice.allowed_tools.tools", {"messages": [HI], "tools": [FUNCTION],
                                         "tool_choice": {"type": "allowed_tools", "allowed_tools": {"tools": []}}}),
    ("tool_choice", {"messages": [HI], "tool_choice": "required"}),
    ("response_format.type", {"messages": [HI], "response_format": {"type": "xml"}}),
    ("response_format.json_schema.schema", {"messages": [HI], "response_format": {
        "type": "json_schema", "json_schema": {"name": "n"}}}),
    ("response_format.json_schema.name", {"messages": [HI], "response_format": {
        "type": "json_schema", "json_schema": {"name": "a b", "schema": {}}}}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "request_"), BAD, ids=[field for field, _ in BAD])
def test_a_refused_field_is_called_what_the_caller_called_it(field, request_):
    body = json.dumps(request_).encode()
    with pytest.raises(BadRequest) as caught:
        validate(decode(body).chat)
    use_openai_words(caught.value, body)

    assert field == caught.value.field
    assert f"`{field}`" in caught.value.message


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("messages[0].parts[0]", "messages[0].content[0]"),
        ("messages[0].parts[0].audio.format", "messages[0].content[0].input_audio.format"),
        ("messages[1].reasoning", "messages[1].reasoning_content"),
        ("messages[1].tool_calls[0].arguments", "messages[1].tool_calls[0].custom.input"),
        ("tools[0].parameters", "tools[0].function.parameters"),
        ("routing.max_cost_usd", "routing.max_cost_usd"),
    ],
)
def test_fields_that_only_a_provider_refuses_are_named_so_too(ours, theirs):
    audio = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "?"}}
    call = {"id": "1", "type": "custom", "custom": {"name": "g", "input": "x"}}
    wire = read(json.dumps({**user(audio), "tools": [FUNCTION]}).encode())
    wire.messages += read(json.dumps(calls(call)).encode()).messages[1:]

    assert theirs == openai_field(ours, wire)


@pytest.mark.parametrize(
    ("text", "half"),
    [
        (r"x\ud83d", r"\ud83d"),
        (r"x\ud83d and more", r"\ud83d"),
        (r"\ud83d\ude00\uDE00 and more", r"\uDE00"),
        (r"\\\ud83d\u0041 and more", r"\ud83d"),
    ],
)
def test_half_a_surrogate_pair_is_called_so(text, half):
    body = b'{"messages":[{"role":"user","content":"%s"}]}' % text.encode()
    with pytest.raises(BadRequest) as caught:
        read(body)

    assert f"The body is not valid JSON: {half} is half of a surrogate pair" in caught.value.message
    assert caught.value.details == {"offset": body.index(half.encode())}


def test_a_body_that_ends_too_early_is_called_so_whatever_its_escapes():
    with pytest.raises(BadRequest) as caught:
        read(rb'{"messages":[{"role":"user","content":"\ud83d\ude00 \\ud83d')

    assert "truncated" in caught.value.message
