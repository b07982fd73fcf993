"""Puts the chunks of a stream together into a whole answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from muxer.types.chat import ChatChunk, ChatResponse, Choice, ChunkChoice, Message, ToolCall, ToolCallDelta, Usage


class Assembly:
    """One answer, growing chunk by chunk."""

    def __init__(self) -> None:
        self._head: ChatChunk | None = None
        self._usage: Usage | None = None
        self._choices: dict[int, _GrowingChoice] = {}

    def add(self, chunks: Iterable[ChatChunk]) -> None:
        """Takes in further chunks."""
        for chunk in chunks:
            self._head = self._head or chunk
            self._usage = chunk.usage or self._usage
            for gain in chunk.choices:
                choice = self._choices.get(gain.index)
                if choice is None:
                    choice = self._choices[gain.index] = _GrowingChoice(gain.index)
                choice.add(gain)

    def response(self) -> ChatResponse:
        """The answer so far."""
        head = self._head or ChatChunk(id="", created=0, model="")
        return ChatResponse(
            id=head.id,
            created=head.created,
            model=head.model,
            choices=tuple(self._choices[index].whole() for index in sorted(self._choices)),
            usage=self._usage,
            system_fingerprint=head.system_fingerprint,
            service_tier=head.service_tier,
        )


class _GrowingChoice:
    def __init__(self, index: int) -> None:
        self._index = index
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, _GrowingCall] = {}
        self._logprobs: list[str] = []
        self._state = b""
        self._finish = ""
        self._native = ""

    def add(self, gain: ChunkChoice) -> None:
        delta = gain.delta
        self._content.append(delta.content)
        self._reasoning.append(delta.reasoning)
        self._refusal.append(delta.refusal)
        for call in delta.tool_calls:
            self._calls.setdefault(call.index, _GrowingCall()).add(call)
        if gain.logprobs:
            self._logprobs.append(gain.logprobs)
        self._state = delta.provider_state or self._state
        self._finish = gain.finish_reason or self._finish
        self._native = gain.native_finish_reason or self._native

    def whole(self) -> Choice:
        message = Message(
            role="assistant",
            content="".join(self._content),
            tool_calls=tuple(self._calls[index].whole() for index in sorted(self._calls)),
            reasoning="".join(self._reasoning),
            refusal="".join(self._refusal),
            provider_state=self._state,
        )
        return Choice(self._index, message, self._finish, self._native, _joined(self._logprobs))


class _GrowingCall:
    def __init__(self) -> None:
        self._first = ToolCallDelta(0)
        self._arguments: list[str] = []
        self._state = b""

    def add(self, delta: ToolCallDelta) -> None:
        if delta.id or delta.name:
            self._first = delta
        self._arguments.append(delta.arguments)
        self._state = delta.provider_state or self._state

    def whole(self) -> ToolCall:
        first = self._first
        return ToolCall(first.id, first.name, "".join(self._arguments), first.kind or "function", self._state)


def _joined(texts: list[str]) -> str:
    """Log probabilities come as objects of lists, one object a chunk: the lists are put end to end."""
    if not texts:
        return ""
    lists: dict[str, Any] = {}
    for text in texts:
        for name, values in msgspec.json.decode(text).items():
            if isinstance(values, list):
                lists[name] = (lists.get(name) or []) + values
            else:
                lists.setdefault(name, values)
    return msgspec.json.encode(lists).decode()
