"""Streamed answers of Anthropic Messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from muxer.ports import ProviderSpec
from muxer.providers.anthropic_answer import (
    FINISH,
    WireBlock,
    WireMessage,
    WireStopDetails,
    WireUsage,
    explanation_of,
    kept_block,
    state_of,
    usage_of,
)
from muxer.providers.error_body import report_of, unwrapped
from muxer.providers.failures import ODD_ANSWER, SERVER, classify, failed
from muxer.providers.finish import FAILED, finish_reason
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChunkChoice, Delta, ToolCallDelta, Usage


class _WireDelta(Struct):
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    stop_reason: str | None = None
    stop_details: WireStopDetails | None = None


class _WireEvent(Struct):
    type: str = ""
    index: int = 0
    message: WireMessage | None = None
    content_block: WireBlock | None = None
    delta: _WireDelta | None = None
    usage: WireUsage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_WireEvent).decode


class AnthropicStreamReader:
    """An `EventReader`. The answer is whole when `message_stop` comes after a stop reason; finish reason, state and
    usage are handed on then."""

    def __init__(self, provider: ProviderSpec, model: ModelSpec) -> None:
        self._provider = provider
        self._model = model
        self._head = WireMessage()
        self._blocks: dict[int, WireBlock] = {}
        self._calls: dict[int, int] = {}  # index of the block to index of the call
        self._silent_calls: set[int] = set()  # blocks of calls whose arguments have not begun
        self._counts = WireUsage()
        self._native = ""
        self._finish = ""
        self._refusal = ""
        self.terminated = False

    @property
    def complete(self) -> bool:
        """See `EventReader.complete`."""
        return self.terminated

    @property
    def usage(self) -> Usage | None:
        """See `EventReader.usage`."""
        return usage_of(self._counts)

    def read(self, event: bytes) -> Sequence[ChatChunk]:
        """See `EventReader.read`."""
        wire = _decode(event)
        match wire.type:
            case "content_block_delta" if wire.delta is not None:
                delta = self._grow(wire.index, wire.delta)
                return self._chunk(delta) if delta is not None else ()
            case "content_block_start" if wire.content_block is not None:
                delta = self._begin(wire.index, wire.content_block)
                return self._chunk(delta) if delta is not None else ()
            case "content_block_stop" if wire.index in self._silent_calls:
                self._silent_calls.discard(wire.index)
                return self._chunk(_arguments(self._calls[wire.index], "{}"))
            case "message_start" if wire.message is not None:
                self._head = wire.message
                self._count(wire.message.usage)
                return self._chunk(Delta(role="assistant"))
            case "message_delta":
                self._count(wire.usage)
                if wire.delta is not None:
                    self._native = wire.delta.stop_reason or self._native
                    self._refusal = explanation_of(wire.delta.stop_details) or self._refusal
            case "message_stop":
                self._finish = self._checked_finish()
                self.terminated = True
            case "error":
                report = report_of(unwrapped({"error": wire.error}))
                raise failed(classify(None, report), self._provider, self._model, report=report)
        return ()

    def _begin(self, index: int, block: WireBlock) -> Delta | None:
        self._blocks[index] = block
        if block.type == "tool_use":
            call = self._calls[index] = len(self._calls)
            arguments = bytes(block.input).decode()
            if arguments.strip() in ("{}", "null", '""'):
                arguments = ""
                self._silent_calls.add(index)
            return Delta(tool_calls=(ToolCallDelta(call, block.id or "", block.name or "", arguments, "function"),))
        if block.type == "text" and block.text:
            return Delta(content=block.text)
        if block.type == "thinking" and block.thinking:
            return Delta(reasoning=block.thinking)
        return None

    def _grow(self, index: int, delta: _WireDelta) -> Delta | None:
        block = self._blocks.setdefault(index, WireBlock())
        if delta.text:
            block.text = (block.text or "") + delta.text
            return Delta(content=delta.text)
        if delta.partial_json and index in self._calls:
            self._silent_calls.discard(index)
            return _arguments(self._calls[index], delta.partial_json)
        if delta.thinking:
            block.thinking = (block.thinking or "") + delta.thinking
            return Delta(reasoning=delta.thinking)
        if delta.signature:
            block.signature = (block.signature or "") + delta.signature
        return None

    def _count(self, usage: WireUsage | None) -> None:
        """Later counts replace earlier ones, where they are given: the first event has the input, the last all."""
        for name in WireUsage.__struct_fields__:
            value = getattr(usage, name, None)
            if value is not None:
                setattr(self._counts, name, value)

    def _checked_finish(self) -> str:
        if not self._native:
            raise failed(SERVER, self._provider, self._model, detail="incomplete stream")
        has_text = any(block.text for block in self._blocks.values())
        finish = finish_reason(self._native, FINISH, has_text=has_text, has_tool_calls=bool(self._calls))
        if finish == FAILED:
            raise failed(ODD_ANSWER, self._provider, self._model, detail=f"it stopped for `{self._native[:40]}`")
        return finish

    def end(self) -> Sequence[ChatChunk]:
        """See `EventReader.end`."""
        blocks = [kept_block(self._blocks[index]) for index in sorted(self._blocks)]
        delta = Delta(refusal=self._refusal, provider_state=state_of(blocks, self._model))
        return self._chunk(delta, self._finish, self.usage)

    def _chunk(self, delta: Delta, finish: str = "", usage: Usage | None = None) -> tuple[ChatChunk, ...]:
        native = self._native if finish else ""
        choice = ChunkChoice(0, delta, finish, native)
        return (ChatChunk(self._head.id or "", 0, self._head.model or self._model.name, (choice,), usage),)


def _arguments(call: int, text: str) -> Delta:
    return Delta(tool_calls=(ToolCallDelta(call, arguments=text),))
