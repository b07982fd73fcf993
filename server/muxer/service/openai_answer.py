"""Whole answers in OpenAI's form: `ChatResponse` to JSON bytes."""

from __future__ import annotations

from typing import Any

import msgspec

from muxer.types.chat import ChatResponse, Choice, Message, ToolCall, Usage

_ENCODER = msgspec.json.Encoder()

_SERVICE_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
"""Those that OpenAI's clients know; other providers have words of their own."""


def encode(response: ChatResponse, answer_id: str, usage: Usage, metadata: dict[str, Any]) -> bytes:
    """The body of a `chat.completion`, with `router_metadata` beside OpenAI's own fields.

    A provider's own body goes out as it is, but for that: fields that we do not know survive.
    """
    if response.raw:
        return response.raw.rstrip()[:-1] + b',"router_metadata":' + _ENCODER.encode(metadata) + b"}"
    return _ENCODER.encode(
        {
            "id": answer_id,
            "object": "chat.completion",
            "created": response.created,
            "model": response.model,
            "choices": [_choice(c) for c in response.choices],
            "usage": usage_object(usage),
            "service_tier": response.service_tier if response.service_tier in _SERVICE_TIERS else None,
            "system_fingerprint": response.system_fingerprint or None,
            "router_metadata": metadata,
        }
    )


def usage_object(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage object, with all the details that we know."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "audio_tokens": 0,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _choice(choice: Choice) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "index": choice.index,
        "message": _message(choice.message),
        "logprobs": msgspec.Raw(choice.logprobs.encode()) if choice.logprobs else None,
        "finish_reason": choice.finish_reason,
    }
    if choice.native_finish_reason and choice.native_finish_reason != choice.finish_reason:
        shaped["native_finish_reason"] = choice.native_finish_reason
    return shaped


def _message(message: Message) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "role": "assistant",
        # OpenAI sends null, not an empty text, beside tool calls and refusals.
        "content": message.content or (None if message.tool_calls or message.refusal else ""),
        "refusal": message.refusal or None,
        "annotations": [],
    }
    if message.tool_calls:
        shaped["tool_calls"] = [tool_call(c) for c in message.tool_calls]
    if message.reasoning:
        shaped["reasoning_content"] = message.reasoning
    if message.provider_state:
        shaped["provider_state"] = message.provider_state
    return shaped


def tool_call(call: ToolCall) -> dict[str, Any]:
    """One tool call of a whole message."""
    body = {"name": call.name, ("input" if call.kind == "custom" else "arguments"): call.arguments}
    shaped: dict[str, Any] = {"id": call.id, "type": call.kind, call.kind: body}
    if call.provider_state:
        shaped["provider_state"] = call.provider_state
    return shaped
