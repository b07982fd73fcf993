"""Streamed answers of Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from muxer.ports import ProviderSpec
from muxer.providers.cohere_answer import (
    WireContent,
    WireFunction,
    WireLogprob,
    WireToolCall,
    WireUsage,
    finish_of,
    logprobs_of,
    usage_of,
)
from muxer.providers.error_body import report_of
from muxer.providers.failures import classify, failed
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChunkChoice, Delta, ToolCallDelta, Usage


class _Message(Struct):
    """A piece of a message: one content or call at a time. The first event has empty lists of both."""

    content: WireContent | list[Any] | None = None
    tool_plan: str | None = None
    tool_calls: WireToolCall | list[Any] | None = None


class _Delta(Struct):
    message: _Message | None = None
    finish_reason: str | None = None
    usage: WireUsage | None = None
    error: str | None = None


class _Event(Struct):
    type: str = ""
    id: str | None = None
    index: int = 0
    delta: _Delta | None = None
    logprobs: WireLogprob | None = None


_decode = msgspec.json.Decoder(_Event).decode
_DONE = b"[DONE]"


class CohereStreamReader:
    """An `EventReader`. The answer is whole when `message-end` comes."""

    def __init__(self, provider: ProviderSpec, model: ModelSpec) -> None:
        self._provider = provider
        self._model = model
        self._id = ""
        self._has_text = False
        self._calls: dict[int, int] = {}  # Cohere's index to ours
        self._native = ""
        self._finish = ""
        self.terminated = False
        self.usage: Usage | None = None

    @property
    def complete(self) -> bool:
        """See `EventReader.complete`."""
        return self.terminated

    def read(self, event: bytes) -> Sequence[ChatChunk]:
        """See `EventReader.read`."""
        if event == _DONE:
            return ()
        wire = _decode(event)
        delta = wire.delta or _Delta()
        message = delta.message or _Message()
        match wire.type:
            case "content-start" | "content-delta" if isinstance(message.content, WireContent):
                gain = Delta(content=message.content.text or "", reasoning=message.content.thinking or "")
                self._has_text = self._has_text or bool(gain.content)
                logprobs = logprobs_of([wire.logprobs] if wire.logprobs is not None else ())
                return self._chunk(gain, logprobs=logprobs) if gain.content or gain.reasoning else ()
            case "tool-plan-delta" if message.tool_plan:
                return self._chunk(Delta(reasoning=message.tool_plan))
            case "tool-call-start" | "tool-call-delta" if isinstance(message.tool_calls, WireToolCall):
                return self._chunk(Delta(tool_calls=(self._call(wire.index, message.tool_calls),)))
            case "message-start":
                self._id = wire.id or ""
                return self._chunk(Delta(role="assistant"))
            case "message-end":
                self._conclude(delta)
        return ()

    def _call(self, theirs: int, call: WireToolCall) -> ToolCallDelta:
        function = call.function or WireFunction()
        arguments = function.arguments or ""
        index = self._calls.get(theirs)
        if index is not None:
            return ToolCallDelta(index, arguments=arguments)
        index = self._calls[theirs] = len(self._calls)
        return ToolCallDelta(index, call.id or f"call_{index}", function.name or "", arguments, "function")

    def _conclude(self, delta: _Delta) -> None:
        self.usage = usage_of(delta.usage)
        if delta.error:
            report = report_of({"message": delta.error})
            raise failed(classify(None, report), self._provider, self._model, report=report)
        self._native = delta.finish_reason or ""
        self._finish = finish_of(
            self._native, self._provider, self._model, has_text=self._has_text, has_tool_calls=bool(self._calls)
        )
        self.terminated = True

    def end(self) -> Sequence[ChatChunk]:
        """See `EventReader.end`."""
        return self._chunk(Delta(), self._finish, self.usage)

    def _chunk(
        self, delta: Delta, finish: str = "", usage: Usage | None = None, logprobs: str = ""
    ) -> tuple[ChatChunk, ...]:
        choice = ChunkChoice(0, delta, finish, self._native if finish else "", logprobs)
        return (ChatChunk(self._id, 0, self._model.name, (choice,), usage),)
