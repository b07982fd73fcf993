"""A chat request in the words of OpenAI Chat Completions, and of those who speak it with differences."""

from __future__ import annotations

from typing import Any

from muxer.ports import ProviderSpec
from muxer.providers.effort import fitting_effort
from muxer.providers.openai_quirks import OpenAIQuirks, openai_quirks
from muxer.providers.request_body import (
    Body,
    choice_mode,
    dropped_from_messages,
    may_give_hints,
    named_tool,
    offered_tools,
    raw_object,
    unsupported,
)
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Tool, ToolChoice

_MEANINGFUL = frozenset(
    "n logprobs top_logprobs logit_bias stop max_completion_tokens tools tool_choice response_format".split()
)
"""Fields that an answer would not be right without; the others are hints."""

_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_SAMPLING_MEANINGFUL = ("logprobs", "top_logprobs", "logit_bias")


def parameters(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> Body:
    """Every body field but the messages. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    quirks = openai_quirks(provider)
    body = Body(request, provider)
    only_limit = {"max_completion_tokens": request.max_tokens}  # all that most requests have to say, if that
    wanted = _wanted(request, provider, model, quirks, body) if may_give_hints(request) else only_limit
    if not takes_sampling(request, model, quirks):
        body.drop(**{name: wanted.pop(name, None) for name in _SAMPLING})
        body.refuse(**{name: wanted.pop(name, None) for name in _SAMPLING_MEANINGFUL})
    for name, value in wanted.items():
        if quirks.fields is None or name in quirks.fields:
            body.put(quirks.renames.get(name, name), value)
        elif name in _MEANINGFUL:
            body.refuse(**{name: value})
        else:
            body.drop(**{name: value})
    kept = quirks.parts.get("image") == "image_url"
    body.dropped.extend(dropped_from_messages(request, names=quirks.message_names, details=kept))
    return body


def takes_sampling(request: ChatRequest, model: ModelSpec, quirks: OpenAIQuirks) -> bool:
    """Whether the model takes sampling parameters: some do so only while they are told not to reason."""
    if model.capabilities.sampling_params:
        return True
    return quirks.sampling_without_effort and fitting_effort(request.reasoning_effort, model) == "none"


def _wanted(
    request: ChatRequest, provider: ProviderSpec, model: ModelSpec, quirks: OpenAIQuirks, body: Body
) -> dict[str, Any]:
    """The fields by OpenAI's names, as OpenAI would be told of them for this model. Absent ones are None or empty."""
    effort = fitting_effort(request.reasoning_effort, model)
    if not effort:
        body.drop(reasoning_effort=request.reasoning_effort)
    if not request.logprobs:
        body.drop(top_logprobs=request.top_logprobs)
    if request.n is not None and request.n > quirks.max_choices:
        body.refuse(n=request.n)
    if not quirks.stop_with_reasoning and model.capabilities.reasoning:
        body.refuse(stop=request.stop)
    temperature = request.temperature
    return {
        "max_completion_tokens": request.max_tokens,
        "temperature": None if temperature is None else min(temperature, quirks.max_temperature),
        "top_p": request.top_p,
        "stop": request.stop,
        "seed": request.seed,
        "n": None if request.n == 1 else request.n,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "logit_bias": request.logit_bias,
        "verbosity": request.verbosity,
        "user": request.user,
        "metadata": request.metadata,
        "service_tier": _service_tier(request, quirks, body),
        "reasoning_effort": effort,
        "response_format": _response_format(request),
        **_logprobs(request, quirks),
        **_tools(request, provider, quirks),
    }


def _service_tier(request: ChatRequest, quirks: OpenAIQuirks, body: Body) -> str:
    if quirks.service_tiers is None:
        return request.service_tier
    tier = quirks.service_tiers.get(request.service_tier, "")
    if not tier:
        body.drop(service_tier=request.service_tier)
    return tier


def _logprobs(request: ChatRequest, quirks: OpenAIQuirks) -> dict[str, Any]:
    if not request.logprobs:
        return {}
    if quirks.logprobs_as_count:
        return {"logprobs": max(1, request.top_logprobs or 0)}
    return {"logprobs": True, "top_logprobs": request.top_logprobs}


def _response_format(request: ChatRequest) -> dict[str, Any] | None:
    wanted = request.response_format
    if wanted is None or wanted.kind == "text":
        return None
    if wanted.kind != "json_schema":
        return {"type": wanted.kind}
    schema: dict[str, Any] = {"name": wanted.name, "schema": raw_object(wanted.schema, "response_format.schema")}
    if wanted.description:
        schema["description"] = wanted.description
    if wanted.strict is not None:
        schema["strict"] = wanted.strict
    return {"type": "json_schema", "json_schema": schema}


def _tools(request: ChatRequest, provider: ProviderSpec, quirks: OpenAIQuirks) -> dict[str, Any]:
    if not request.tools:
        return {}
    native = quirks.allowed_tools  # else the choice is among fewer tools
    offered = request.tools if native else offered_tools(request)
    return {
        "tools": [function_tool(tool, i, provider, quirks) for i, tool in enumerate(offered)],
        "tool_choice": _tool_choice(request, request.tool_choice, native=native),
        "parallel_tool_calls": request.parallel_tool_calls,
    }


def _tool_choice(request: ChatRequest, choice: ToolChoice | None, *, native: bool) -> object:
    if choice is None:
        return None
    kinds = {tool.name: tool.kind for tool in request.tools}
    mode = choice_mode(choice)
    if choice.mode == "allowed" and native:
        named = [_named(kinds.get(name, "function"), name) for name in choice.names]
        return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": named}}
    if mode == "named":
        name = named_tool(choice)
        return _named(kinds.get(name, "function"), name)
    return mode


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, kind: {"name": name}}


def function_tool(tool: Tool, position: int, provider: ProviderSpec, quirks: OpenAIQuirks) -> dict[str, Any]:
    """One tool. Raises `MuxerError` for one that is no function where the provider knows no others."""
    if tool.kind != "function" and not quirks.custom_tools:
        raise unsupported(provider, f"tools[{position}].type", "tools that are not functions")
    said: dict[str, Any] = {"name": tool.name}
    if tool.description:
        said["description"] = tool.description
    if tool.parameters and tool.kind == "function":
        said["parameters"] = raw_object(tool.parameters, f"tools[{position}].parameters")
    if tool.strict is not None and tool.kind == "function":
        said["strict"] = tool.strict
    return {"type": tool.kind, tool.kind: said}
