"""Streamed answers of OpenAI Chat Completions and of those who speak it."""

from __future__ import annotations

from collections.abc import Sequence

from muxer.ports import ProviderSpec
from muxer.providers.failures import ODD_ANSWER, SERVER, failed
from muxer.providers.finish import FAILED, finish_reason
from muxer.providers.openai_answer import (
    FINISH,
    arguments_of,
    kind_of,
    logprobs_of,
    raise_reported,
    reasoning_of,
    text_of,
    time_of,
    usage_of,
)
from muxer.providers.openai_passthrough import is_utf8
from muxer.providers.openai_wire import WireAnswer, WireChoice, WireToolCall, decode_answer
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChunkChoice, Delta, ToolCallDelta, Usage

_DONE = b"[DONE]"


class OpenAIStreamReader:
    """An `EventReader`. The answer is whole when `[DONE]` comes after a finish reason; usage is handed on then.

    With `as_it_is`, chunks carry the events that they were read from.
    """

    def __init__(self, provider: ProviderSpec, model: ModelSpec, *, as_it_is: bool = False) -> None:
        self._provider = provider
        self._model = model
        self._as_it_is = as_it_is
        self._choices: dict[int, _ChoiceProgress] = {}
        self._head: WireAnswer | None = None  # the first event: its id, time and model are those of the answer
        self._finished = False
        self.terminated = False
        self.usage: Usage | None = None

    @property
    def complete(self) -> bool:
        """See `EventReader.complete`."""
        return self.terminated

    def read(self, event: bytes) -> Sequence[ChatChunk]:
        """See `EventReader.read`."""
        if event.strip() == _DONE:
            if not self._finished:
                raise failed(SERVER, self._provider, self._model, detail="incomplete stream")
            self.terminated = True
            return ()
        answer = decode_answer(event)
        raise_reported(answer, event, self._provider, self._model)
        if answer.usage is not None:
            self.usage = usage_of(answer.usage)
        elif answer.x_groq is not None and answer.x_groq.usage is not None:
            self.usage = usage_of(answer.x_groq.usage) or self.usage
        self._head = self._head or answer
        choices = [gain for choice in answer.choices or () if (gain := self._gain(choice)) is not None]
        # An event that tells usage beside choices is no event of OpenAI's: it has to be told apart.
        as_it_is = (
            self._as_it_is and answer.usage is None and len(choices) == len(answer.choices or ()) and is_utf8(event)
        )
        raw = event if as_it_is else b""
        return (self._chunk(answer, tuple(choices), raw=raw),) if choices else ()

    def end(self) -> Sequence[ChatChunk]:
        """See `EventReader.end`."""
        return (self._chunk(self._head or WireAnswer(), (), self.usage),) if self.usage is not None else ()

    def _chunk(
        self, answer: WireAnswer, choices: tuple[ChunkChoice, ...], usage: Usage | None = None, raw: bytes = b""
    ) -> ChatChunk:
        return ChatChunk(
            id=answer.id or "",
            created=time_of(answer.created),
            model=answer.model or self._model.name,
            choices=choices,
            usage=usage,
            system_fingerprint=answer.system_fingerprint or "",
            service_tier=answer.service_tier or "",
            raw=raw,
        )

    def _gain(self, choice: WireChoice) -> ChunkChoice | None:
        index = choice.index or 0
        progress = self._choices.get(index)
        if progress is None:
            progress = self._choices[index] = _ChoiceProgress()
        delta = progress.delta(choice)
        native = choice.finish_reason or ""
        if delta is None and not native:
            return None
        finish = ""
        if native and not progress.finished:
            finish = finish_reason(native, FINISH, has_text=progress.has_text, has_tool_calls=bool(progress.call_ids))
            if finish == FAILED:
                raise failed(ODD_ANSWER, self._provider, self._model, detail=f"it stopped for `{native[:40]}`")
            progress.finished = self._finished = True
        return ChunkChoice(index, delta or Delta(), finish, native if finish else "", logprobs_of(choice.logprobs))


class _ChoiceProgress:
    """What has come of one choice."""

    def __init__(self) -> None:
        self.begun = False
        self.has_text = False
        self.finished = False
        self.call_ids: list[str] = []  # by our index
        self._positions: dict[int, int] = {}  # the provider's index to ours

    def delta(self, choice: WireChoice) -> Delta | None:
        """What this event adds; None for nothing."""
        wire = choice.delta or choice.message
        if wire is None:
            return None
        content = wire.content
        if isinstance(content, str) and self.begun and not (wire.tool_calls or wire.refusal):
            reasoning = ""
            if wire.reasoning_content is not None or wire.reasoning is not None:
                reasoning = reasoning_of(wire)
            self.has_text = self.has_text or bool(content)
            return Delta(content=content, reasoning=reasoning) if content or reasoning else None
        role = "" if self.begun else (wire.role or "assistant")
        self.begun = True
        text, refusal = text_of(wire), wire.refusal or ""
        self.has_text = self.has_text or bool(text or refusal)
        calls = tuple(self._call(call, at) for at, call in enumerate(wire.tool_calls or ()))
        reasoning = reasoning_of(wire)
        if not (role or text or refusal or calls or reasoning):
            return None
        return Delta(role, text, reasoning, refusal, calls)

    def _call(self, call: WireToolCall, at: int) -> ToolCallDelta:
        """A call that begins or grows. Some servers number every call 0, or none: a new id means a new call."""
        theirs = at if call.index is None else call.index
        index = self._positions.get(theirs)
        begins = index is None or bool(call.id and self.call_ids[index] and call.id != self.call_ids[index])
        function = call.function or call.custom
        arguments = arguments_of(function)
        if index is not None and not begins:
            return ToolCallDelta(index, arguments=arguments)
        index = self._positions[theirs] = len(self.call_ids)
        self.call_ids.append(call.id or "")
        name = (function.name if function else None) or ""
        return ToolCallDelta(index, call.id or f"call_{index}", name, arguments, kind_of(call))
