"""Answers of Cohere's chat, version 2: the shapes, whole answers, and the parts that streams share with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from muxer.ports import ProviderSpec
from muxer.providers.failures import ODD_ANSWER, SERVER, failed
from muxer.providers.finish import FAILED, finish_reason
from muxer.providers.usage import reported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse, Choice, Message, ToolCall, Usage

FINISH: Mapping[str, str] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": FAILED,
    "TIMEOUT": FAILED,
}


class WireContent(Struct):
    """A piece of content: text or thinking."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class WireFunction(Struct):
    """Name and arguments of a call; a piece of either in a stream."""

    name: str | None = None
    arguments: str | None = None


class WireToolCall(Struct):
    """A call."""

    id: str | None = None
    function: WireFunction | None = None


class WireLogprob(Struct):
    """Log probabilities of a piece of text."""

    text: str | None = None
    logprobs: list[float] | None = None


class WireUnits(Struct):
    """Counts, unchecked: they come as floats."""

    input_tokens: Any = None
    output_tokens: Any = None


class WireUsage(Struct):
    """What is billed. The plain token counts also hold Cohere's own template, so they are not used."""

    billed_units: WireUnits | None = None
    cached_tokens: Any = None


class _WireMessage(Struct):
    content: list[WireContent] | None = None
    tool_calls: list[WireToolCall] | None = None
    tool_plan: str | None = None


class _WireAnswer(Struct):
    id: str | None = None
    finish_reason: str | None = None
    message: _WireMessage | str | None = None  # a text in the body of an error
    usage: WireUsage | None = None
    logprobs: list[WireLogprob] | None = None


_decode = msgspec.json.Decoder(_WireAnswer).decode


def whole_answer(body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
    """The answer in a body. Raises `ProviderFailed`, or `msgspec.DecodeError` for what is none."""
    answer = _decode(body)
    wire = answer.message
    if not isinstance(wire, _WireMessage):
        raise failed(ODD_ANSWER, provider, model, detail="it has no message")
    content = wire.content or ()
    message = Message(
        role="assistant",
        content="".join(piece.text or "" for piece in content),
        tool_calls=tuple(_tool_call(call, i) for i, call in enumerate(wire.tool_calls or ())),
        reasoning=(wire.tool_plan or "") + "".join(piece.thinking or "" for piece in content),
    )
    native = answer.finish_reason or ""
    finish = finish_of(native, provider, model, has_text=bool(message.content), has_tool_calls=bool(message.tool_calls))
    choice = Choice(0, message, finish, native, logprobs_of(answer.logprobs or ()))
    return ChatResponse(answer.id or "", 0, model.name, (choice,), usage_of(answer.usage))


def _tool_call(call: WireToolCall, at: int) -> ToolCall:
    function = call.function or WireFunction()
    return ToolCall(call.id or f"call_{at}", function.name or "", function.arguments or "")


def finish_of(native: str, provider: ProviderSpec, model: ModelSpec, *, has_text: bool, has_tool_calls: bool) -> str:
    """The finish reason. Raises `ProviderFailed` for one that means a failure."""
    finish = finish_reason(native, FINISH, has_text=has_text, has_tool_calls=has_tool_calls)
    if finish == FAILED:
        raise failed(SERVER, provider, model, detail=f"it stopped for `{native[:40]}`")
    return finish


def usage_of(wire: WireUsage | None) -> Usage | None:
    """The usage; None when there is none, or the counts cannot be right."""
    if wire is None or wire.billed_units is None:
        return None
    return reported(wire.billed_units.input_tokens, wire.billed_units.output_tokens, cached=wire.cached_tokens)


def logprobs_of(pieces: Iterable[WireLogprob]) -> str:
    """Log probabilities in OpenAI's shape. Cohere tells no alternatives."""
    content: list[dict[str, Any]] = [
        {"token": piece.text or "", "logprob": sum(piece.logprobs or ()), "bytes": None, "top_logprobs": []}
        for piece in pieces
    ]
    return msgspec.json.encode({"content": content}).decode() if content else ""
