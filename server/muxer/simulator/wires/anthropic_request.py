"""Reads requests of Anthropic's Messages, and refuses what Anthropic refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Ask, Segment, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.schema import loose_object
from muxer.simulator.traits import Traits

_KEYS = """
    model max_tokens messages system stop_sequences stream thinking output_config tools tool_choice metadata
    service_tier speed cache_control container diagnostics inference_geo context_management
"""
BODY_KEYS = frozenset(_KEYS.split())
SAMPLING = ("temperature", "top_p", "top_k")
WITHOUT_SAMPLING = "2026-10-21"
"""From this version on the sampling parameters are unknown, whatever the model."""
VERSIONS = ("2023-06-01", WITHOUT_SAMPLING)
_USER_BLOCKS = ("text", "image", "document", "tool_result")
_ASSISTANT_BLOCKS = ("text", "thinking", "redacted_thinking", "tool_use", "document")
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
_MOST_BREAKPOINTS = 4
_LEAST_BUDGET = 1_024


def read_ask(body: Fields, model: str, traits: Traits, version: str, *, counting: bool) -> Ask:
    """A checked request in neutral terms. One that only counts tokens needs no `max_tokens`."""
    _check_keys(body, traits, version)
    max_tokens = body.integer("max_tokens") if counting else _max_tokens(body, model, traits)
    tools = _read_tools(body)
    thinks, shown = _read_thinking(body, traits, max_tokens)
    mode, names, parallel = _read_tool_choice(body, tools, traits, forcible=thinks != "enabled")
    effort, schema = _read_output_config(body)
    messages = _merged(_read_messages(body, traits, version))
    segments = (*_tool_segments(body), *_system_segments(body), *(segment for turn in messages for segment in turn[1]))
    if sum(bool(segment.cache) for segment in segments) > _MOST_BREAKPOINTS:
        message = f"A maximum of {_MOST_BREAKPOINTS} blocks with cache_control may be provided."
        raise Problem("invalid", message)
    if "cache_control" in body:
        segments = (*segments[:-1], msgspec.structs.replace(segments[-1], cache=_lifetime(body)))
    return Ask(
        model=model,
        segments=segments,
        question=_question(body),
        results=_results(body),
        tools=tools,
        tool_mode=mode,
        tool_names=names,
        parallel=parallel,
        json=schema is not None,
        schema=schema,
        max_tokens=max_tokens,
        stop=_stop_sequences(body),
        effort={"disabled": "", "between_tools": "low"}.get(thinks, effort or "medium") if thinks else "",
        show_reasoning=shown,
        stream=bool(body.flag("stream")),
    )


def _extra(body: Fields, key: str) -> Problem:
    return body.wrong(key, "Extra inputs are not permitted")


def _check_keys(body: Fields, traits: Traits, version: str) -> None:
    allowed = BODY_KEYS if version == WITHOUT_SAMPLING else BODY_KEYS.union(SAMPLING)
    unknown = body.only(allowed)
    if unknown:
        raise _extra(body, unknown)
    body.number("temperature", 0, 1)
    body.number("top_p", 0, 1)
    body.integer("top_k")
    for key, default in (("temperature", 1), ("top_p", 1), ("top_k", None)):
        if key in body and not traits.sampling and body.get(key) != default:
            raise body.wrong(key, f"`{key}` may only be set to its default value on this model.")


def _max_tokens(body: Fields, model: str, traits: Traits) -> int:
    body.require("max_tokens")
    value = body.integer("max_tokens") or 0
    if traits.max_output_tokens and value > traits.max_output_tokens:
        most = traits.max_output_tokens
        message = f"{value} > {most}, which is the maximum allowed number of output tokens for {model}"
        raise body.wrong("max_tokens", message)
    return value


def _stop_sequences(body: Fields) -> tuple[str, ...]:
    stops = body.texts("stop_sequences", most=8_191, single=False)
    if any(not stop.strip() for stop in stops):
        raise body.wrong("stop_sequences", "each stop sequence must contain non-whitespace")
    return stops


def _read_thinking(body: Fields, traits: Traits, max_tokens: int | None) -> tuple[str, bool]:
    """The type of thinking (empty for none), and whether its text is shown."""
    thinking = body.object("thinking")
    if thinking is None:
        return ("adaptive" if traits.always_thinks else ""), False
    kind = thinking.text("type", choices=("adaptive", "enabled", "disabled", "between_tools"))
    if traits.thinking and kind not in traits.thinking:
        raise thinking.wrong("type", f"thinking type '{kind}' is not supported on this model.")
    if kind == "enabled":
        thinking.require("budget_tokens")
        budget = thinking.integer("budget_tokens", _LEAST_BUDGET) or 0
        if max_tokens is not None and budget >= max_tokens:
            raise body.wrong("max_tokens", "`max_tokens` must be greater than `thinking.budget_tokens`.")
    display = thinking.text("display", choices=("summarized", "omitted"))
    return kind, kind != "disabled" and (display == "summarized" or (kind == "enabled" and not display))


def _read_output_config(body: Fields) -> tuple[str, Any]:
    config = body.object("output_config")
    if config is None:
        return "", None
    effort = config.text("effort", choices=("low", "medium", "high", "xhigh", "max"))
    wanted = config.object("format")
    if wanted is None:
        return effort, None
    wanted.text("type", choices=("json_schema",))
    wanted.require("schema")
    schema = Fields(wanted.get("schema"), wanted.path("schema")).value
    loose = loose_object(schema)
    if loose and "additionalProperties" not in str(schema):
        raise wanted.wrong(
            "schema", f"For 'object' type, 'additionalProperties' must be explicitly set to false ({loose})"
        )
    return effort, schema


def _read_tools(body: Fields) -> tuple[ToolSpec, ...]:
    tools = []
    for tool in body.objects("tools"):
        tool.require("name")
        if not _TOOL_NAME.match(tool.text("name")):
            raise tool.wrong("name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
        tool.require("input_schema")
        schema = Fields(tool.get("input_schema"), tool.path("input_schema"))
        if schema.get("type") != "object":
            raise schema.wrong("type", "Input should be 'object'")
        tools.append(ToolSpec(tool.text("name"), schema.value))
    if len({tool.name for tool in tools}) < len(tools):
        raise body.wrong("tools", "Tool names must be unique.")
    return tuple(tools)


def _read_tool_choice(
    body: Fields, tools: Sequence[ToolSpec], traits: Traits, *, forcible: bool
) -> tuple[str, tuple[str, ...], bool]:
    choice = body.object("tool_choice")
    if choice is None:
        return "auto", (), True
    if not tools:
        raise body.wrong("tool_choice", "tool_choice may only be specified while providing tools.")
    kind = choice.text("type", choices=("auto", "any", "tool", "none"))
    parallel = not choice.flag("disable_parallel_tool_use")
    if kind in ("auto", "none"):
        return kind, (), parallel
    if not traits.forced_tools:
        raise choice.wrong("type", f"tool_choice type '{kind}' is not supported on this model.")
    if not forcible:
        raise choice.wrong("type", "Thinking may not be enabled when tool_choice forces tool use.")
    if kind == "any":
        return "required", (), parallel
    choice.require("name")
    name = choice.text("name")
    if name not in {tool.name for tool in tools}:
        raise choice.wrong("name", f"Tool '{name}' not found in provided tools")
    return "required", (name,), parallel


def _lifetime(block: Fields) -> str:
    control = block.object("cache_control")
    if control is None:
        return ""
    control.text("type", choices=("ephemeral",))
    return control.text("ttl", choices=("5m", "1h")) or "5m"


def _tool_segments(body: Fields) -> Iterator[Segment]:
    for tool in body.objects("tools"):
        yield Segment(msgspec.json.encode(tool.value).decode(), cache=_lifetime(tool))


def _system_segments(body: Fields) -> Iterator[Segment]:
    if isinstance(body.get("system"), str):
        yield Segment(body.get("system"))
        return
    for block in body.objects("system"):
        block.text("type", choices=("text",))
        block.require("text")
        yield Segment(block.text("text"), cache=_lifetime(block))


_Turn = tuple[str, list[Segment]]


def _read_messages(body: Fields, traits: Traits, version: str) -> Iterator[_Turn]:
    if not isinstance(body.require("messages"), list):
        raise body.wrong_type("messages", "an array of objects")
    if not body.get("messages"):
        raise body.wrong("messages", "at least one message is required")
    before, open_calls = "", set[str]()
    for message in body.objects("messages"):
        message.require("role")
        role = message.text("role", choices=("user", "assistant", "system"))
        if role == "system" and not traits.mid_system:
            raise message.wrong("role", "role 'system' is not supported on this model")
        if role == "system" and before != "user":
            raise message.wrong("role", "a 'system' message must directly follow a user turn")
        if not before and role != "user":
            raise message.wrong("role", "the first message must use the 'user' role")
        blocks = list(_blocks(message))
        if open_calls or role == "user":
            _check_results(message, blocks, open_calls)
        open_calls = {block.get("id") for block in blocks if block.get("type") == "tool_use"}
        yield role, [Segment(f"{role}\n", neutral.MESSAGE_TOKENS), *_segments(blocks, role, version)]
        before = role
    if open_calls:
        _check_results(body, [], open_calls)
    if before == "assistant" and not traits.prefill:
        message_text = (
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
        raise Problem("invalid", message_text)


def _blocks(message: Fields) -> Iterator[Fields]:
    content = message.require("content")
    if isinstance(content, str):
        yield Fields({"type": "text", "text": content}, message.path("content"))
    else:
        yield from message.objects("content")


def _check_results(where: Fields, blocks: list[Fields], open_calls: set[str]) -> None:
    results = [block.get("tool_use_id") for block in blocks if block.get("type") == "tool_result"]
    stray = next((one for one in results if one not in open_calls), None)
    if stray is not None:
        message = (
            f"unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each `tool_result` block must have a "
        )
        raise where.wrong("content", message + "corresponding `tool_use` block in the previous message.")
    missing = sorted(open_calls.difference(results))
    late = any(block.get("type") != "tool_result" for block in blocks[: len(results)])
    if missing or late:
        message = f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}"
        raise where.wrong("content", message)


def _segments(blocks: list[Fields], role: str, version: str) -> Iterator[Segment]:
    kinds = {"user": _USER_BLOCKS, "assistant": _ASSISTANT_BLOCKS, "system": ("text",)}[role]
    for block in blocks:
        kind = block.text("type", choices=kinds)
        text, flat = _read_block(block, kind)
        if kind == "document" and role == "assistant" and version == WITHOUT_SAMPLING:
            raise block.wrong("type", "document blocks are not permitted in assistant messages")
        if kind == "text" and role == "user" and block.get("citations") and version == WITHOUT_SAMPLING:
            raise _extra(block, "citations")
        yield Segment(text, flat, _lifetime(block))


def _read_block(block: Fields, kind: str) -> tuple[str, int]:
    match kind:
        case "text":
            if not block.text("text"):
                raise block.wrong("text", "text content blocks must be non-empty")
            return block.text("text"), 0
        case "image" | "document":
            block.require("source")
            return _read_source(Fields(block.get("source"), block.path("source")), kind)
        case "tool_use":
            for key in ("id", "name", "input"):
                block.require(key)
            if not _TOOL_ID.match(block.text("id")):
                raise block.wrong("id", "String should match pattern '^[a-zA-Z0-9_-]+$'")
            arguments = Fields(block.get("input"), block.path("input"))
            return block.text("name") + msgspec.json.encode(arguments.value).decode(), 0
        case "tool_result":
            block.require("tool_use_id")
            inner = list(_blocks(block)) if "content" in block else []
            read = [_read_block(one, one.text("type", choices=("text", "image", "document"))) for one in inner]
            return "\n".join(text for text, _ in read), sum(flat for _, flat in read)
        case "thinking":
            block.require("signature")
            return block.text("thinking"), 0
        case _:
            block.require("data")
            return "", 0


def _read_source(source: Fields, kind: str) -> tuple[str, int]:
    flat = neutral.IMAGE_TOKENS if kind == "image" else neutral.FILE_TOKENS
    form = source.text("type", choices=("base64", "url", "file", "text", "content"))
    if form == "base64":
        source.require("data")
        source.text("media_type", choices=_IMAGE_TYPES if kind == "image" else ("application/pdf",))
    elif form == "url":
        source.require("url")
        if not source.text("url").startswith(("https://", "http://")):
            raise source.wrong("url", "Only HTTP and HTTPS URLs are supported.")
    elif form == "text":
        return source.text("data"), 0
    return "", flat


def _merged(turns: Iterator[_Turn]) -> list[_Turn]:
    """Turns with those of the same role put together, as the API does."""
    merged: list[_Turn] = []
    for role, segments in turns:
        if merged and merged[-1][0] == role:
            merged[-1][1].extend(segments[1:])
        else:
            merged.append((role, segments))
    return merged


def _texts(content: object) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(block["text"] for block in blocks if block.get("type") == "text")


def _question(body: Fields) -> str:
    for message in reversed(body.get("messages")):
        if message["role"] == "user":
            text = _texts(message["content"])
            if text:
                return text
    return ""


def _results(body: Fields) -> tuple[str, ...]:
    last = body.get("messages")[-1]["content"]
    blocks = last if isinstance(last, list) else []
    return tuple(_texts(block.get("content")) for block in blocks if block.get("type") == "tool_result")
