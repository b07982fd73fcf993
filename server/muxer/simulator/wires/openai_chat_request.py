"""Reads requests of OpenAI's Chat Completions and its flavours, and refuses what the vendor refuses."""

from __future__ import annotations

import msgspec

from muxer.simulator.ask import Ask, Segment
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.traits import Traits
from muxer.simulator.wires.openai_chat_messages import last_question, last_results, read_messages
from muxer.simulator.wires.openai_chat_rules import Rules
from muxer.simulator.wires.openai_chat_tools import read_format, read_tool_choice, read_tools

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max", "default")
SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs")
"""What models that think refuse."""


def read_ask(body: Fields, model: str, traits: Traits, rules: Rules) -> Ask:
    """A checked request in neutral terms."""
    segments = read_messages(body, rules)
    tools = read_tools(body)
    tool_mode, tool_names = read_tool_choice(body, tools, rules)
    is_json, schema = read_format(body, rules)
    effort = _read_effort(body, traits, rules)
    _check_numbers(body, rules)
    stream, stream_usage = _read_stream(body)
    if any(segment.cache for segment in segments) and not traits.cache_breakpoints:
        raise body.wrong("messages", "'prompt_cache_breakpoint' is not supported with this model.", None)
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
        max_tokens=_read_limit(body, rules),
        stop=body.texts("stop", most=rules.most_stops, single=rules.single_stop),
        effort=effort,
        choices=body.integer("n", 1, rules.most_choices) or 1,
        stream=stream,
        stream_usage=stream_usage,
        logprobs=_read_logprobs(body, rules),
    )


def check_fields(body: Fields, rules: Rules) -> None:
    """Refuses fields that the vendor does not support, or does not know."""
    for key in rules.refused:
        if key in body:
            raise Problem("invalid", f"property '{key}' is unsupported", param=key)
    unknown = None if rules.fields is None else body.only(rules.fields)
    if unknown:
        raise body.wrong(unknown, f"Unknown parameter: '{unknown}'.", "unknown_parameter")


def unsupported(body: Fields, key: str, hint: str = "") -> Problem:
    """A refusal of a parameter that the model does not take."""
    message = f"Unsupported parameter: '{body.path(key)}' is not supported with this model.{hint}"
    return body.wrong(key, message, "unsupported_parameter")


def check_effort(body: Fields, key: str, asked: str, traits: Traits) -> str:
    """The effort that a model thinks with. Refuses one that it does not know, and what it refuses while it thinks."""
    if asked and traits.efforts and asked not in traits.efforts:
        known = ", ".join(f"'{effort}'" for effort in traits.efforts)
        message = f"Unsupported value: '{body.path(key)}' does not support '{asked}' with this model. "
        raise body.wrong(key, f"{message}Supported values are: {known}.", "unsupported_value")
    effort = asked or traits.default_effort
    if effort != "none" and not traits.sampling:
        for parameter in SAMPLING:
            if parameter in body:
                raise unsupported(body, parameter)
    return effort


def _read_effort(body: Fields, traits: Traits, rules: Rules) -> str:
    asked = body.text("reasoning_effort", choices=EFFORTS)
    if not traits.reasoning:
        if asked and not rules.effort_ignored:
            raise unsupported(body, "reasoning_effort")
        return ""
    if rules.legacy_limit and rules.legacy_limit in body:
        raise unsupported(body, rules.legacy_limit, " Use 'max_completion_tokens' instead.")
    effort = check_effort(body, "reasoning_effort", asked, traits)
    if effort != "none" and "tools" in body and not traits.tools_while_reasoning:
        message = "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. "
        raise body.wrong("reasoning_effort", message + "Use /v1/responses or set reasoning_effort to 'none'.", None)
    if "stop" in body and not traits.stop:
        raise unsupported(body, "stop")
    return effort


def _read_limit(body: Fields, rules: Rules) -> int | None:
    limits = [body.integer(key, 1) for key in rules.limits if key in body]
    if len(limits) > 1:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise body.wrong("max_tokens", message, "invalid_parameter_combination")
    return limits[0] if limits else None


def _read_stream(body: Fields) -> tuple[bool, bool]:
    stream = bool(body.flag("stream"))
    options = body.object("stream_options")
    if options and not stream:
        raise body.wrong("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    return stream, bool(options and options.flag("include_usage"))


def _read_logprobs(body: Fields, rules: Rules) -> int | None:
    if rules.counted_logprobs:
        return body.integer("logprobs", 0, 20)
    alternatives = body.integer("top_logprobs", 0, 20)
    if body.flag("logprobs"):
        return alternatives or 0
    if alternatives is not None:
        raise body.wrong("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is enabled.", None)
    return None


def _check_numbers(body: Fields, rules: Rules) -> None:
    body.number("temperature", 0, rules.highest_temperature)
    body.number("top_p", 0, 1)
    body.number("presence_penalty", -2, 2)
    body.number("frequency_penalty", -2, 2)
    body.integer("seed", -(2**63), 2**63 - 1)
    body.object("logit_bias")
