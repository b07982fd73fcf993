"""Reads requests of Anthropic's Messages, and refuses what Anthropic refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from muxer.simulator.ask import Ask, Segment, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.schema_check import loose_object
from muxer.simulator.traits import Traits
from muxer.simulator.wires.anthropic_messages import (
    STRICT_VERSION,
    cache_lifetime,
    extra_input,
    last_question,
    last_results,
    read_messages,
)

_KEYS = """
    model max_tokens messages system stop_sequences stream thinking output_config tools tool_choice metadata
    service_tier speed cache_control container diagnostics inference_geo context_management
"""
_FIELDS = frozenset(_KEYS.split())
_SAMPLING = ("temperature", "top_p", "top_k")
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
    segments = (*_tool_segments(body), *_system_segments(body), *read_messages(body, traits, version))
    if sum(bool(segment.cache) for segment in segments) > _MOST_BREAKPOINTS:
        message = f"A maximum of {_MOST_BREAKPOINTS} blocks with cache_control may be provided."
        raise Problem("invalid", message)
    if "cache_control" in body:
        segments = (*segments[:-1], msgspec.structs.replace(segments[-1], cache=cache_lifetime(body)))
    return Ask(
        model=model,
        segments=segments,
        question=last_question(body),
        results=last_results(body),
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


def _check_keys(body: Fields, traits: Traits, version: str) -> None:
    allowed = _FIELDS if version == STRICT_VERSION else _FIELDS.union(_SAMPLING)
    unknown = body.only(allowed)
    if unknown:
        raise extra_input(body, unknown)
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
    kind = thinking.one_of("type", ("adaptive", "enabled", "disabled", "between_tools"))
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
    wanted.one_of("type", ("json_schema",))
    wanted.require("schema")
    schema = wanted.schema("schema") or {}
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
        if Fields(tool.get("input_schema"), tool.path("input_schema")).get("type") != "object":
            raise Problem("invalid", "Input should be 'object'", param=f"{tool.path('input_schema')}.type")
        tools.append(ToolSpec(tool.text("name"), tool.schema("input_schema") or {}))
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
    kind = choice.one_of("type", ("auto", "any", "tool", "none"))
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


def _tool_segments(body: Fields) -> Iterator[Segment]:
    for tool in body.objects("tools"):
        yield Segment(msgspec.json.encode(tool.value).decode(), cache=cache_lifetime(tool))


def _system_segments(body: Fields) -> Iterator[Segment]:
    if isinstance(body.get("system"), str):
        yield Segment(body.get("system"))
        return
    for block in body.objects("system"):
        block.one_of("type", ("text",))
        block.require("text")
        yield Segment(block.text("text"), cache=cache_lifetime(block))
