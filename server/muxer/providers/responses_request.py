"""A chat request in the words of OpenAI Responses: everything but the conversation itself."""

from __future__ import annotations

from typing import Any

from muxer.ports import ProviderSpec
from muxer.providers.effort import fitting_effort
from muxer.providers.openai_quirks import openai_quirks
from muxer.providers.openai_request import takes_sampling
from muxer.providers.request_body import Body, choice_mode, dropped_from_messages, given, named_tool, raw_object
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Tool

_NO_ARGUMENTS = {"type": "object", "properties": {}}


def parameters(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> Body:
    """Every body field but the input. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    body = Body(request, provider)
    body.refuse(n=request.n is not None and request.n > 1, stop=request.stop, logit_bias=request.logit_bias)
    body.drop(seed=request.seed, presence_penalty=request.presence_penalty, frequency_penalty=request.frequency_penalty)
    include: list[str] = []
    if takes_sampling(request, model, openai_quirks(provider)):
        body.put("temperature", request.temperature)
        body.put("top_p", request.top_p)
        if request.logprobs:
            include.append("message.output_text.logprobs")
            body.put("top_logprobs", request.top_logprobs)
        else:
            body.drop(top_logprobs=request.top_logprobs)
    else:
        body.drop(temperature=request.temperature, top_p=request.top_p)
        body.refuse(logprobs=request.logprobs, top_logprobs=request.top_logprobs)
    body.put("max_output_tokens", request.max_tokens)
    body.put("metadata", request.metadata)
    body.put("user", request.user)
    body.put("service_tier", request.service_tier)
    effort = fitting_effort(request.reasoning_effort, model)
    if effort:
        body.put("reasoning", {"effort": effort})
    else:
        body.drop(reasoning_effort=request.reasoning_effort)
    if model.capabilities.reasoning:
        include.append("reasoning.encrypted_content")
    body.put("include", tuple(include))
    body.put("text", _text(request))
    _put_tools(request, body)
    body.dropped.extend(dropped_from_messages(request, names=False, details=True))
    return body


def _text(request: ChatRequest) -> dict[str, Any]:
    text: dict[str, Any] = {}
    wanted = request.response_format
    if wanted is not None and wanted.kind == "json_schema":
        text["format"] = given(
            type="json_schema",
            name=wanted.name,
            description=wanted.description,
            schema=raw_object(wanted.schema, "response_format.schema"),
            strict=wanted.strict,
        )
    elif wanted is not None and wanted.kind == "json_object":
        text["format"] = {"type": "json_object"}
    if request.verbosity:
        text["verbosity"] = request.verbosity
    return text


def _put_tools(request: ChatRequest, body: Body) -> None:
    if not request.tools:
        return
    body.put("tools", [_tool(tool, i) for i, tool in enumerate(request.tools)])
    body.put("tool_choice", _tool_choice(request))
    body.put("parallel_tool_calls", request.parallel_tool_calls)


def _tool(tool: Tool, position: int) -> dict[str, Any]:
    said: dict[str, Any] = {"type": tool.kind, "name": tool.name}
    if tool.description:
        said["description"] = tool.description
    if tool.kind == "function":
        field = f"tools[{position}].parameters"
        said["parameters"] = raw_object(tool.parameters, field) if tool.parameters else _NO_ARGUMENTS
        said["strict"] = bool(tool.strict)  # here the default is to be strict, in chat completions it is not
    return said


def _tool_choice(request: ChatRequest) -> Any:
    choice = request.tool_choice
    if choice is None:
        return None
    kinds = {tool.name: tool.kind for tool in request.tools}
    mode = choice_mode(choice)
    if choice.mode == "allowed":
        named = [{"type": kinds.get(name, "function"), "name": name} for name in choice.names]
        return {"type": "allowed_tools", "mode": mode, "tools": named}
    if mode == "named":
        name = named_tool(choice)
        return {"type": kinds.get(name, "function"), "name": name}
    return mode
