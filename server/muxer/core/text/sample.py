"""Decides what of a request's text is looked at: enough to judge it, never more than a fixed number of characters."""

from __future__ import annotations

from muxer.types.chat import Message, TextPart

TURN_CHARS = 4_000
"""Most characters of the last user turn that are looked at. Instructions stand at its beginning or its end."""

CONTEXT_CHARS = 1_000
"""Most characters of an earlier turn, or of the system prompt, that are looked at."""


def text_of(message: Message) -> str:
    """The text of a message, its text parts joined by line breaks."""
    if not message.parts:
        return message.content
    return "\n".join([part.text for part in message.parts if isinstance(part, TextPart)])


def cut(text: str, limit: int) -> str:
    """A text of at most about `limit` characters: itself, or its first five eighths and its end."""
    if len(text) <= limit:
        return text
    head = limit * 5 // 8
    return f"{text[:head]}\n{text[head - limit :]}"
