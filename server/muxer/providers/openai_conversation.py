"""A conversation as OpenAI Chat Completions wants it, and those who took its messages over."""

from __future__ import annotations

from typing import Any

from muxer.ports import ProviderSpec
from muxer.providers.identifiers import alphanumeric_id
from muxer.providers.openai_quirks import OpenAIQuirks
from muxer.providers.request_body import given, unsupported
from muxer.types.chat import AudioPart, ChatRequest, FilePart, ImagePart, Message, Part, RefusalPart, TextPart, ToolCall


def messages(request: ChatRequest, provider: ProviderSpec, quirks: OpenAIQuirks) -> list[dict[str, Any]]:
    """The conversation. Raises `MuxerError` UNSUPPORTED_PARAMETER for content that the provider does not take."""
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
            return {"type": "image_url", "image_url": given(url=part.url, detail=part.detail)}
        case AudioPart() if quirks.parts.get("audio") == "input_audio":
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
        case AudioPart() if quirks.parts.get("audio") == "audio_url":
            media_type = {"mp3": "mpeg"}.get(part.format, part.format)
            return {"type": "audio_url", "audio_url": {"url": f"data:audio/{media_type};base64,{part.data}"}}
        case FilePart() if quirks.parts.get("file") == "file":
            file = given(file_id=part.file_id, file_data=part.file_data, filename=part.filename)
            return {"type": "file", "file": file}
        case FilePart() if quirks.parts.get("file") == "document_url":
            if part.file_id:
                return {"type": "file", "file_id": part.file_id}
            return {"type": "document_url", "document_url": part.file_data}
    raise unsupported(provider, field, "content of this kind")
