"""Answers of Anthropic Messages: the shapes, whole answers, and the parts that whole and streamed answers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from muxer.ports import ProviderSpec
from muxer.providers.anthropic_conversation import DIALECT, KeptBlock
from muxer.providers.error_body import report_of, unwrapped
from muxer.providers.failures import ODD_ANSWER, classify, failed
from muxer.providers.finish import FAILED, finish_reason
from muxer.providers.provider_state import pack
from muxer.providers.usage import added, reported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse, Choice, Message, ToolCall, Usage

FINISH: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",  # only with tools that run at Anthropic, which are never asked for
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class WireBlock(Struct):
    """Any block of content; unknown kinds have none of these members."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw = Raw(b"{}")


class WireOutputDetails(Struct):
    """Part of the output count."""

    thinking_tokens: Any = None


class WireUsage(Struct):
    """Counts, unchecked. The three input counts are disjoint."""

    input_tokens: Any = None
    cache_read_input_tokens: Any = None
    cache_creation_input_tokens: Any = None
    output_tokens: Any = None
    output_tokens_details: WireOutputDetails | None = None


class WireStopDetails(Struct):
    """Why the model refused."""

    explanation: str | None = None


class WireMessage(Struct):
    """A whole answer, or the head of a streamed one."""

    type: str = ""
    id: str | None = None
    model: str | None = None
    content: list[WireBlock] | None = None
    stop_reason: str | None = None
    stop_details: WireStopDetails | None = None
    usage: WireUsage | None = None
    service_tier: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(WireMessage).decode


def whole_answer(body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
    """The answer in a body. Raises `ProviderFailed`, or `msgspec.DecodeError` for what is none."""
    answer = _decode(body)
    if answer.error:
        report = report_of(unwrapped({"error": answer.error}))
        raise failed(classify(None, report), provider, model, report=report)
    if answer.content is None:
        raise failed(ODD_ANSWER, provider, model, detail="it has no content")
    text = "".join(block.text or "" for block in answer.content if block.type == "text")
    calls = tuple(
        ToolCall(block.id or "", block.name or "", bytes(block.input).decode())
        for block in answer.content
        if block.type == "tool_use"
    )
    native = answer.stop_reason or ""
    finish = finish_reason(native, FINISH, has_text=bool(text), has_tool_calls=bool(calls))
    if finish == FAILED:
        raise failed(ODD_ANSWER, provider, model, detail=f"it stopped for `{native[:40]}`")
    message = Message(
        role="assistant",
        content=text,
        tool_calls=calls,
        reasoning="".join(block.thinking or "" for block in answer.content if block.type == "thinking"),
        refusal=explanation_of(answer.stop_details),
        provider_state=state_of([kept_block(block) for block in answer.content], model),
    )
    return ChatResponse(
        id=answer.id or "",
        created=0,
        model=answer.model or model.name,
        choices=(Choice(0, message, finish, native),),
        usage=usage_of(answer.usage) if answer.usage is not None else None,
    )


def explanation_of(details: WireStopDetails | None) -> str:
    """What the model says of its refusal."""
    return (details.explanation or "") if details is not None else ""


def usage_of(wire: WireUsage) -> Usage | None:
    """The usage; None when the counts cannot be right."""
    details = wire.output_tokens_details or WireOutputDetails()
    return reported(
        added(wire.input_tokens, wire.cache_read_input_tokens, wire.cache_creation_input_tokens),
        wire.output_tokens,
        cached=wire.cache_read_input_tokens,
        cache_write=wire.cache_creation_input_tokens,
        reasoning=details.thinking_tokens,
    )


def kept_block(block: WireBlock) -> KeptBlock | None:
    """What to keep of a block for the next request."""
    match block.type:
        case "thinking":
            return KeptBlock("thinking", thinking=block.thinking or "", signature=block.signature or "")
        case "redacted_thinking":
            return KeptBlock("redacted_thinking", data=block.data or "")
        case "text":
            return KeptBlock("text", length=len(block.text or ""))
        case "tool_use":
            return KeptBlock("tool_use")
    return None


def state_of(blocks: Sequence[KeptBlock | None], model: ModelSpec) -> bytes:
    """The state of a turn; empty if it has no thinking, since then there is nothing to put back."""
    kept = [block for block in blocks if block is not None]
    if not any(block.type in ("thinking", "redacted_thinking") for block in kept):
        return b""
    return pack(DIALECT, model.name, kept)
