"""Streamed answers of OpenAI Responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from muxer.ports import ProviderSpec
from muxer.providers.openai_answer import time_of
from muxer.providers.responses_answer import (
    CALLS,
    WireItem,
    WireResponse,
    finish_of,
    logprobs_of,
    reported_failure,
    state_of,
    tool_call,
    usage_of,
)
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChunkChoice, Delta, ToolCallDelta, Usage


class _Event(Struct):
    type: str = ""
    response: WireResponse | None = None
    item: WireItem | None = None
    output_index: int = 0
    delta: Any = None
    logprobs: list[Any] | None = None
    code: str | None = None
    message: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Event).decode


class ResponsesStreamReader:
    """An `EventReader`. The answer is whole when `response.completed` or `response.incomplete` comes."""

    def __init__(self, provider: ProviderSpec, model: ModelSpec) -> None:
        self._provider = provider
        self._model = model
        self._head = WireResponse()
        self._items: dict[int, WireItem] = {}
        self._calls: dict[int, int] = {}  # index of the item to index of the call
        self._silent_calls: set[int] = set()  # items of calls whose arguments have not begun
        self._finish = ("", "")
        self.terminated = False
        self.usage: Usage | None = None

    @property
    def complete(self) -> bool:
        """See `EventReader.complete`."""
        return self.terminated

    def read(self, event: bytes) -> Sequence[ChatChunk]:
        """See `EventReader.read`."""
        wire = _decode(event)
        text = wire.delta if isinstance(wire.delta, str) else ""
        match wire.type:
            case "response.output_text.delta" if text:
                return self._chunk(Delta(content=text), logprobs=logprobs_of(wire.logprobs or ()))
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" if text:
                self._silent_calls.discard(wire.output_index)
                return self._arguments(wire.output_index, text)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" if text:
                return self._chunk(Delta(reasoning=text))
            case "response.refusal.delta" if text:
                return self._chunk(Delta(refusal=text))
            case "response.output_item.added" if wire.item is not None:
                return self._begin(wire.output_index, wire.item)
            case "response.output_item.done" if wire.item is not None:
                return self._done(wire.output_index, wire.item)
            case "response.created" if wire.response is not None:
                self._head = wire.response
                return self._chunk(Delta(role="assistant"))
            case "response.completed" | "response.incomplete" | "response.failed" if wire.response is not None:
                self._conclude(wire.response)
            case "error":
                error = wire.error or {"code": wire.code, "message": wire.message}
                raise reported_failure(error, self._provider, self._model)
        return ()

    def _begin(self, index: int, item: WireItem) -> Sequence[ChatChunk]:
        self._items[index] = item
        if item.type not in CALLS:
            return ()
        at = self._calls[index] = len(self._calls)
        self._silent_calls.add(index)
        call = tool_call(item, at)
        return self._chunk(Delta(tool_calls=(ToolCallDelta(at, call.id, call.name, "", call.kind),)))

    def _done(self, index: int, item: WireItem) -> Sequence[ChatChunk]:
        """The item as a whole: needed for its encrypted content, and for arguments that did not come in pieces."""
        self._items[index] = item
        if index not in self._silent_calls:
            return ()
        self._silent_calls.discard(index)
        arguments = tool_call(item, 0).arguments
        return self._arguments(index, arguments) if arguments else ()

    def _arguments(self, index: int, text: str) -> Sequence[ChatChunk]:
        at = self._calls.get(index)
        return () if at is None else self._chunk(Delta(tool_calls=(ToolCallDelta(at, arguments=text),)))

    def _conclude(self, answer: WireResponse) -> None:
        self.usage = usage_of(answer.usage)
        if answer.error:
            raise reported_failure(answer.error, self._provider, self._model)
        self._finish = finish_of(answer, self._provider, self._model, has_tool_calls=bool(self._calls))
        self._head.service_tier = answer.service_tier or self._head.service_tier
        self.terminated = True

    def end(self) -> Sequence[ChatChunk]:
        """See `EventReader.end`."""
        items = [self._items[index] for index in sorted(self._items)]
        return self._chunk(Delta(provider_state=state_of(items, self._model)), *self._finish, usage=self.usage)

    def _chunk(
        self, delta: Delta, finish: str = "", native: str = "", *, logprobs: str = "", usage: Usage | None = None
    ) -> tuple[ChatChunk, ...]:
        head = self._head
        choice = ChunkChoice(0, delta, finish, native, logprobs)
        model, tier = head.model or self._model.name, head.service_tier or ""
        return (ChatChunk(head.id or "", time_of(head.created_at), model, (choice,), usage, "", tier),)
