"""Reads prompts as people record them: plain text, or messages as in a chat-completion call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from muxer.core import tokens
from muxer.core.features import Features, extract
from muxer.types.chat import ChatRequest, ImagePart, Message, Part, TextPart


class ImageUrl(Struct, frozen=True):
    """The address of a picture."""

    url: str = ""


class RecordedPart(Struct, frozen=True):
    """One part of a message. Kinds other than text and pictures are passed over: prediction reads neither."""

    type: str = "text"
    text: str | None = None
    image_url: ImageUrl | str | None = None


class RecordedMessage(Struct, frozen=True):
    """One message, in OpenAI's form."""

    role: str
    content: str | list[RecordedPart] | None = None


class Conversation(Struct, frozen=True):
    """What was asked: `prompt`, or `messages`, which wins where both are given. No messages at all are an empty
    prompt: nothing was asked, and that can be answered, too."""

    prompt: str | None = None
    messages: list[RecordedMessage] | None = None

    def request(self) -> ChatRequest:
        """The same as a request. Raises `ValueError` when neither is given."""
        if self.messages:
            return ChatRequest(tuple(_message(message) for message in self.messages))
        if self.prompt is None and self.messages is None:
            raise ValueError("neither `prompt` nor `messages` is given")
        return ChatRequest((Message("user", self.prompt or ""),))


Line = TypeVar("Line")


def decode(line: bytes, decoder: msgspec.json.Decoder[Line]) -> Line:
    """One JSON line. Raises `ValueError` when it is not one of the decoder's kind.

    Half a surrogate pair, which text cut by UTF-16 units ends in, is legal JSON but no character: it is read as it is.
    """
    try:
        return decoder.decode(line)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        try:
            document = json.loads(line)
        except ValueError:
            raise error from None
        return msgspec.convert(document, decoder.type)


def encode(line: Struct) -> bytes:
    """The same as one JSON line. Halves of surrogate pairs are written as they were read."""
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(line), separators=(",", ":")).encode()


def read(conversation: Conversation) -> Features:
    """The features of what was asked."""
    return extract(conversation.request(), tokens.count)


def _message(message: RecordedMessage) -> Message:
    if message.content is None or isinstance(message.content, str):
        return Message(message.role, message.content or "")
    return Message(message.role, parts=_parts(message.content))


def _parts(recorded: Sequence[RecordedPart]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for part in recorded:
        if part.type == "text":
            parts.append(TextPart(part.text or ""))
        elif part.type == "image_url":
            address = part.image_url.url if isinstance(part.image_url, ImageUrl) else part.image_url
            parts.append(ImagePart(address or ""))
    return tuple(parts)
