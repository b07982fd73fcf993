"""Streamed answers in OpenAI's form: `ChatChunk`s to server-sent events.

The chunk that ends a choice is held back until the next one or the end, since the last data chunk of a stream carries
`router_metadata`, and the cost in it is known only when the provider has reported its usage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from muxer.errors import MuxerError
from muxer.service.openai_answer import usage_object
from muxer.service.status import rest_body
from muxer.types.chat import ChatChunk, ChunkChoice, Delta, ToolCallDelta, Usage

CONTENT_TYPE = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"

_ENCODER = msgspec.json.Encoder()
_NO_USAGE = b',"usage":null'
"""Cannot stand inside a JSON text, where its quotes would be escaped."""


class StreamEncoder:
    """Encodes one stream. The id and `created`, in seconds since 1970, are the same in all of its events."""

    def __init__(self, answer_id: str, created: int, *, include_usage: bool) -> None:
        self._id = answer_id
        self._created = created
        self._include_usage = include_usage
        self._head = b""
        self._tail = b""
        self._model = ""
        self._begun: set[int] = set()
        self._held: bytes = b""
        self._fingerprint: str | None = None

    def encode(self, chunks: Iterable[ChatChunk]) -> bytes:
        """The events of these chunks, as far as they can go out now; may be empty."""
        return b"".join([self._chunk(chunk) for chunk in chunks])

    def finish(self, usage: Usage, metadata: dict[str, Any]) -> bytes:
        """The end of a complete stream: what was held back, usage if it was asked for, router_metadata, `[DONE]`."""
        extra = b',"router_metadata":' + _ENCODER.encode(metadata)
        if not self._include_usage:
            held = self._held or self._event([], None)
            return _with(held, extra) + DONE
        last = self._event([], usage_object(usage))
        return self._held + _with(last, extra) + DONE

    def fail(self, error: MuxerError) -> bytes:
        """The end of a stream that failed: an error event, and no `[DONE]`."""
        return self._held + b"data: " + rest_body(error).encode() + b"\n\n"

    def _chunk(self, chunk: ChatChunk) -> bytes:
        if chunk.raw and all(map(self._needs_no_change, chunk.choices)):
            return self._passed_through(chunk)
        return b"".join([self._choice(choice, chunk) for choice in chunk.choices])

    def _needs_no_change(self, choice: ChunkChoice) -> bool:
        """Whether the provider's own words for this step can stand: it begins as it should, and only once."""
        fresh = choice.index not in self._begun
        return bool(choice.delta.role) == fresh and choice.native_finish_reason == choice.finish_reason

    def _passed_through(self, chunk: ChatChunk) -> bytes:
        if chunk.model != self._model:
            self._restart(chunk)
        if not self._begun:
            self._created = chunk.created or self._created  # what is passed on tells the provider's time
        self._begun.update(choice.index for choice in chunk.choices)
        data = chunk.raw.strip().replace(_id_of(chunk.id), _id_of(self._id), 1)
        if not self._include_usage:
            data = data.replace(_NO_USAGE, b"", 1)  # we always ask for usage; this caller has not
        event = b"data: " + data + b"\n\n"
        before, self._held = self._held, b""
        if any(choice.finish_reason for choice in chunk.choices):
            self._held = event
            return before
        return before + event

    def _choice(self, choice: ChunkChoice, chunk: ChatChunk) -> bytes:
        if chunk.model != self._model:
            self._restart(chunk)
        delta = choice.delta
        begun = choice.index in self._begun
        if begun and choice.index == 0 and _only_content(choice):
            # Nearly every event of nearly every stream: worth not building a dictionary for.
            event = self._head + _ENCODER.encode(delta.content) + self._tail
        else:
            shaped = _delta(delta, begin=not begun)
            self._begun.add(choice.index)
            if begun and not shaped and not choice.finish_reason and not choice.logprobs:
                return b""  # a second role chunk, after a fallback
            event = self._event([_chunk_choice(choice, shaped)], None)
        before, self._held = self._held, b""
        if choice.finish_reason:
            self._held = event
            return before
        return before + event

    def _restart(self, chunk: ChatChunk) -> None:
        self._model = chunk.model
        self._fingerprint = chunk.system_fingerprint or None
        marked = self._event([{"index": 0, "delta": {"content": 0}, "logprobs": None, "finish_reason": None}], None)
        self._head, _, self._tail = marked.partition(b'{"content":0}')
        self._head, self._tail = self._head + b'{"content":', b"}" + self._tail

    def _event(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> bytes:
        shaped: dict[str, Any] = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "system_fingerprint": self._fingerprint,
            "choices": choices,
        }
        if self._include_usage:
            shaped["usage"] = usage
        return b"data: " + _ENCODER.encode(shaped) + b"\n\n"


def _id_of(answer_id: str) -> bytes:
    return b'"id":' + _ENCODER.encode(answer_id)


def _with(event: bytes, extra: bytes) -> bytes:
    """The event with more fields at the end of its object."""
    return event[:-3] + extra + b"}\n\n"


def _only_content(choice: ChunkChoice) -> bool:
    delta = choice.delta
    return bool(
        delta.content
        and not choice.finish_reason
        and not choice.logprobs
        and not delta.reasoning
        and not delta.tool_calls
        and not delta.refusal
        and not delta.provider_state
    )


def _chunk_choice(choice: ChunkChoice, delta: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "index": choice.index,
        "delta": delta,
        "logprobs": msgspec.Raw(choice.logprobs.encode()) if choice.logprobs else None,
        "finish_reason": choice.finish_reason or None,
    }
    if choice.native_finish_reason and choice.native_finish_reason != choice.finish_reason:
        shaped["native_finish_reason"] = choice.native_finish_reason
    return shaped


def _delta(delta: Delta, *, begin: bool) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    if begin:
        shaped |= {"role": "assistant", "content": delta.content, "refusal": None}
    elif delta.content:
        shaped["content"] = delta.content
    if delta.refusal:
        shaped["refusal"] = delta.refusal
    if delta.reasoning:
        shaped["reasoning_content"] = delta.reasoning
    if delta.tool_calls:
        shaped["tool_calls"] = [_tool_call(c) for c in delta.tool_calls]
    if delta.provider_state:
        shaped["provider_state"] = delta.provider_state
    return shaped


def _tool_call(call: ToolCallDelta) -> dict[str, Any]:
    kind = call.kind or "function"
    body: dict[str, Any] = {"input" if kind == "custom" else "arguments": call.arguments}
    shaped: dict[str, Any] = {"index": call.index}
    if call.id:
        shaped |= {"id": call.id, "type": kind}
        body = {"name": call.name, **body}
    shaped[kind] = body
    if call.provider_state:
        shaped["provider_state"] = call.provider_state
    return shaped
