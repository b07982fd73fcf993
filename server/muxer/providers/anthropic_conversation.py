"""A conversation as Anthropic Messages wants it: a system prompt, then turns of blocks, user and assistant in turn."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from muxer.errors import MuxerError
from muxer.ports import ProviderSpec
from muxer.providers.data_url import inline
from muxer.providers.identifiers import word_id
from muxer.providers.provider_state import unpack
from muxer.providers.request_body import raw_object, texts_of, unsupported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import (
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    RefusalPart,
    TextPart,
    ToolCall,
)

DIALECT = "anthropic"

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_OPENING = "."
"""Stands in for the user's turn where a conversation begins with the assistant's, which the API refuses."""

Turn = dict[str, Any]


class KeptBlock(Struct, omit_defaults=True):
    """One block of an assistant's turn as it came, so that it can go back in its place: signed thinking word for
    word, of a text only its length, of a tool call only that it was there."""

    type: Literal["thinking", "redacted_thinking", "text", "tool_use"]
    thinking: str = ""
    signature: str = ""
    data: str = ""
    length: int = 0

    @property
    def block(self) -> dict[str, Any]:
        """The thinking block to send."""
        if self.type == "redacted_thinking":
            return {"type": self.type, "data": self.data}
        return {"type": self.type, "thinking": self.thinking, "signature": self.signature}


def conversation(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[list[str], list[Turn]]:
    """The leading system texts, and the turns. Raises `MuxerError` UNSUPPORTED_PARAMETER."""
    system: list[str] = []
    turns: list[Turn] = []
    for position, message in enumerate(request.messages):
        if message.role in ("system", "developer"):
            text = "\n".join(texts_of(message, position, provider))
            if not turns:
                system.append(text)
            else:
                _append(turns, _role_of_system(request, position, turns, model), [_text(text)])
        elif message.role == "assistant":
            _append(turns, "assistant", _assistant_blocks(message, position, provider, model))
        elif message.role == "tool":
            _append(turns, "user", [_tool_result(message, position, provider)])
        else:
            _append(turns, "user", _blocks(message, position, provider))
    if not turns or turns[0]["role"] != "user":
        turns.insert(0, {"role": "user", "content": [_text(_OPENING)]})
    if turns[-1]["role"] == "assistant" and not model.capabilities.assistant_prefill:
        raise unsupported(provider, f"messages[{len(request.messages) - 1}]", "an assistant's message at the end")
    for turn in turns:
        turn["content"].sort(key=lambda block: block["type"] != "tool_result")  # results first, else as they stood
    return system, turns


def _append(turns: list[Turn], role: str, blocks: list[dict[str, Any]]) -> None:
    """Adds to the last turn if it has the same role. The API takes neither empty texts nor empty turns."""
    blocks = [block for block in blocks if block.get("text") != ""]
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"].extend(blocks)
    elif blocks:
        turns.append({"role": role, "content": blocks})


def _role_of_system(request: ChatRequest, position: int, turns: list[Turn], model: ModelSpec) -> str:
    """A later system message keeps its role where the model takes that, which is right after a user's turn that has
    come to its end. Elsewhere the user says it."""
    following = request.messages[position + 1].role if position + 1 < len(request.messages) else ""
    fits = turns[-1]["role"] in ("user", "system") and following != "tool"
    return "system" if model.capabilities.mid_conversation_system and fits else "user"


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _blocks(message: Message, position: int, provider: ProviderSpec) -> list[dict[str, Any]]:
    if not message.parts:
        return [_text(message.content)]
    return [_block(part, f"messages[{position}].parts[{i}]", provider) for i, part in enumerate(message.parts)]


def _block(part: Part, field: str, provider: ProviderSpec) -> dict[str, Any]:
    match part:
        case TextPart(text=text) | RefusalPart(refusal=text):
            return _text(text)
        case ImagePart(url=url):
            content = inline(url)
            if content is None and url.startswith("https://"):
                return {"type": "image", "source": {"type": "url", "url": url}}
            if content is not None and content.media_type in _IMAGES:
                source = {"type": "base64", "media_type": content.media_type, "data": content.data}
                return {"type": "image", "source": source}
        case FilePart(file_data=data) if (content := inline(data)) is not None:
            if content.media_type == "application/pdf":
                return _document({"type": "base64", "media_type": content.media_type, "data": content.data}, part)
            if content.media_type.startswith("text/"):
                return _document({"type": "text", "media_type": "text/plain", "data": content.text()}, part)
    raise unsupported(provider, field, "content of this kind")


def _document(source: dict[str, str], part: FilePart) -> dict[str, Any]:
    document: dict[str, Any] = {"type": "document", "source": source}
    if part.filename:
        document["title"] = part.filename
    return document


def _tool_result(message: Message, position: int, provider: ProviderSpec) -> dict[str, Any]:
    content: Any = _blocks(message, position, provider) if message.parts else message.content
    return {"type": "tool_result", "tool_use_id": word_id(message.tool_call_id), "content": content}


def _assistant_blocks(
    message: Message, position: int, provider: ProviderSpec, model: ModelSpec
) -> list[dict[str, Any]]:
    """Text and calls, with the signed thinking of this model in its old places among them."""
    text = "".join(texts_of(message, position, provider)) or message.refusal
    calls = [
        _tool_use(call, f"messages[{position}].tool_calls[{i}]", provider) for i, call in enumerate(message.tool_calls)
    ]
    kept = unpack(message.provider_state, DIALECT, model.name, list[KeptBlock]) or []
    if sum(block.length for block in kept) != len(text):  # the caller has edited the text: its places are lost
        kept = [block for block in kept if block.type in ("thinking", "redacted_thinking")]
    blocks: list[dict[str, Any]] = []
    for block in kept:
        if block.type == "text":
            blocks.append(_text(text[: block.length]))
            text = text[block.length :]
        elif block.type == "tool_use":
            blocks.extend(calls[:1])
            calls = calls[1:]
        else:
            blocks.append(block.block)
    return [*blocks, _text(text), *calls]


def _tool_use(call: ToolCall, field: str, provider: ProviderSpec) -> dict[str, Any]:
    if call.kind != "function":
        raise unsupported(provider, f"{field}.type", "calls of tools that are not functions")
    return {"type": "tool_use", "id": word_id(call.id), "name": call.name, "input": _input(call.arguments, field)}


def _input(arguments: str, field: str) -> msgspec.Raw | dict[str, str]:
    """The arguments as an object. What a model wrote may be none; then the object holds the text, so that the
    conversation can go on."""
    if not arguments.strip():
        return {}
    try:
        return raw_object(arguments, field)
    except MuxerError:
        return {"arguments": arguments}
