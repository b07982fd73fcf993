"""A chat request in the words of OpenAI Chat Completions, and of those who speak it with differences."""

from __future__ import annotations

from typing import Any

from muxer.ports import ProviderSpec
from muxer.providers.effort import fitting_effort
from muxer.providers.identifiers import alphanumeric_id
from muxer.providers.openai_quirks import OpenAIQuirks, openai_quirks
from muxer.providers.request_body import (
    Body,
    choice_mode,
    dropped_from_messages,
    offered_tools,
    raw_object,
    unsupported,
)
from muxer.types.catalog import ModelSpec
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    RefusalPart,
    TextPart,
    Tool,
    ToolCall,
)

_MEANINGFUL = frozenset(
    {"n", "logprobs", "top_logprobs", "logit_bias", "stop", "max_completion_tokens", "tools", "tool_choice"}
    | {"response_format"}
)
"""Fields that an answer would not be right without; the others are hints."""

_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_SAMPLING_MEANINGFUL = ("logprobs", "top_logprobs", "logit_bias")


def parameters(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> Body:
    """Every body field but the messages. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    quirks = openai_quirks(provider)
    body = Body(provider)
    for name, value in _wanted(request, provider, model, quirks, body).items():
        if quirks.fields is None or name in quirks.fields:
            body.put(quirks.renames.get(name, name), value)
        elif name in _MEANINGFUL:
            body.refuse(**{name: value})
        else:
            body.drop(**{name: value})
    kept = quirks.parts.get("image") == "image_url"
    body.dropped.extend(dropped_from_messages(request, names=quirks.message_names, details=kept))
    return body


def _wanted(
    request: ChatRequest, provider: ProviderSpec, model: ModelSpec, quirks: OpenAIQuirks, body: Body
) -> dict[str, Any]:
    """The fields by OpenAI's names, as OpenAI would be told of them for this model. Absent ones are None or empty."""
    temperature = request.temperature
    wanted: dict[str, Any] = {
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
        "reasoning_effort": fitting_effort(request.reasoning_effort, model) if request.reasoning_effort else "",
        "response_format": _response_format(request),
        **_logprobs(request, quirks),
        **_tools(request, provider, quirks),
    }
    if request.reasoning_effort and not wanted["reasoning_effort"]:
        body.drop(reasoning_effort=request.reasoning_effort)
    if request.n is not None and request.n > quirks.max_choices:
        body.refuse(n=request.n)
    if not quirks.stop_with_reasoning and model.capabilities.reasoning:
        body.refuse(stop=request.stop)
    unlocked = quirks.sampling_without_effort and wanted["reasoning_effort"] == "none"
    if not (model.capabilities.sampling_params or unlocked):
        body.drop(**{name: wanted.pop(name, None) for name in _SAMPLING})
        body.refuse(**{name: wanted.pop(name, None) for name in _SAMPLING_MEANINGFUL})
    return wanted


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
    """Tools, and how to choose among them: which may be said only when there are any."""
    if not request.tools:
        return {}
    choice = request.tool_choice
    kinds = {tool.name: tool.kind for tool in request.tools}
    wanted: Any = None
    offered = request.tools
    if choice is not None and choice.mode == "allowed" and quirks.allowed_tools:
        named = [_named(kinds.get(name, "function"), name) for name in choice.names]
        mode = choice_mode(choice)
        wanted = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": named}}
    elif choice is not None:
        offered = offered_tools(request)
        wanted = choice_mode(choice)
        if wanted == "named":
            wanted = _named(kinds.get(choice.names[0], "function"), choice.names[0])
    return {
        "tools": [_tool(tool, i, provider, quirks) for i, tool in enumerate(offered)],
        "tool_choice": wanted,
        "parallel_tool_calls": request.parallel_tool_calls,
    }


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, kind: {"name": name}}


def _tool(tool: Tool, position: int, provider: ProviderSpec, quirks: OpenAIQuirks) -> dict[str, Any]:
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


def messages(request: ChatRequest, provider: ProviderSpec) -> list[dict[str, Any]]:
    """The conversation. Raises `MuxerError` UNSUPPORTED_PARAMETER for content that the provider does not take."""
    quirks = openai_quirks(provider)
    return [_message(message, i, provider, quirks) for i, message in enumerate(request.messages)]


def _message(message: Message, position: int, provider: ProviderSpec, quirks: OpenAIQuirks) -> dict[str, Any]:
    role = "system" if message.role == "developer" and not quirks.developer_role else message.role
    said: dict[str, Any] = {"role": role}
    if message.parts:
        said["content"] = [
            _part(part, f"messages[{position}].parts[{i}]", provider, quirks) for i, part in enumerate(message.parts)
        ]
    elif message.content or not message.tool_calls:
        said["content"] = message.content
    if message.name and quirks.message_names:
        said["name"] = message.name
    if message.refusal:
        if "refusal" in quirks.parts:
            said["refusal"] = message.refusal
        elif not said.get("content"):
            said["content"] = message.refusal
    if message.tool_calls:
        said["tool_calls"] = [
            _tool_call(call, f"messages[{position}].tool_calls[{i}]", provider, quirks)
            for i, call in enumerate(message.tool_calls)
        ]
    if message.tool_call_id:
        said["tool_call_id"] = _tool_id(message.tool_call_id, quirks)
    return said


def _tool_id(text: str, quirks: OpenAIQuirks) -> str:
    length = quirks.alphanumeric_tool_ids
    return alphanumeric_id(text, length) if length else text


def _tool_call(call: ToolCall, field: str, provider: ProviderSpec, quirks: OpenAIQuirks) -> dict[str, Any]:
    said: dict[str, Any] = {"id": _tool_id(call.id, quirks), "type": call.kind}
    if call.kind == "function":
        said["function"] = {"name": call.name, "arguments": call.arguments}
    elif quirks.custom_tools:
        said["custom"] = {"name": call.name, "input": call.arguments}
    else:
        raise unsupported(provider, f"{field}.type", "calls of tools that are not functions")
    return said


def _part(part: Part, field: str, provider: ProviderSpec, quirks: OpenAIQuirks) -> dict[str, Any]:
    match part:
        case TextPart(text=text):
            return {"type": "text", "text": text}
        case RefusalPart(refusal=refusal) if "refusal" in quirks.parts:
            return {"type": "refusal", "refusal": refusal}
        case RefusalPart(refusal=refusal):
            return {"type": "text", "text": refusal}
        case ImagePart() if "image" in quirks.parts:
            return {"type": "image_url", "image_url": _given(url=part.url, detail=part.detail)}
        case AudioPart() if quirks.parts.get("audio") == "input_audio":
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
        case AudioPart() if quirks.parts.get("audio") == "audio_url":
            media_type = {"mp3": "mpeg"}.get(part.format, part.format)
            return {"type": "audio_url", "audio_url": {"url": f"data:audio/{media_type};base64,{part.data}"}}
        case FilePart() if quirks.parts.get("file") == "file":
            file = _given(file_id=part.file_id, file_data=part.file_data, filename=part.filename)
            return {"type": "file", "file": file}
        case FilePart() if quirks.parts.get("file") == "document_url":
            if part.file_id:
                return {"type": "file", "file_id": part.file_id}
            return {"type": "document_url", "document_url": part.file_data}
    raise unsupported(provider, field, "content of this kind")


def _given(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
