"""Passes a request on as its caller wrote it, where the caller and the provider both speak OpenAI's chat completions.

What must change (the model, fields that the model refuses, our own `routing`) is changed; the long parts are copied as
bytes, and fields that we do not know survive. Not at providers that answer an unknown field with an error: those have a
list of what they accept.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer.providers.openai_quirks import OPENAI_PARTS, OpenAIQuirks
from muxer.types.chat import ChatRequest

AS_WRITTEN = ("messages", "tools", "tool_choice", "response_format", "metadata", "logit_bias", "stop")
"""Fields whose bytes go on unchanged; the others are short, or may have to be adapted to the model."""

READ_BY_US = frozenset(
    {
        *AS_WRITTEN,
        *("model", "routing", "stream", "stream_options", "max_tokens", "max_completion_tokens"),
        *("temperature", "top_p", "seed", "n", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty"),
        *("reasoning_effort", "verbosity", "user", "safety_identifier", "service_tier", "parallel_tool_calls"),
        *("functions", "function_call", "audio", "web_search_options", "modalities"),
    }
)
"""Every field that the OpenAI face reads, and so already has its place in the request; a test compares the two."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def takes_everything(quirks: OpenAIQuirks) -> bool:
    """Whether a provider takes requests, and gives answers, that need no translation."""
    return quirks.fields is None and quirks.parts == OPENAI_PARTS and not quirks.alphanumeric_tool_ids


def is_utf8(data: bytes) -> bool:
    """Whether these bytes may be passed on: what is skipped in parsing was not looked at."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def passed_through(fields: dict[str, Any], request: ChatRequest, quirks: OpenAIQuirks) -> dict[str, Any]:
    """The fields of a body, with the caller's own bytes where they need no change."""
    if not request.raw or not takes_everything(quirks):
        return fields
    written = _decode(request.raw)
    for name in AS_WRITTEN:
        if name in fields and name in written and (name != "messages" or _needs_no_change(request)):
            fields[name] = written[name]
    unknown = written.keys() - READ_BY_US
    for name in unknown if quirks.extras is None else unknown & quirks.extras:
        fields[name] = written[name]
    return fields


def _needs_no_change(request: ChatRequest) -> bool:
    """Whether the messages have nothing that is an extension of ours."""
    return not any(
        m.reasoning or m.provider_state or any(call.provider_state for call in m.tool_calls) for m in request.messages
    )
