"""A chat request in the words of Cohere's chat, version 2. Its messages and tools are OpenAI's."""

from __future__ import annotations

from typing import Any

from muxer.ports import ProviderSpec
from muxer.providers.effort import fitting_effort
from muxer.providers.openai_quirks import OpenAIQuirks
from muxer.providers.openai_request import function_tool
from muxer.providers.request_body import (
    Body,
    choice_mode,
    dropped_from_messages,
    named_tool,
    offered_tools,
    raw_object,
)
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Tool

MESSAGES = OpenAIQuirks(
    parts={"text": "text", "image": "image_url"}, developer_role=False, message_names=False, custom_tools=False
)
"""In what its messages and tools differ from OpenAI's."""

THINKING_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 4096, "high": 16_384, "xhigh": 16_384, "max": 16_384}
"""Tokens of thinking; the same as for Anthropic's models, since Cohere recommends none."""


def parameters(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> Body:
    """Every body field but the messages. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    body = Body(request, provider)
    body.refuse(n=request.n is not None and request.n > 1, logit_bias=request.logit_bias)
    body.drop(
        user=request.user,
        metadata=request.metadata,
        verbosity=request.verbosity,
        service_tier=request.service_tier,
        top_logprobs=request.top_logprobs,
    )
    if request.parallel_tool_calls is False and request.tools:
        body.drop(parallel_tool_calls=False)
    body.put("max_tokens", request.max_tokens)
    _put_sampling(request, model, body)
    body.put("stop_sequences", request.stop)
    body.put("seed", request.seed)
    body.put("logprobs", request.logprobs or None)
    _put_tools(request, provider, body)
    body.put("response_format", _response_format(request))
    effort = fitting_effort(request.reasoning_effort, model)
    if effort == "none":
        body.put("thinking", {"type": "disabled"})
    elif effort:
        budget = THINKING_BUDGETS.get(effort, THINKING_BUDGETS["medium"])
        body.put("thinking", {"type": "enabled", "token_budget": budget})
    else:
        body.drop(reasoning_effort=request.reasoning_effort)
    body.dropped.extend(dropped_from_messages(request, names=False, details=True))
    return body


def _put_sampling(request: ChatRequest, model: ModelSpec, body: Body) -> None:
    """Cohere's ranges are narrower: temperature and penalties 0 to 1, `p` 0.01 to 0.99."""
    penalties = {"presence_penalty": request.presence_penalty, "frequency_penalty": request.frequency_penalty}
    if not model.capabilities.sampling_params:
        body.drop(temperature=request.temperature, top_p=request.top_p, **penalties)
        return
    body.put("temperature", _within(request.temperature, 0.0, 1.0))
    body.put("p", _within(request.top_p, 0.01, 0.99))
    for name, penalty in penalties.items():
        if penalty is not None and penalty < 0:
            body.drop(**{name: penalty})
        else:
            body.put(name, _within(penalty, 0.0, 1.0))


def _within(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(max(value, low), high)


def _put_tools(request: ChatRequest, provider: ProviderSpec, body: Body) -> None:
    if not request.tools:
        return
    mode = choice_mode(request.tool_choice)
    offered: tuple[Tool, ...] = offered_tools(request)
    if request.tool_choice is not None and mode == "named":  # said by offering no other tool
        name = named_tool(request.tool_choice)
        offered = tuple(tool for tool in offered if tool.name == name)
    tools = [function_tool(tool, i, provider, MESSAGES) for i, tool in enumerate(offered)]
    for tool in tools:
        tool["function"].pop("strict", None)
    body.put("tools", tools)
    if any(tool.strict for tool in offered):
        body.put("strict_tools", True)
    if mode != "auto":
        body.put("tool_choice", "NONE" if mode == "none" else "REQUIRED")


def _response_format(request: ChatRequest) -> dict[str, Any] | None:
    wanted = request.response_format
    if wanted is None or wanted.kind == "text":
        return None
    if wanted.kind == "json_schema":
        return {"type": "json_object", "json_schema": raw_object(wanted.schema, "response_format.schema")}
    return {"type": "json_object"}
