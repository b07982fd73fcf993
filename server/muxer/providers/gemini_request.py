"""A chat request in the words of Gemini's `generateContent`: everything but the conversation itself."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

from muxer.ports import ProviderSpec
from muxer.providers.effort import fitting_effort
from muxer.providers.request_body import (
    Body,
    choice_mode,
    dropped_from_messages,
    given,
    named_tool,
    raw_object,
    unsupported,
)
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Tool

MAX_STOPS = 5

THINKING_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576}
"""Tokens of thinking for models that take a budget and no level; those of Google's OpenAI-compatible endpoint."""

_LEVELS = {"none": "MINIMAL", "max": "XHIGH"}
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "named": "ANY"}
_SERVICE_TIERS = {"default": "standard", "flex": "flex", "priority": "priority"}


class GeminiQuirks(Struct, frozen=True, forbid_unknown_fields=True):
    """`version`: of the API, as it stands in the path. `budget_models`: globs of the models that think by a budget of
    tokens; they know no levels, and want no signatures back."""

    version: str = "v1"
    budget_models: tuple[str, ...] = ()


def gemini_quirks(provider: ProviderSpec) -> GeminiQuirks:
    """The quirks of a row. Raises `msgspec.ValidationError` for one that is misspelt or mistyped."""
    return msgspec.convert(provider.quirks, GeminiQuirks)


def thinks_by_budget(provider: ProviderSpec, model: ModelSpec) -> bool:
    """Whether the model is of the older kind."""
    return any(fnmatchcase(model.name, glob) for glob in gemini_quirks(provider).budget_models)


def parameters(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> Body:
    """Every body field but `contents` and `systemInstruction`. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    body = Body(request, provider)
    body.refuse(logit_bias=request.logit_bias)
    if len(request.stop) > MAX_STOPS:
        raise unsupported(provider, "stop", f"more than {MAX_STOPS} stop sequences")
    body.drop(user=request.user, metadata=request.metadata, verbosity=request.verbosity)
    if request.parallel_tool_calls is False and request.tools:
        body.drop(parallel_tool_calls=False)
    if any(tool.strict is not None for tool in request.tools):
        body.dropped.append("tools.strict")
    if request.service_tier in _SERVICE_TIERS:
        body.put("serviceTier", _SERVICE_TIERS[request.service_tier])
    elif request.service_tier != "auto":
        body.drop(service_tier=request.service_tier)
    _put_tools(request, provider, body)
    body.put("generationConfig", _generation(request, provider, model, body))
    body.dropped.extend(dropped_from_messages(request, names=False, details=False))
    return body


def _put_tools(request: ChatRequest, provider: ProviderSpec, body: Body) -> None:
    if not request.tools:
        return
    body.put("tools", [{"functionDeclarations": [_tool(tool, i, provider) for i, tool in enumerate(request.tools)]}])
    choice = request.tool_choice
    if choice is None:
        return
    mode = choice_mode(choice)
    config: dict[str, Any] = {"mode": _MODES[mode]}
    if mode == "named":
        config["allowedFunctionNames"] = [named_tool(choice)]
    elif choice.mode == "allowed":
        # Names may be given with a forced call only, or else with one that is merely checked against its schema.
        config = {"mode": "ANY" if choice.required else "VALIDATED", "allowedFunctionNames": list(choice.names)}
    body.put("toolConfig", {"functionCallingConfig": config})


def _tool(tool: Tool, position: int, provider: ProviderSpec) -> dict[str, Any]:
    if tool.kind != "function":
        raise unsupported(provider, f"tools[{position}].type", "tools that are not functions")
    said: dict[str, Any] = {"name": tool.name}
    if tool.description:
        said["description"] = tool.description
    if tool.parameters:
        said["parametersJsonSchema"] = raw_object(tool.parameters, f"tools[{position}].parameters")
    return said


def _generation(request: ChatRequest, provider: ProviderSpec, model: ModelSpec, body: Body) -> dict[str, Any]:
    sampling: dict[str, Any] = {"temperature": request.temperature, "topP": request.top_p}
    if not model.capabilities.sampling_params:
        sampling = {}
        body.drop(temperature=request.temperature, top_p=request.top_p)
    logprobs: dict[str, Any] = {"responseLogprobs": True, "logprobs": request.top_logprobs}
    if not request.logprobs:
        logprobs = {}
        body.drop(top_logprobs=request.top_logprobs)
    thinking: dict[str, Any] = {}
    if effort := fitting_effort(request.reasoning_effort, model):
        thinking = _thinking(effort, by_budget=thinks_by_budget(provider, model))
    else:
        body.drop(reasoning_effort=request.reasoning_effort)
    return given(
        **sampling,
        **logprobs,
        **_response_form(request),
        thinkingConfig=thinking,
        maxOutputTokens=request.max_tokens,
        stopSequences=request.stop,
        seed=request.seed,
        presencePenalty=request.presence_penalty,
        frequencyPenalty=request.frequency_penalty,
        candidateCount=None if request.n == 1 else request.n,
    )


def _response_form(request: ChatRequest) -> dict[str, Any]:
    wanted = request.response_format
    if wanted is None or wanted.kind == "text":
        return {}
    form: dict[str, Any] = {"responseMimeType": "application/json"}
    if wanted.kind == "json_schema":
        form["responseJsonSchema"] = raw_object(wanted.schema, "response_format.schema")
    return form


def _thinking(effort: str, *, by_budget: bool) -> dict[str, Any]:
    config: dict[str, Any] = {} if effort == "none" else {"includeThoughts": True}
    if by_budget:
        return {**config, "thinkingBudget": THINKING_BUDGETS.get(effort, THINKING_BUDGETS["high"])}
    return {**config, "thinkingLevel": _LEVELS.get(effort, effort.upper())}
