"""Answers of OpenAI Responses: the shapes, whole answers, and the parts that streams share with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec
from muxer.providers.error_body import report_of, unwrapped
from muxer.providers.failures import ODD_ANSWER, SERVER, classify, failed
from muxer.providers.openai_answer import time_of
from muxer.providers.provider_state import pack
from muxer.providers.responses_conversation import DIALECT, KeptItem
from muxer.providers.usage import reported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse, Choice, Message, ToolCall, Usage

_INCOMPLETE: Mapping[str, str] = {"max_output_tokens": "length", "content_filter": "content_filter"}

CALLS = ("function_call", "custom_tool_call")


class WireContent(Struct):
    """A piece of a message or of reasoning."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    logprobs: list[Any] | None = None


class WireItem(Struct):
    """Any item of the output; unknown kinds have none of these members."""

    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    input: str | None = None
    content: list[WireContent] | None = None
    summary: list[WireContent] | None = None
    encrypted_content: str | None = None


class _InputDetails(Struct):
    cached_tokens: Any = None
    cache_write_tokens: Any = None


class _OutputDetails(Struct):
    reasoning_tokens: Any = None


class WireUsage(Struct):
    """Counts, unchecked."""

    input_tokens: Any = None
    output_tokens: Any = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class WireIncomplete(Struct):
    """Why an answer is not whole."""

    reason: str | None = None


class WireResponse(Struct):
    """A whole answer; within a stream, its beginning and its end."""

    id: str | None = None
    created_at: Any = None
    status: str | None = None
    model: str | None = None
    output: list[WireItem] | None = None
    usage: WireUsage | None = None
    error: Any = None
    incomplete_details: WireIncomplete | None = None
    service_tier: str | None = None


_decode = msgspec.json.Decoder(WireResponse).decode


def whole_answer(body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
    """The answer in a body. Raises `ProviderFailed`, or `msgspec.DecodeError` for what is none."""
    answer = _decode(body)
    if answer.error:
        raise reported_failure(answer.error, provider, model)
    if answer.output is None:
        raise failed(ODD_ANSWER, provider, model, detail="it has no output")
    pieces = [piece for item in answer.output if item.type == "message" for piece in item.content or ()]
    calls = tuple(tool_call(item, i) for i, item in enumerate(i for i in answer.output if i.type in CALLS))
    finish, native = finish_of(answer, provider, model, has_tool_calls=bool(calls))
    message = Message(
        role="assistant",
        content="".join(piece.text or "" for piece in pieces if piece.type == "output_text"),
        tool_calls=calls,
        reasoning="".join(reasoning_of(item) for item in answer.output),
        refusal="".join(piece.refusal or "" for piece in pieces),
        provider_state=state_of(answer.output, model),
    )
    logprobs = logprobs_of(entry for piece in pieces for entry in piece.logprobs or ())
    return ChatResponse(
        id=answer.id or "",
        created=time_of(answer.created_at),
        model=answer.model or model.name,
        choices=(Choice(0, message, finish, native, logprobs),),
        usage=usage_of(answer.usage),
        service_tier=answer.service_tier or "",
    )


def tool_call(item: WireItem, at: int) -> ToolCall:
    """One call of the output."""
    kind = "custom" if item.type == "custom_tool_call" else "function"
    return ToolCall(item.call_id or f"call_{at}", item.name or "", item.arguments or item.input or "", kind)


def reasoning_of(item: WireItem) -> str:
    """The reasoning that an item shows: its summary, or else its text."""
    if item.type != "reasoning":
        return ""
    return "".join(piece.text or "" for piece in item.summary or item.content or ())


def finish_of(
    answer: WireResponse, provider: ProviderSpec, model: ModelSpec, *, has_tool_calls: bool
) -> tuple[str, str]:
    """Finish reason and the provider's word for it. Raises `ProviderFailed` for an answer that is not finished."""
    native = (answer.incomplete_details.reason if answer.incomplete_details is not None else None) or ""
    if answer.status == "incomplete" or native:
        return _INCOMPLETE.get(native, "stop"), native
    if answer.status != "completed":
        raise failed(SERVER, provider, model, detail=f"its status is `{(answer.status or 'missing')[:40]}`")
    return ("tool_calls" if has_tool_calls else "stop"), "completed"


def usage_of(wire: WireUsage | None) -> Usage | None:
    """The usage; None when there is none, or the counts cannot be right."""
    if wire is None:
        return None
    read = wire.input_tokens_details or _InputDetails()
    written = wire.output_tokens_details or _OutputDetails()
    return reported(
        wire.input_tokens,
        wire.output_tokens,
        cached=read.cached_tokens,
        cache_write=read.cache_write_tokens,
        reasoning=written.reasoning_tokens,
    )


def state_of(items: Iterable[WireItem], model: ModelSpec) -> bytes:
    """The state of a turn; empty if it has no encrypted reasoning, since then there is nothing to put back."""
    kept = []
    for item in items:
        if item.type == "reasoning" and item.encrypted_content:
            kept.append(KeptItem("reasoning", item.id or "", item.encrypted_content))
        elif item.type == "message":
            kept.append(KeptItem("message"))
        elif item.type in CALLS:
            kept.append(KeptItem("call"))
    return pack(DIALECT, model.name, kept) if any(item.type == "reasoning" for item in kept) else b""


def logprobs_of(entries: Iterable[Any]) -> str:
    """Log probabilities in the shape of chat completions."""
    content = list(entries)
    return msgspec.json.encode({"content": content, "refusal": None}).decode() if content else ""


def reported_failure(error: object, provider: ProviderSpec, model: ModelSpec) -> ProviderFailed:
    """The error for a failure that a 200 reports."""
    report = report_of(unwrapped({"error": error}))
    return failed(classify(None, report), provider, model, report=report)
