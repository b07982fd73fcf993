"""A conversation as OpenAI Responses wants it: a list of items, in which messages, calls and results stand alike."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from muxer.ports import ProviderSpec
from muxer.providers.provider_state import unpack
from muxer.providers.request_body import given, unsupported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, FilePart, ImagePart, Message, Part, RefusalPart, TextPart, ToolCall

DIALECT = "responses"

Item = dict[str, Any]


class KeptItem(Struct, omit_defaults=True):
    """One item of an assistant's turn, so that it can go back in its place: reasoning as it came, of the others only
    that they were there."""

    type: Literal["reasoning", "message", "call"]
    id: str = ""
    encrypted_content: str = ""

    @property
    def item(self) -> Item:
        """The reasoning to send."""
        return {"type": "reasoning", "id": self.id, "summary": [], "encrypted_content": self.encrypted_content}


def conversation(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> list[Item]:
    """The input. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    kinds = {call.id: call.kind for message in request.messages for call in message.tool_calls}
    items: list[Item] = []
    for position, message in enumerate(request.messages):
        if message.role == "assistant":
            items.extend(_assistant_items(message, position, provider, model))
        elif message.role == "tool":
            kind = "custom_tool_call" if kinds.get(message.tool_call_id) == "custom" else "function_call"
            output: Any = message.content
            if message.parts:
                output = _content(message, position, provider)
            items.append({"type": f"{kind}_output", "call_id": message.tool_call_id, "output": output})
        else:
            items.append({"type": "message", "role": message.role, "content": _content(message, position, provider)})
    return items


def _content(message: Message, position: int, provider: ProviderSpec) -> list[dict[str, Any]]:
    if not message.parts:
        return [{"type": "input_text", "text": message.content}]
    return [_part(part, f"messages[{position}].parts[{i}]", provider) for i, part in enumerate(message.parts)]


def _part(part: Part, field: str, provider: ProviderSpec) -> dict[str, Any]:
    match part:
        case TextPart(text=text):
            return {"type": "input_text", "text": text}
        case ImagePart():
            return given(type="input_image", image_url=part.url, detail=part.detail)
        case FilePart():
            return given(type="input_file", file_id=part.file_id, file_data=part.file_data, filename=part.filename)
    raise unsupported(provider, field, "content of this kind")


def _assistant_items(message: Message, position: int, provider: ProviderSpec, model: ModelSpec) -> list[Item]:
    """Message, then calls, with the reasoning of this model in its old places among them."""
    content = _said(message, position, provider)
    messages: list[Item] = [{"type": "message", "role": "assistant", "content": content}] if content else []
    calls = [_call(call) for call in message.tool_calls]
    items: list[Item] = []
    for kept in unpack(message.provider_state, DIALECT, model.name, list[KeptItem]) or ():
        if kept.type == "reasoning":
            items.append(kept.item)
        elif kept.type == "message":
            items.extend(messages)
            messages = []
        else:
            items.extend(calls[:1])
            calls = calls[1:]
    return [*items, *messages, *calls]


def _said(message: Message, position: int, provider: ProviderSpec) -> list[dict[str, Any]]:
    parts: tuple[Part, ...] = message.parts
    if not parts:
        parts = (TextPart(message.content),) if message.content else ()
        parts += (RefusalPart(message.refusal),) if message.refusal else ()
    content = []
    for i, part in enumerate(parts):
        match part:
            case TextPart(text=text):
                content.append({"type": "output_text", "text": text})
            case RefusalPart(refusal=refusal):
                content.append({"type": "refusal", "refusal": refusal})
            case _:
                raise unsupported(provider, f"messages[{position}].parts[{i}]", "content of this kind")
    return content


def _call(call: ToolCall) -> Item:
    if call.kind == "custom":
        return {"type": "custom_tool_call", "call_id": call.id, "name": call.name, "input": call.arguments}
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
