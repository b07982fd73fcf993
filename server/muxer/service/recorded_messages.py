"""Messages as the decision log keeps them: in OpenAI's form, with their whole text and without attachments.

Of inline pictures, sounds and files only the kind and the size are kept, which is all that a decision reads of them;
what providers keep of their own in a message is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import structs

from muxer.service.openai_answer import tool_call
from muxer.service.openai_request import decode as decode_request
from muxer.types.chat import AudioPart, FilePart, ImagePart, Message, Part, RefusalPart, TextPart

OMITTED = "omitted="
"""Begins what stands in the place of an attachment's data; the number of its characters follows."""


def encode(messages: Iterable[Message]) -> bytes:
    """The messages as a JSON list."""
    return msgspec.json.encode([_message(message) for message in messages])


def decode(data: bytes) -> tuple[Message, ...]:
    """The messages in such a list; every decision on them is as on the original ones. Raises `MuxerError` or
    `ValueError` when it is none."""
    messages = decode_request(b'{"messages":' + data + b"}").chat.messages
    return tuple(_restored(message) for message in messages)


def _message(message: Message) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "role": message.role,
        "content": [_part(part) for part in message.parts] if message.parts else message.content,
        "name": message.name,
        "tool_calls": [tool_call(structs.replace(call, provider_state=b"")) for call in message.tool_calls],
        "tool_call_id": message.tool_call_id,
        "reasoning_content": message.reasoning,
        "refusal": message.refusal,
    }
    return {name: value for name, value in shaped.items() if value or name in ("role", "content")}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart():
            return {"type": "image_url", "image_url": {"url": _without_data(part.url)}}
        case AudioPart():
            data = f"{OMITTED}{len(part.data)}"
            return {"type": "input_audio", "input_audio": {"data": data, "format": part.format}}
        case FilePart():
            shown = {"file_id": part.file_id, "file_data": _without_data(part.file_data), "filename": part.filename}
            return {"type": "file", "file": {name: value for name, value in shown.items() if value}}
        case RefusalPart():
            return {"type": "refusal", "refusal": part.refusal}


def _without_data(url: str) -> str:
    """An address as it is; what is written out in full becomes its media type and its size."""
    if url.startswith(("https://", "http://")) or not url:
        return url
    kind = url.partition(",")[0] if url.startswith("data:") and "," in url[:256] else "data:"
    return f"{kind},{OMITTED}{len(url)}"


def _restored(message: Message) -> Message:
    """Gives sounds their length back: it tells how many tokens they are."""
    if not any(isinstance(part, AudioPart) for part in message.parts):
        return message
    return structs.replace(message, parts=tuple(_with_length(part) for part in message.parts))


def _with_length(part: Part) -> Part:
    if not isinstance(part, AudioPart) or not part.data.startswith(OMITTED):
        return part
    length = part.data.removeprefix(OMITTED)
    if not (length.isascii() and length.isdigit() and len(length) <= 9):
        raise ValueError("a sound has lost its length")
    return structs.replace(part, data="A" * int(length))
