"""The shapes of OpenAI Chat Completions answers, whole and streamed, as they really come.

Wide on purpose: compatible servers leave members out, send null for them, or repeat them. What cannot be told from
the type, such as a count or a time, is `Any` and checked where it is used; unknown members are skipped.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct


class WireFunction(Struct):
    """Arguments are a string, or an object at some servers."""

    name: str | None = None
    arguments: Any = None
    input: str | None = None  # of a custom tool


class WireToolCall(Struct):
    """In a stream only the first fragment need have more than an index and arguments."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: WireFunction | None = None
    custom: WireFunction | None = None


class WirePart(Struct):
    """Content in parts: text, or the thoughts of Mistral's reasoning models, which are a list of texts."""

    type: str | None = None
    text: str | None = None
    thinking: Any = None


class WireMessage(Struct):
    """A message, or a streamed piece of one."""

    role: str | None = None
    content: str | list[WirePart] | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: list[WireToolCall] | None = None


class WireChoice(Struct):
    """Whole answers have a `message`, streamed ones a `delta`."""

    index: int | None = None
    message: WireMessage | None = None
    delta: WireMessage | None = None
    finish_reason: str | None = None
    logprobs: Raw = Raw(b"null")


class WireDetails(Struct):
    """Parts of the counts."""

    cached_tokens: Any = None
    cache_write_tokens: Any = None
    reasoning_tokens: Any = None


class WireUsage(Struct):
    """Counts, unchecked."""

    prompt_tokens: Any = None
    completion_tokens: Any = None
    cached_tokens: Any = None
    prompt_tokens_details: WireDetails | None = None
    completion_tokens_details: WireDetails | None = None


class WireGroq(Struct):
    """Groq's side channel, in which the usage and the failure of a stream may come."""

    usage: WireUsage | None = None
    error: Any = None


class WireAnswer(Struct):
    """A whole answer, or one event of a stream."""

    id: str | None = None
    created: Any = None
    model: str | None = None
    choices: list[WireChoice] | None = None
    usage: WireUsage | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    error: Any = None
    message: Any = None  # of a flat error
    x_groq: WireGroq | None = None


decode_answer = msgspec.json.Decoder(WireAnswer).decode
