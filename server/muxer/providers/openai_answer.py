"""Whole answers of OpenAI Chat Completions, and the parts that whole and streamed answers share."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from muxer.ports import ProviderSpec
from muxer.providers.error_body import error_object, report_of
from muxer.providers.failures import ODD_ANSWER, classify, failed
from muxer.providers.finish import FAILED, finish_reason
from muxer.providers.openai_wire import (
    WireAnswer,
    WireChoice,
    WireDetails,
    WireFunction,
    WireMessage,
    WireToolCall,
    WireUsage,
    decode_answer,
)
from muxer.providers.usage import reported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse, Choice, Message, ToolCall, Usage

FINISH: Mapping[str, str] = {
    "stop": "stop",
    "eos": "stop",  # Together
    "length": "length",
    "model_length": "length",  # Mistral
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": FAILED,  # Mistral
}
"""The words of all who speak the format: a gateway may pass on those of the provider behind it."""


def whole_answer(body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
    """The answer in a body. Raises `ProviderFailed`, or `msgspec.DecodeError` for what is none."""
    answer = decode_answer(body)
    raise_reported(answer, body, provider, model)
    if not answer.choices:
        raise failed(ODD_ANSWER, provider, model, detail="it has no choices")
    return ChatResponse(
        id=answer.id or "",
        created=time_of(answer.created),
        model=answer.model or model.name,
        choices=tuple(_choice(choice, at, provider, model) for at, choice in enumerate(answer.choices)),
        usage=usage_of(answer.usage) if answer.usage is not None else None,
        system_fingerprint=answer.system_fingerprint or "",
        service_tier=answer.service_tier or "",
    )


def _choice(choice: WireChoice, at: int, provider: ProviderSpec, model: ModelSpec) -> Choice:
    wire = choice.message or WireMessage()
    text, refusal = text_of(wire), wire.refusal or ""
    calls = tuple(_tool_call(call, i) for i, call in enumerate(wire.tool_calls or ()))
    native = choice.finish_reason or ""
    finish = finish_reason(native, FINISH, has_text=bool(text or refusal), has_tool_calls=bool(calls))
    if finish == FAILED:
        raise failed(ODD_ANSWER, provider, model, detail=f"it stopped for `{native[:40]}`")
    return Choice(
        index=at if choice.index is None else choice.index,
        message=Message(
            role="assistant", content=text, tool_calls=calls, reasoning=reasoning_of(wire), refusal=refusal
        ),
        finish_reason=finish,
        native_finish_reason=native,
        logprobs=logprobs_of(choice.logprobs),
    )


def _tool_call(call: WireToolCall, at: int) -> ToolCall:
    function = call.function or call.custom
    name = (function.name if function else None) or ""
    return ToolCall(call.id or f"call_{at}", name, arguments_of(function), kind_of(call))


def raise_reported(answer: WireAnswer, body: bytes, provider: ProviderSpec, model: ModelSpec) -> None:
    """Raises `ProviderFailed` if a 200 reports a failure after all."""
    if answer.error:
        report = report_of(error_object(body))
    elif answer.x_groq is not None and answer.x_groq.error:
        report = report_of({"message": answer.x_groq.error})
    elif answer.message and answer.choices is None:
        report = report_of({"message": answer.message})
    else:
        return
    raise failed(classify(None, report), provider, model, report=report)


def usage_of(wire: WireUsage) -> Usage | None:
    """The usage; None when the counts cannot be right."""
    prompt = wire.prompt_tokens_details or WireDetails()
    completion = wire.completion_tokens_details or WireDetails()
    return reported(
        wire.prompt_tokens,
        wire.completion_tokens,
        cached=prompt.cached_tokens if prompt.cached_tokens is not None else wire.cached_tokens,
        cache_write=prompt.cache_write_tokens,
        reasoning=completion.reasoning_tokens,
    )


def text_of(wire: WireMessage) -> str:
    """The content, joined if it comes in parts."""
    if isinstance(wire.content, list):
        return "".join(part.text or "" for part in wire.content if part.type != "thinking")
    return wire.content or ""


def reasoning_of(wire: WireMessage) -> str:
    """The reasoning, under whichever name it comes."""
    for value in (wire.reasoning_content, wire.reasoning):
        if isinstance(value, str) and value:
            return value
    if isinstance(wire.content, list):
        return "".join(_thought(part.thinking) for part in wire.content if part.type == "thinking")
    return ""


def _thought(thinking: object) -> str:
    if isinstance(thinking, str):
        return thinking
    if not isinstance(thinking, list):
        return ""
    texts = [piece.get("text") for piece in thinking if isinstance(piece, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def arguments_of(function: WireFunction | None) -> str:
    """The arguments as text, also where a server sends an object."""
    if function is None:
        return ""
    arguments = function.input if function.arguments is None else function.arguments
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else msgspec.json.encode(arguments).decode()


def kind_of(call: WireToolCall) -> str:
    """`function` or `custom`."""
    return "custom" if call.type == "custom" or call.custom is not None else "function"


def logprobs_of(raw: msgspec.Raw) -> str:
    """The provider's JSON, or empty."""
    data = bytes(raw)
    return "" if data == b"null" else data.decode()


def time_of(created: object) -> int:
    """Seconds since 1970; 0 when the provider did not say."""
    return int(created) if isinstance(created, int | float) and 0 <= created < 2**53 else 0
