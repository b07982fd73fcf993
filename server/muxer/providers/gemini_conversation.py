"""A conversation as Gemini wants it: a system instruction, then contents of parts, by `user` and `model`."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from muxer.errors import MuxerError, Reason
from muxer.ports import ProviderSpec
from muxer.providers.data_url import inline
from muxer.providers.gemini_request import thinks_by_budget
from muxer.providers.provider_state import unpack
from muxer.providers.request_body import raw_object, texts_of, unsupported
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
    ToolCall,
)

DIALECT = "gemini"

_NO_SIGNATURE = "skip_thought_signature_validator"
"""Google's documented stand-in for the signature of a call that another model made."""

_OPENING = "."
"""Stands in for the contents of a request that has system messages only, which the API refuses."""

Content = dict[str, Any]


class Signature(Struct):
    """What Gemini wants back with a part that it wrote."""

    signature: str


def conversation(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[list[str], list[Content]]:
    """The system texts, wherever they stood, and the contents. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    system: list[str] = []
    contents: list[Content] = []
    names = {call.id: call.name for message in request.messages for call in message.tool_calls}
    asked = max((i for i, message in enumerate(request.messages) if message.role == "user"), default=0)
    stand_in = model.capabilities.reasoning and not thinks_by_budget(provider, model)
    for position, message in enumerate(request.messages):
        if message.role in ("system", "developer"):
            system.append("\n".join(texts_of(message, position, provider)))
        elif message.role == "assistant":
            _append(contents, "model", _model_parts(message, position, provider, model, stand_in and position > asked))
        elif message.role == "tool":
            _append(contents, "user", [_function_response(message, position, provider, names)])
        else:
            _append(contents, "user", _parts(message, position, provider))
    return system, contents or [{"role": "user", "parts": [{"text": _OPENING}]}]


def _append(contents: list[Content], role: str, parts: list[dict[str, Any]]) -> None:
    if contents and contents[-1]["role"] == role:
        contents[-1]["parts"].extend(parts)
    elif parts:
        contents.append({"role": role, "parts": parts})


def _parts(message: Message, position: int, provider: ProviderSpec) -> list[dict[str, Any]]:
    if not message.parts:
        return [{"text": message.content}]
    return [_part(part, f"messages[{position}].parts[{i}]", provider) for i, part in enumerate(message.parts)]


def _part(part: Part, field: str, provider: ProviderSpec) -> dict[str, Any]:
    match part:
        case TextPart(text=text) | RefusalPart(refusal=text):
            return {"text": text}
        case ImagePart(url=url) | FilePart(file_data=url) if (content := inline(url)) is not None:
            return {"inlineData": {"mimeType": content.media_type, "data": content.data}}
        case AudioPart():
            return {"inlineData": {"mimeType": f"audio/{part.format}", "data": part.data}}
        case ImagePart(url=url) if url.startswith("https://"):
            media_type = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
            return {"fileData": {"fileUri": url, "mimeType": media_type}}
        case FilePart(file_id=file_id) if file_id:
            return {"fileData": {"fileUri": file_id}}
    raise unsupported(provider, field, "content of this kind")


def _model_parts(
    message: Message, position: int, provider: ProviderSpec, model: ModelSpec, stand_in: bool
) -> list[dict[str, Any]]:
    """Text, then calls, each with the signature it came with. In the turn that is under way the API insists on one
    with the first call."""
    parts = _parts(message, position, provider)
    if not message.parts and not message.content:
        parts = [{"text": message.refusal}] if message.refusal else []
    _sign(parts[-1:], message.provider_state, model)
    for i, call in enumerate(message.tool_calls):
        part = _function_call(call, f"messages[{position}].tool_calls[{i}]", provider)
        _sign([part], call.provider_state, model)
        if stand_in and i == 0:
            part.setdefault("thoughtSignature", _NO_SIGNATURE)
        parts.append(part)
    return parts


def _sign(parts: list[dict[str, Any]], state: bytes, model: ModelSpec) -> None:
    kept = unpack(state, DIALECT, model.name, Signature)
    for part in parts if kept else ():
        part["thoughtSignature"] = kept.signature if kept else ""


def _function_call(call: ToolCall, field: str, provider: ProviderSpec) -> dict[str, Any]:
    if call.kind != "function":
        raise unsupported(provider, f"{field}.type", "calls of tools that are not functions")
    return {"functionCall": {"id": call.id, "name": call.name, "args": _object(call.arguments, "arguments")}}


def _function_response(
    message: Message, position: int, provider: ProviderSpec, names: Mapping[str, str]
) -> dict[str, Any]:
    name = names.get(message.tool_call_id) or message.name
    if not name:
        field = f"messages[{position}].tool_call_id"
        raise MuxerError(Reason.INVALID_VALUE, f"`{field}` is not the id of a call in this conversation", field=field)
    text = "".join(texts_of(message, position, provider))
    return {"functionResponse": {"id": message.tool_call_id, "name": name, "response": _object(text, "result")}}


def _object(text: str, name: str) -> Raw | dict[str, str]:
    """The JSON object that the text is, or else one that holds the text under this name."""
    if name == "arguments" and not text.strip():
        return {}
    try:
        return raw_object(text, name)
    except MuxerError:
        return {name: text}


def signed(signature: str | None) -> Any:
    """The state to keep of a signature; None for none."""
    return msgspec.to_builtins(Signature(signature)) if signature else None
