"""Both faces read every field that their wire has, and mean the same by it."""

from __future__ import annotations

import json

from google.protobuf.json_format import ParseDict
from modelmuxer.v1 import error_reason_pb2
from modelmuxer.v1 import router_service_pb2 as pb
from msgspec import structs
from muxer.errors import Reason
from muxer.providers.openai_passthrough import READ_BY_US
from muxer.service import from_protobuf, openai_request
from muxer.service.openai_wire import FIELDS
from muxer.service.status import TABLE, reason_number
from muxer.types.chat import ChatRequest

TYPED = {
    "messages": [
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "name": "ann", "parts": [
            {"text": "What is this?"},
            {"image": {"url": "https://h/x.png", "detail": "low"}},
            {"audio": {"data": "AAAA", "format": "wav"}},
            {"file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        ]},
        {"role": "assistant", "reasoning": "hm", "provider_state": "AAE=",
         "tool_calls": [{"id": "1", "name": "f", "arguments": "{}", "provider_state": "AAI="},
                        {"id": "2", "type": "custom", "name": "g", "arguments": "text"}]},
        {"role": "tool", "tool_call_id": "1", "content": "done"},
        {"role": "assistant", "refusal": "no"},
    ],
    "model": "auto:fast",
    "tools": [{"name": "f", "description": "d", "parameters": '{"type":"object"}', "strict": True},
              {"type": "custom", "name": "g", "description": "c"}],
    "response_format": {"type": "json_schema", "name": "n", "description": "s", "schema": '{"a":1}', "strict": False},
    "max_tokens": 5,
    "routing": {"preset": "economy", "min_quality": 0.5, "max_cost_usd": 0.05, "allowed_models": ["a:*"],
                "denied_models": ["b:*"], "run_id": "r"},
    "tool_choice": {"mode": "allowed", "names": ["f"], "required": True},
    "parallel_tool_calls": False,
    "temperature": 0.5, "top_p": 0.9, "stop": ["END"], "seed": "7", "n": 2, "logprobs": True, "top_logprobs": 3,
    "presence_penalty": 0.1, "frequency_penalty": -0.1, "logit_bias": {"5": 1.5}, "reasoning_effort": "low",
    "verbosity": "high", "user": "u", "metadata": {"k": "v"}, "service_tier": "flex",
}  # fmt: skip

OPENAI = {
    "messages": [
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "name": "ann", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://h/x.png", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        ]},
        {"role": "assistant", "content": None, "reasoning_content": "hm", "provider_state": "AAE=",
         "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"},
                         "provider_state": "AAI="},
                        {"id": "2", "type": "custom", "custom": {"name": "g", "input": "text"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "done"},
        {"role": "assistant", "refusal": "no"},
    ],
    "model": "auto:fast",
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"},
                                                "strict": True}},
              {"type": "custom", "custom": {"name": "g", "description": "c"}}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "s", "schema": {"a": 1},
                                                               "strict": False}},
    "max_completion_tokens": 5,
    "routing": TYPED["routing"],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {
        "mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}},
    "stop": "END", "seed": 7,
    **{name: TYPED[name] for name in (
        "parallel_tool_calls", "temperature", "top_p", "n", "logprobs", "top_logprobs", "presence_penalty",
        "frequency_penalty", "logit_bias", "reasoning_effort", "verbosity", "user", "metadata", "service_tier")},
}  # fmt: skip


def typed() -> ChatRequest:
    return from_protobuf.chat(ParseDict(TYPED, pb.ChatCompletionRequest()))


def openai() -> ChatRequest:
    return structs.replace(openai_request.decode(json.dumps(OPENAI, separators=(",", ":")).encode()).chat, raw=b"")


def test_both_faces_mean_the_same():
    assert typed() == openai()


def test_the_example_has_every_field_so_that_none_can_be_forgotten():
    wire = ParseDict(TYPED, pb.ChatCompletionRequest())
    defaults = ChatRequest(messages=())

    assert {field.name for field in wire.DESCRIPTOR.fields} == set(TYPED)
    for field in structs.fields(ChatRequest):
        if field.name == "raw":  # what the other face was sent
            continue
        assert getattr(typed(), field.name) != getattr(defaults, field.name), field.name


def test_route_estimate_and_classify_share_the_fields_of_a_chat_request():
    shared = {"messages", "model", "tools", "response_format", "routing"}
    chat = pb.ChatCompletionRequest.DESCRIPTOR.fields_by_name
    for kind in (pb.RouteRequest, pb.EstimateRequest, pb.ClassifyRequest):
        fields = kind.DESCRIPTOR.fields_by_name

        assert shared <= set(fields)
        assert all(_kind(chat[name]) == _kind(fields[name]) for name in fields)
        wire = ParseDict({name: TYPED[name] for name in fields}, kind())
        read = from_protobuf.chat(wire)
        assert all(getattr(read, name) == getattr(typed(), name) for name in fields)


def _kind(field):
    """Type of a field; of a map the kind of its entries, which are a type of their own in each message."""
    return field.type, field.message_type and field.message_type.name


def test_null_means_not_given():
    nulls = {name: None for name in OPENAI if name != "messages"}
    body = json.dumps({**nulls, "messages": [{"role": "user", "content": "Hello"}]}).encode()

    plain = openai_request.decode(b'{"messages":[{"role":"user","content":"Hello"}]}').chat
    assert structs.replace(openai_request.decode(body).chat, raw=b"") == structs.replace(plain, raw=b"")


def test_what_is_passed_through_is_what_the_face_does_not_read():
    assert FIELDS == READ_BY_US


def test_every_reason_has_a_status_and_a_number():
    assert set(TABLE) == set(Reason)
    numbers = {reason_number(reason) for reason in Reason}
    assert numbers | {0} == set(error_reason_pb2.ErrorReason.values())
