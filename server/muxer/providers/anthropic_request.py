"""A chat request in the words of Anthropic Messages: everything but the conversation itself."""

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
    named_tool,
    offered_tools,
    raw_object,
    unsupported,
)
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Tool

DEFAULT_MAX_TOKENS = 16_384
"""The limit is required. Unless told otherwise we ask for this much, or for the model's maximum if that is less."""

THINKING_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 4096, "high": 16_384, "xhigh": 16_384, "max": 16_384}
"""Tokens of thinking for models that take a budget and no effort. 1,024 is the least that the API accepts."""

JSON_HINT = "Answer with a single JSON object and nothing else."
TOOL_HINT = "You must call a tool in this turn."

_SERVICE_TIERS = {"auto": "auto", "default": "standard_only"}
_NO_ARGUMENTS = {"type": "object", "properties": {}}


class AnthropicQuirks(Struct, frozen=True, forbid_unknown_fields=True):
    """`budget_models`: globs of the models that think by a budget of tokens. `version`: the API version to speak;
    `sampling_version`: the one that still takes sampling parameters."""

    budget_models: tuple[str, ...] = ()
    version: str = "2026-10-21"
    sampling_version: str = "2023-06-01"


def anthropic_quirks(provider: ProviderSpec) -> AnthropicQuirks:
    """The quirks of a row. Raises `msgspec.ValidationError` for one that is misspelt or mistyped."""
    return msgspec.convert(provider.quirks, AnthropicQuirks)


def api_version(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> str:
    """The newest version removed the sampling parameters, so a request that has them is sent under the older one."""
    quirks = anthropic_quirks(provider)
    return quirks.sampling_version if _sampling(request, model) else quirks.version


def parameters(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[Body, list[str]]:
    """Every body field but system and messages, and instructions that have to stand in for fields.

    Raises `MuxerError` UNSUPPORTED_PARAMETER.
    """
    body = Body(request, provider)
    body.refuse(
        n=request.n is not None and request.n > 1,
        logit_bias=request.logit_bias,
        logprobs=request.logprobs,
        top_logprobs=request.top_logprobs,
    )
    body.drop(
        seed=request.seed,
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        verbosity=request.verbosity,
        metadata=request.metadata,
    )
    body.put("max_tokens", _max_tokens(request, model))
    sampling = _sampling(request, model)
    body.fields.update(sampling)
    if not sampling:
        body.drop(temperature=request.temperature, top_p=request.top_p)
    body.put("stop_sequences", request.stop)
    if request.user:
        body.put("metadata", {"user_id": request.user})
    _put_service_tier(request, body)
    hints: list[str] = []
    _put_tools(request, provider, model, body, hints)
    _put_output(request, provider, model, body, hints)
    body.dropped.extend(dropped_from_messages(request, names=False, details=False))
    return body, hints


def _max_tokens(request: ChatRequest, model: ModelSpec) -> int:
    if request.max_tokens is not None:
        return request.max_tokens
    return min(model.max_output_tokens or DEFAULT_MAX_TOKENS, DEFAULT_MAX_TOKENS)


def _sampling(request: ChatRequest, model: ModelSpec) -> dict[str, float]:
    if not model.capabilities.sampling_params or _effort(request, model) not in ("", "none"):
        return {}  # a model that thinks takes none either
    sampling = {}
    if request.temperature is not None:
        sampling["temperature"] = min(request.temperature, 1.0)
    if request.top_p is not None:
        sampling["top_p"] = request.top_p
    return sampling


def _effort(request: ChatRequest, model: ModelSpec) -> str:
    """How much to think. A forced tool call rules thinking out, and is no hint, so it prevails."""
    effort = fitting_effort(request.reasoning_effort, model)
    forced = choice_mode(request.tool_choice) in ("required", "named") and model.capabilities.forced_tool_use
    return "" if forced and effort != "none" else effort


def _put_service_tier(request: ChatRequest, body: Body) -> None:
    if request.service_tier in _SERVICE_TIERS:
        body.put("service_tier", _SERVICE_TIERS[request.service_tier])
    elif request.service_tier == "fast":
        body.put("speed", "fast")
    else:
        body.drop(service_tier=request.service_tier)


def _put_tools(request: ChatRequest, provider: ProviderSpec, model: ModelSpec, body: Body, hints: list[str]) -> None:
    if not request.tools:
        return
    body.put("tools", [_tool(tool, i, provider) for i, tool in enumerate(offered_tools(request))])
    mode = choice_mode(request.tool_choice)
    choice: dict[str, Any] = {"type": {"required": "any", "named": "tool"}.get(mode, mode)}
    if request.tool_choice is not None and mode == "named":
        choice["name"] = named_tool(request.tool_choice)
    if mode in ("required", "named") and not model.capabilities.forced_tool_use:
        # Models that always think refuse a forced call: ask for it in words instead, and say so.
        hints.append(f"You must call the tool `{choice['name']}` in this turn." if mode == "named" else TOOL_HINT)
        body.dropped.append("tool_choice")
        choice = {"type": "auto"}
    if request.parallel_tool_calls is False and mode != "none":
        choice["disable_parallel_tool_use"] = True
    if request.tool_choice is not None or len(choice) > 1:
        body.put("tool_choice", choice)


def _tool(tool: Tool, position: int, provider: ProviderSpec) -> dict[str, Any]:
    if tool.kind != "function":
        raise unsupported(provider, f"tools[{position}].type", "tools that are not functions")
    schema: Any = _NO_ARGUMENTS
    if tool.parameters:
        schema = raw_object(tool.parameters, f"tools[{position}].parameters")
    said: dict[str, Any] = {"name": tool.name, "input_schema": schema}
    if tool.description:
        said["description"] = tool.description
    if tool.strict is not None:
        said["strict"] = tool.strict
    return said


def _put_output(request: ChatRequest, provider: ProviderSpec, model: ModelSpec, body: Body, hints: list[str]) -> None:
    """The form of the answer, and how much to think about it."""
    output: dict[str, Any] = {}
    wanted = request.response_format
    if wanted is not None and wanted.kind == "json_schema":
        schema = msgspec.json.decode(raw_object(wanted.schema, "response_format.schema"))
        output["format"] = {"type": "json_schema", "schema": _closed(schema)}
    elif wanted is not None and wanted.kind == "json_object":
        hints.append(JSON_HINT)
    effort = _effort(request, model)
    if not effort:
        body.drop(reasoning_effort=request.reasoning_effort)
    elif effort == "none":
        body.put("thinking", {"type": "disabled"})
    elif any(fnmatchcase(model.name, glob) for glob in anthropic_quirks(provider).budget_models):
        _put_budget(THINKING_BUDGETS.get(effort, THINKING_BUDGETS["medium"]), body)
    else:
        body.put("thinking", {"type": "adaptive"})
        output["effort"] = effort
    body.put("output_config", output)


def _closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` on every object that leaves it open: the API demands it, and an
    answer that fits the narrower schema fits the wider one."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def _put_budget(budget: int, body: Body) -> None:
    """The budget counts against `max_tokens` and must be smaller."""
    budget = min(budget, body.fields["max_tokens"] - 1)
    if budget < THINKING_BUDGETS["minimal"]:
        body.dropped.append("reasoning_effort")
        return
    body.put("thinking", {"type": "enabled", "budget_tokens": budget})
