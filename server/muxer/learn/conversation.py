"""Reads prompts as people record them: plain text, or messages as in a chat-completion call."""

from __future__ import annotations

from collections.abc import Sequence

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
    text: str = ""
    image_url: ImageUrl = ImageUrl()


class RecordedMessage(Struct, frozen=True):
    """One message, in OpenAI's form."""

    role: str
    content: str | list[RecordedPart] | None = None


class Conversation(Struct, frozen=True):
    """What was asked: `prompt`, or `messages`, which wins where both are given."""

    prompt: str | None = None
    messages: list[RecordedMessage] | None = None

    def request(self) -> ChatRequest:
        """The same as a request. Raises `ValueError` when nothing is asked."""
        if self.messages:
            return ChatRequest(tuple(_message(message) for message in self.messages))
        if self.prompt is None:
            raise ValueError("neither `prompt` nor `messages` is given")
        return ChatRequest((Message("user", self.prompt),))


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
            parts.append(TextPart(part.text))
        elif part.type == "image_url":
            parts.append(ImagePart(part.image_url.url))
    return tuple(parts)
