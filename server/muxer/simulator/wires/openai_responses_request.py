"""Reads requests of OpenAI's Responses API, and refuses what OpenAI refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Ask, Segment, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.traits import Traits
from muxer.simulator.wires.openai_chat_request import EFFORTS, check_effort
from muxer.simulator.wires.openai_chat_tools import check_names, read_function, read_schema, require_json_word

_KEYS = """
    model input instructions max_output_tokens temperature top_p tools tool_choice parallel_tool_calls text reasoning
    store include previous_response_id conversation truncation metadata prompt_cache_key prompt_cache_options
    prompt_cache_retention safety_identifier service_tier stream stream_options top_logprobs max_tool_calls background
    moderation user prompt
"""
FIELDS = frozenset(_KEYS.split())
_ROLES = ("user", "assistant", "system", "developer")
_PARTS = ("input_text", "input_image", "input_file", "output_text", "refusal")
_FLAT = {"input_image": neutral.IMAGE_TOKENS, "input_file": neutral.FILE_TOKENS}
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_ITEMS = ("message", "reasoning", "item_reference", *_CALLS, *_OUTPUTS)
_LEAST_OUTPUT = 16


def read_ask(body: Fields, model: str, traits: Traits) -> Ask:
    """A checked request in neutral terms."""
    body.require("input")
    items = [{"role": "user", "content": body.get("input")}] if isinstance(body.get("input"), str) else None
    conversation = Fields({"input": items or body.get("input")})
    segments = tuple(_read_items(conversation))
    tools = _read_tools(body)
    mode, names = _read_tool_choice(body, tools)
    is_json, schema = _read_format(body)
    body.number("temperature", 0, 2)
    body.number("top_p", 0, 1)
    reasoning = body.object("reasoning")
    effort = _read_effort(body, reasoning, traits)
    if tools:
        segments = (Segment(msgspec.json.encode(body.get("tools")).decode()), *segments)
    if "instructions" in body:
        segments = (Segment(body.text("instructions"), neutral.MESSAGE_TOKENS), *segments)
    return Ask(
        model=model,
        segments=segments,
        question=_question(conversation.get("input")),
        results=_results(conversation.get("input")),
        tools=tools,
        tool_mode=mode,
        tool_names=names,
        parallel=body.flag("parallel_tool_calls") is not False,
        json=is_json,
        schema=schema,
        max_tokens=body.integer("max_output_tokens", _LEAST_OUTPUT),
        effort=effort,
        show_reasoning=bool(reasoning and reasoning.text("summary", choices=("auto", "concise", "detailed"))),
        seal_reasoning="reasoning.encrypted_content" in body.texts("include", most=20, single=False),
        stream=bool(body.flag("stream")),
    )


def _read_effort(body: Fields, reasoning: Fields | None, traits: Traits) -> str:
    asked = reasoning.text("effort", choices=EFFORTS) if reasoning else ""
    if not traits.reasoning:
        if reasoning and reasoning.value:
            message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
            raise Problem("invalid", message, param="reasoning.effort", code="unsupported_parameter")
        return ""
    if asked == "max" and traits.max_on_responses:
        return asked
    return check_effort(body, "reasoning.effort", asked, traits)


def _read_items(conversation: Fields) -> Iterator[Segment]:
    calls: dict[str, bool] = {}
    for item in conversation.objects("input"):
        kind = item.text("type", choices=_ITEMS) or "message"
        if kind == "message":
            yield _read_message(item)
        elif kind in _CALLS:
            for key in ("call_id", "name", _CALLS[kind]):
                item.require(key)
            calls[item.text("call_id")] = False
            yield Segment(item.text("name") + item.text(_CALLS[kind]), neutral.MESSAGE_TOKENS)
        elif kind in _OUTPUTS:
            item.require("call_id")
            item.require("output")
            if item.text("call_id") not in calls:
                message = f"No tool call found for function call output with call_id {item.text('call_id')}."
                raise Problem("invalid", message, param="input")
            calls[item.text("call_id")] = True
            yield Segment(_output(item.get("output")), neutral.MESSAGE_TOKENS)
        elif kind == "reasoning":
            item.require("id")
            item.require("summary")
    for call, answered in calls.items():
        if not answered:
            raise Problem("invalid", f"No tool output found for function call {call}.", param="input")


def _read_message(item: Fields) -> Segment:
    item.require("content")
    role = item.one_of("role", _ROLES)
    content = item.get("content")
    if isinstance(content, str):
        return Segment(f"{role}\n{content}", neutral.MESSAGE_TOKENS)
    if not isinstance(content, list):
        raise item.wrong_type("content", "a string or an array of objects")
    texts, flat, cache = [role], neutral.MESSAGE_TOKENS, ""
    for part in item.objects("content"):
        kind = part.one_of("type", _PARTS)
        if kind.endswith("_text"):
            part.require("text")
        if kind.startswith("input") == (role == "assistant"):
            raise part.wrong("type", f"Invalid value: '{kind}' is not for the role '{role}'.")
        texts.append(part.text("text"))
        flat += _FLAT.get(kind, 0)
        cache = "5m" if "prompt_cache_breakpoint" in part else cache
    return Segment("\n".join(texts), flat, cache)


def _read_tools(body: Fields) -> tuple[ToolSpec, ...]:
    tools = []
    for tool in body.objects("tools"):
        kind = tool.one_of("type", ("function", "custom"))
        tools.append(read_function(tool, custom=kind == "custom"))
    return tuple(tools)


def _read_tool_choice(body: Fields, tools: Sequence[ToolSpec]) -> tuple[str, tuple[str, ...]]:
    choice = body.get("tool_choice")
    if choice is None or isinstance(choice, str):
        return body.text("tool_choice", choices=("none", "auto", "required")) or "auto", ()
    named = Fields(choice, "tool_choice")
    if named.one_of("type", ("function", "custom", "allowed_tools")) == "allowed_tools":
        mode = named.text("mode", choices=("auto", "required")) or "auto"
        names = tuple(tool.text("name") for tool in named.objects("tools"))
    else:
        named.require("name")
        mode, names = "required", (named.text("name"),)
    check_names(body, names, tools)
    return mode, names


def _read_format(body: Fields) -> tuple[bool, Any]:
    text = body.object("text")
    wanted = text.object("format") if text else None
    if wanted is None:
        return False, None
    kind = wanted.one_of("type", ("text", "json_object", "json_schema"))
    if kind == "json_object":
        require_json_word(body, "input", "text.format")
    return kind != "text", read_schema(body, wanted, "text.format") if kind == "json_schema" else None


def _output(output: object) -> str:
    if isinstance(output, list):
        return "\n".join(part.get("text", "") for part in output if isinstance(part, dict))
    return str(output)


def _question(items: list[dict[str, Any]]) -> str:
    for item in reversed(items):
        if item.get("role") == "user":
            content = item["content"]
            return content if isinstance(content, str) else _output(content)
    return ""


def _results(items: list[dict[str, Any]]) -> tuple[str, ...]:
    results: list[str] = []
    for item in reversed(items):
        if item.get("type") not in _OUTPUTS:
            break
        results.insert(0, _output(item["output"]))
    return tuple(results)
