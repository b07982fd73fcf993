"""Reads requests of OpenAI's Chat Completions, and refuses what OpenAI refuses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Ask, Segment, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.schema import loose_object
from muxer.simulator.traits import Traits

_KEYS = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
    messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
    safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
    top_logprobs top_p user verbosity web_search_options
"""
BODY_KEYS = frozenset(_KEYS.split())
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_FLAT = {
    "image_url": neutral.IMAGE_TOKENS,
    "input_audio": neutral.AUDIO_TOKENS,
    "file": neutral.FILE_TOKENS,
}


def read_messages(body: Fields, roles: Sequence[str] = ROLES) -> tuple[Segment, ...]:
    """The conversation as stretches of prompt. Refuses unknown roles and parts, and tool results without a call."""
    if not isinstance(body.require("messages"), list):
        raise body.wrong_type("messages", "an array of objects")
    if not body.get("messages"):
        raise body.wrong("messages", "Invalid 'messages': empty array. Expected at least 1 message.", "empty_array")
    segments: list[Segment] = []
    waiting: set[str] = set()
    for message in body.objects("messages"):
        message.require("role")
        role = message.text("role", choices=roles)
        if role == "tool":
            waiting = _answered(message, waiting)
        elif waiting:
            raise _unanswered(message, waiting)
        if role == "assistant":
            waiting = _read_calls(message)
        segments.append(_segment(message, role))
    if waiting:
        raise _unanswered(body, waiting)
    return tuple(segments)


def _unanswered(where: Fields, waiting: set[str]) -> Problem:
    message = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
    )
    return Problem("invalid", message, param=where.path("role") if "role" in where else "messages")


def _answered(message: Fields, waiting: set[str]) -> set[str]:
    message.require("tool_call_id")
    call = message.text("tool_call_id")
    if call not in waiting:
        text = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        raise message.wrong("role", f"Invalid parameter: {text}", None)
    return waiting - {call}


def _read_calls(message: Fields) -> set[str]:
    ids = set()
    for call in message.objects("tool_calls"):
        call.require("id")
        kind = call.text("type", choices=("function", "custom")) or "function"
        inner = call.object(kind)
        if inner is None:
            call.require(kind)
        else:
            inner.require("name")
            inner.text("arguments" if kind == "function" else "input")
        ids.add(call.text("id"))
    return ids


def _segment(message: Fields, role: str) -> Segment:
    calls = message.get("tool_calls")
    if not calls and "refusal" not in message and "function_call" not in message:
        message.require("content")
    text, flat, cache = read_content(message, role)
    if calls:
        text += msgspec.json.encode(calls).decode()
    return Segment(f"{role}\n{text}", flat + neutral.MESSAGE_TOKENS, cache)


def read_content(message: Fields, role: str) -> tuple[str, int, str]:
    """The text of a message, the tokens of what is not text, and the lifetime of its last cache breakpoint."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or "", 0, ""
    if not isinstance(content, list):
        raise message.wrong_type("content", "a string or an array of objects")
    texts, flat, cache = [], 0, ""
    kinds = ("text", "image_url", "input_audio", "file") if role == "user" else ("text", "refusal")
    for part in message.objects("content"):
        part.require("type")
        kind = part.text("type", choices=kinds)
        part.require(kind)
        if kind in ("text", "refusal"):
            texts.append(part.text(kind))
        else:
            inner = Fields(part.get(kind), part.path(kind))
            if kind == "image_url":
                read_image(inner)
            flat += _FLAT[kind]
        cache = "5m" if "prompt_cache_breakpoint" in part else cache
    return "\n".join(texts), flat, cache


def read_image(image: Fields) -> None:
    """Refuses what is no address of a picture."""
    image.require("url")
    url = image.text("url")
    if not url.startswith(("https://", "http://", "data:image/")):
        message = f"Invalid '{image.path('url')}'. Expected a valid URL or a data URL of an image."
        raise image.wrong("url", message, "invalid_image_url")
    image.text("detail", choices=("auto", "low", "high", "original"))


def last_question(body: Fields) -> str:
    """The text of the last user message."""
    for message in reversed(body.get("messages")):
        if message["role"] == "user":
            content = message.get("content")
            if isinstance(content, list):
                return "\n".join(part["text"] for part in content if part["type"] == "text")
            return content or ""
    return ""


def last_results(body: Fields) -> tuple[str, ...]:
    """What the tools returned, when the conversation ends with that."""
    results: list[str] = []
    for message in reversed(body.get("messages")):
        if message["role"] != "tool":
            break
        content = message.get("content")
        if isinstance(content, list):
            content = "\n".join(part["text"] for part in content)
        results.append(content or "")
    return tuple(reversed(results))


def read_tools(body: Fields) -> tuple[ToolSpec, ...]:
    """The tools on offer."""
    tools = []
    for tool in body.objects("tools"):
        tool.require("type")
        kind = tool.text("type", choices=("function", "custom"))
        tool.require(kind)
        inner = Fields(tool.get(kind), tool.path(kind))
        inner.require("name")
        name = inner.text("name")
        if not _NAME.match(name):
            message = f"Invalid '{inner.path('name')}': string does not match pattern '^[a-zA-Z0-9_-]+$'."
            raise inner.wrong("name", message)
        parameters = inner.object("parameters")
        schema = parameters.value if parameters else {}
        if inner.flag("strict"):
            refuse_loose(inner, "parameters", schema, f"function '{name}'", "invalid_function_parameters")
        tools.append(ToolSpec(name, schema, custom=kind == "custom"))
    return tuple(tools)


def refuse_loose(where: Fields, key: str, schema: Any, what: str, code: str | None) -> None:
    """Refuses a schema that strict mode cannot enforce."""
    loose = loose_object(schema)
    if loose:
        message = f"Invalid schema for {what}: in {loose}, 'additionalProperties' is required to be supplied and to be "
        message += "false, and 'required' is required to include every key in properties."
        raise where.wrong(key, message, code)


def read_tool_choice(body: Fields, tools: Sequence[ToolSpec]) -> tuple[str, tuple[str, ...]]:
    """Whether tools must be called, and which ones may be."""
    choice = body.get("tool_choice")
    for key in ("tool_choice", "parallel_tool_calls"):
        if key in body and not tools:
            raise body.wrong(key, f"'{key}' is only allowed when 'tools' are specified.", None)
    if choice is None or isinstance(choice, str):
        return body.text("tool_choice", choices=("none", "auto", "required")) or "auto", ()
    named = Fields(choice, "tool_choice")
    kind = named.text("type", choices=("function", "custom", "allowed_tools"))
    inner = named.object(kind)
    if inner is None:
        raise named.wrong(kind, f"Missing required parameter: 'tool_choice.{kind}'.", "missing_required_parameter")
    if kind == "allowed_tools":
        mode = inner.text("mode", choices=("auto", "required")) or "auto"
        entries = [Fields(tool.get(tool.text("type")), tool.path("function")) for tool in inner.objects("tools")]
        names = tuple(entry.text("name") for entry in entries)
    else:
        mode, names = "required", (inner.text("name"),)
    for name in names:
        if name not in {tool.name for tool in tools}:
            raise body.wrong("tool_choice", f"Tool choice '{name}' not found in 'tools' parameter.", None)
    return mode, names


def read_format(body: Fields) -> tuple[bool, Any]:
    """Whether the answer must be JSON, and its schema."""
    wanted = body.object("response_format")
    if wanted is None:
        return False, None
    kind = wanted.text("type", choices=("text", "json_object", "json_schema"))
    if kind == "json_object" and "json" not in msgspec.json.encode(body.get("messages")).decode().lower():
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        )
        raise body.wrong("messages", message, None)
    if kind != "json_schema":
        return kind == "json_object", None
    wanted.require("json_schema")
    described = Fields(wanted.get("json_schema"), wanted.path("json_schema"))
    described.require("name")
    schema = described.object("schema")
    if described.flag("strict"):
        what = f"response_format '{described.text('name')}'"
        refuse_loose(body, "response_format", schema.value if schema else {}, what, None)
    return True, schema.value if schema else {"type": "object"}


def check_reasoning_model(body: Fields, traits: Traits) -> str:
    """The effort that a model thinks with. Refuses what a model that thinks does not take."""
    asked = body.text("reasoning_effort", choices=EFFORTS)
    if not traits.reasoning:
        if asked:
            raise unsupported(body, "reasoning_effort")
        return ""
    if "max_tokens" in body:
        raise unsupported(body, "max_tokens", " Use 'max_completion_tokens' instead.")
    if asked and traits.efforts and asked not in traits.efforts:
        known = ", ".join(f"'{effort}'" for effort in traits.efforts)
        message = f"Unsupported value: 'reasoning_effort' does not support '{asked}' with this model. "
        raise body.wrong("reasoning_effort", f"{message}Supported values are: {known}.", "unsupported_value")
    effort = asked or traits.default_effort
    if effort != "none":
        for key in _SAMPLING:
            if key in body and not traits.sampling:
                raise unsupported(body, key)
        if "tools" in body and not traits.tools_while_reasoning:
            message = "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. "
            raise body.wrong("reasoning_effort", message + "Use /v1/responses or set reasoning_effort to 'none'.", None)
    if "stop" in body and not traits.stop:
        raise unsupported(body, "stop")
    return effort


def unsupported(body: Fields, key: str, hint: str = "") -> Problem:
    """A refusal of a parameter that the model does not take."""
    message = f"Unsupported parameter: '{body.path(key)}' is not supported with this model.{hint}"
    return body.wrong(key, message, "unsupported_parameter")


def check_numbers(body: Fields) -> None:
    """Refuses sampling parameters out of their range."""
    body.number("temperature", 0, 2)
    body.number("top_p", 0, 1)
    body.number("presence_penalty", -2, 2)
    body.number("frequency_penalty", -2, 2)
    body.integer("seed", -(2**63), 2**63 - 1)
    body.object("logit_bias")
    if body.integer("top_logprobs", 0, 20) is not None and not body.flag("logprobs"):
        raise body.wrong("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is enabled.", None)


def read_ask(body: Fields, model: str, traits: Traits) -> Ask:
    """A checked request in neutral terms."""
    segments = read_messages(body)
    tools = read_tools(body)
    tool_mode, tool_names = read_tool_choice(body, tools)
    is_json, schema = read_format(body)
    effort = check_reasoning_model(body, traits)
    check_numbers(body)
    stream = bool(body.flag("stream"))
    options = body.object("stream_options")
    if options and not stream:
        raise body.wrong("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    if any(segment.cache for segment in segments) and not traits.cache_breakpoints:
        raise body.wrong("messages", "'prompt_cache_breakpoint' is not supported with this model.", None)
    limits = [body.integer(key, 1) for key in ("max_completion_tokens", "max_tokens") if key in body]
    if len(limits) > 1:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise body.wrong("max_tokens", message, "invalid_parameter_combination")
    if tools:
        segments = (Segment(msgspec.json.encode(body.get("tools")).decode()), *segments)
    return Ask(
        model=model,
        segments=segments,
        question=last_question(body),
        results=last_results(body),
        tools=tools,
        tool_mode=tool_mode,
        tool_names=tool_names,
        parallel=body.flag("parallel_tool_calls") is not False,
        json=is_json,
        schema=schema,
        max_tokens=limits[0] if limits else None,
        stop=body.texts("stop", most=4),
        effort=effort,
        choices=body.integer("n", 1, 128) or 1,
        stream=stream,
        stream_usage=bool(options and options.flag("include_usage")),
        logprobs=(body.integer("top_logprobs") or 0) if body.flag("logprobs") else None,
    )
