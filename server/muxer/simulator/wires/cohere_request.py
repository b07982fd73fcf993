"""Reads requests of Cohere's chat API v2, and refuses what Cohere refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Ask, Segment, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.traits import Traits
from muxer.simulator.wires.openai_chat_messages import last_question, last_results

_KEYS = """
    model messages tools strict_tools documents citation_options response_format safety_mode max_tokens stop_sequences
    temperature seed frequency_penalty presence_penalty k p logprobs tool_choice thinking priority stream
"""
_FIELDS = frozenset(_KEYS.split())
_PARTS = {
    "system": ("text",),
    "user": ("text", "image_url"),
    "assistant": ("text", "thinking"),
    "tool": ("text", "document"),
}


def read_ask(body: Fields, model: str, traits: Traits) -> Ask:
    """A checked request in neutral terms."""
    unknown = body.only(_FIELDS)
    if unknown:
        raise Problem("unprocessable", f"unknown field: parameter '{unknown}' is not a valid field")
    segments = tuple(_read_messages(body))
    tools = tuple(_read_tools(body))
    choice = body.text("tool_choice", choices=("REQUIRED", "NONE"))
    if choice and not tools:
        raise body.wrong("tool_choice", "tool_choice is not allowed when tools are not specified")
    is_json, schema = _read_format(body)
    if is_json and (tools or "documents" in body):
        raise body.wrong("response_format", "json_object cannot be used with tools or documents")
    _check_numbers(body)
    if tools:
        segments = (Segment(msgspec.json.encode(body.get("tools")).decode()), *segments)
    return Ask(
        model=model,
        segments=segments,
        question=last_question(body),
        results=last_results(body),
        tools=tools,
        tool_mode={"REQUIRED": "required", "NONE": "none"}.get(choice, "auto"),
        json=is_json,
        schema=schema,
        max_tokens=body.integer("max_tokens", 1),
        stop=body.texts("stop_sequences", most=5, single=False),
        effort=_read_thinking(body, traits),
        show_reasoning=True,
        stream=bool(body.flag("stream")),
        logprobs=0 if body.flag("logprobs") else None,
    )


def _check_numbers(body: Fields) -> None:
    body.number("temperature", 0, 1)
    body.number("frequency_penalty", 0, 1)
    body.number("presence_penalty", 0, 1)
    body.number("k", 0, 500)
    body.number("p", 0.01, 0.99)
    body.integer("seed", 0, 2**64 - 1)


def _read_messages(body: Fields) -> Iterator[Segment]:
    if not body.require("messages"):
        raise body.wrong("messages", "messages must not be empty")
    waiting: set[str] = set()
    for message in body.objects("messages"):
        role = message.one_of("role", tuple(_PARTS))
        if role == "tool":
            message.require("tool_call_id")
            if message.text("tool_call_id") not in waiting:
                raise message.wrong("tool_call_id", "tool call id not found in previous tool calls")
            waiting.discard(message.text("tool_call_id"))
        elif waiting:
            raise message.wrong("role", f"tool results are missing for the tool calls {', '.join(sorted(waiting))}")
        calls = list(message.objects("tool_calls"))
        waiting |= {_read_call(call) for call in calls}
        if not calls:
            message.require("content")
        text, flat = _read_content(message, role)
        called = msgspec.json.encode(message.get("tool_calls")).decode() if calls else ""
        yield Segment(f"{role}\n{text}{message.text('tool_plan')}{called}", flat + neutral.MESSAGE_TOKENS)


def _read_call(call: Fields) -> str:
    call.require("id")
    call.one_of("type", ("function",))
    call.require("function")
    function = Fields(call.get("function"), call.path("function"))
    function.require("name")
    function.text("arguments")
    return call.text("id")


def _read_content(message: Fields, role: str) -> tuple[str, int]:
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or "", 0
    if not isinstance(content, list):
        raise message.wrong_type("content", "a string or an array of objects")
    texts, flat = [], 0
    for part in message.objects("content"):
        kind = part.one_of("type", _PARTS[role])
        part.require(kind)
        if kind == "image_url":
            Fields(part.get("image_url"), part.path("image_url")).require("url")
            flat += neutral.IMAGE_TOKENS
        texts.append(part.text("text"))
    return "\n".join(texts), flat


def _read_tools(body: Fields) -> Iterator[ToolSpec]:
    for tool in body.objects("tools"):
        tool.one_of("type", ("function",))
        tool.require("function")
        function = Fields(tool.get("function"), tool.path("function"))
        function.require("name")
        yield ToolSpec(function.text("name"), function.schema("parameters") or {})


def _read_format(body: Fields) -> tuple[bool, Any]:
    wanted = body.object("response_format")
    if wanted is None:
        return False, None
    kind = wanted.one_of("type", ("text", "json_object"))
    return kind == "json_object", wanted.schema("json_schema")


def _read_thinking(body: Fields, traits: Traits) -> str:
    thinking = body.object("thinking")
    kind = thinking.one_of("type", ("enabled", "disabled")) if thinking else ""
    if kind == "enabled" and not traits.reasoning:
        raise body.wrong("thinking", "thinking is not supported by this model")
    if thinking:
        thinking.integer("token_budget", 1)
    return traits.default_effort if traits.reasoning and kind != "disabled" else ""
