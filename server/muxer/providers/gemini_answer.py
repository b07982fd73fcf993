"""Answers of Gemini's `generateContent`. Whole and streamed ones have one shape: a stream is a row of small answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from muxer.ports import ProviderSpec
from muxer.providers.assembly import Assembly
from muxer.providers.failures import ODD_ANSWER, SERVER, failed
from muxer.providers.finish import FAILED, finish_reason
from muxer.providers.gemini_conversation import DIALECT, signed
from muxer.providers.gemini_error import reported_failure
from muxer.providers.identifiers import alphanumeric_id
from muxer.providers.provider_state import pack
from muxer.providers.usage import added, reported
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChatResponse, ChunkChoice, Delta, ToolCallDelta, Usage

_FILTERED = (
    "SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII MODEL_ARMOR LANGUAGE"
    " IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION IMAGE_OTHER"
)
_FAULTS = (
    "MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE"
    " MALFORMED_RESPONSE OTHER"
)
FINISH: Mapping[str, str] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(_FILTERED.split(), "content_filter"),
    **dict.fromkeys(_FAULTS.split(), FAILED),
}


class _FunctionCall(Struct):
    id: str | None = None
    name: str | None = None
    args: Raw = Raw(b"{}")


class _Part(Struct, rename="camel"):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: _FunctionCall | None = None


class _Content(Struct):
    parts: list[_Part] | None = None


class _Token(Struct, rename="camel"):
    token: str = ""
    log_probability: float | None = None


class _TopTokens(Struct):
    candidates: list[_Token] | None = None


class _Logprobs(Struct, rename="camel"):
    chosen_candidates: list[_Token] | None = None
    top_candidates: list[_TopTokens] | None = None


class _Candidate(Struct, rename="camel"):
    index: int | None = None
    content: _Content | None = None
    finish_reason: str | None = None
    logprobs_result: _Logprobs | None = None


class _Feedback(Struct, rename="camel"):
    block_reason: str | None = None


class _Usage(Struct, rename="camel"):
    prompt_token_count: Any = None
    tool_use_prompt_token_count: Any = None
    cached_content_token_count: Any = None
    candidates_token_count: Any = None
    thoughts_token_count: Any = None


class _Answer(Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Answer).decode


class GeminiReader:
    """An `EventReader`. There is no terminator: the answer is whole once every candidate has a finish reason, and
    ends with the body. Counts are cumulative, so the last ones hold."""

    terminated = False

    def __init__(self, provider: ProviderSpec, model: ModelSpec) -> None:
        self._provider = provider
        self._model = model
        self._id = ""
        self._version = ""
        self._progress: dict[int, _Progress] = {}
        self.usage: Usage | None = None

    @property
    def complete(self) -> bool:
        """See `EventReader.complete`."""
        return bool(self._progress) and all(progress.finished for progress in self._progress.values())

    def read(self, event: bytes) -> Sequence[ChatChunk]:
        """See `EventReader.read`."""
        answer = _decode(event)
        if answer.error:
            raise reported_failure(None, {}, event, self._provider, self._model)
        self._id = self._id or answer.response_id or ""
        self._version = self._version or answer.model_version or self._model.name
        if answer.usage_metadata is not None:
            self.usage = _usage(answer.usage_metadata)
        candidates = answer.candidates or ()
        blocked = answer.prompt_feedback.block_reason if answer.prompt_feedback is not None else None
        if blocked and not candidates:
            return self._blocked(blocked)
        gains = [gain for candidate in candidates if (gain := self._gain(candidate)) is not None]
        return (self._chunk(tuple(gains)),) if gains else ()

    def end(self) -> Sequence[ChatChunk]:
        """See `EventReader.end`."""
        return (self._chunk((), self.usage),) if self.usage is not None else ()

    def _chunk(self, choices: tuple[ChunkChoice, ...], usage: Usage | None = None) -> ChatChunk:
        return ChatChunk(self._id, 0, self._version, choices, usage)

    def _blocked(self, native: str) -> Sequence[ChatChunk]:
        """The prompt was blocked: there are no candidates, so this ends the only choice."""
        progress = self._progress.setdefault(0, _Progress())
        if progress.finished:
            return ()
        progress.finished = True
        role = "" if progress.begun else "assistant"
        return (self._chunk((ChunkChoice(0, Delta(role=role), "content_filter", native),)),)

    def _gain(self, candidate: _Candidate) -> ChunkChoice | None:
        index = candidate.index or 0
        progress = self._progress.setdefault(index, _Progress())
        if progress.finished:
            return None
        parts = (candidate.content.parts if candidate.content is not None else None) or ()
        text = "".join(part.text or "" for part in parts if not part.thought)
        thought = "".join(part.text or "" for part in parts if part.thought)
        calls = tuple(self._call(part, index, progress) for part in parts if part.function_call is not None)
        for part in parts:
            if part.function_call is None and part.thought_signature:
                progress.signature = part.thought_signature
        progress.has_text = progress.has_text or bool(text)
        native = candidate.finish_reason or ""
        finish = self._finish(native, progress) if native else ""
        state = b""
        if finish and progress.signature:
            state = pack(DIALECT, self._model.name, signed(progress.signature))
        role = "" if progress.begun else "assistant"
        progress.begun = True
        if not (role or text or thought or calls or finish):
            return None
        delta = Delta(role, text, thought, "", calls, state)
        return ChunkChoice(index, delta, finish, native, _logprobs(candidate.logprobs_result))

    def _finish(self, native: str, progress: _Progress) -> str:
        finish = finish_reason(native, FINISH, has_text=progress.has_text, has_tool_calls=progress.calls > 0)
        if finish == FAILED:
            raise failed(ODD_ANSWER, self._provider, self._model, detail=f"it stopped for `{native[:40]}`")
        progress.finished = True
        return finish

    def _call(self, part: _Part, candidate: int, progress: _Progress) -> ToolCallDelta:
        """A call, which comes whole. Without an id of its own it gets one that no other call has."""
        call = part.function_call or _FunctionCall()
        arguments = bytes(call.args).decode()
        seed = f"{self._id}/{candidate}/{progress.calls}/{call.name}/{arguments}"
        kept = signed(part.thought_signature)
        delta = ToolCallDelta(
            index=progress.calls,
            id=call.id or "call_" + alphanumeric_id(seed, 24),
            name=call.name or "",
            arguments="{}" if arguments == "null" else arguments,
            kind="function",
            provider_state=pack(DIALECT, self._model.name, kept) if kept else b"",
        )
        progress.calls += 1
        return delta


class _Progress:
    """What has come of one candidate."""

    def __init__(self) -> None:
        self.begun = False
        self.has_text = False
        self.finished = False
        self.calls = 0
        self.signature = ""


def whole_answer(body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
    """The answer in a body, which is read as a stream of one event.

    Raises `ProviderFailed`, or `msgspec.DecodeError` for what is none.
    """
    reader = GeminiReader(provider, model)
    assembly = Assembly()
    assembly.add(reader.read(body))
    if not reader.complete:
        raise failed(SERVER, provider, model, detail="incomplete answer")
    assembly.add(reader.end())
    return assembly.response()


def _usage(wire: _Usage) -> Usage | None:
    """The usage; None when the counts cannot be right. Thoughts are counted apart from the candidates."""
    return reported(
        added(wire.prompt_token_count, wire.tool_use_prompt_token_count),
        added(wire.candidates_token_count or 0, wire.thoughts_token_count),
        cached=wire.cached_content_token_count,
        reasoning=wire.thoughts_token_count,
    )


def _logprobs(wire: _Logprobs | None) -> str:
    """Log probabilities in OpenAI's shape."""
    if wire is None:
        return ""
    top = [[_token(token) for token in step.candidates or ()] for step in wire.top_candidates or ()]
    chosen = wire.chosen_candidates or ()
    content = [{**_token(token), "top_logprobs": top[i] if i < len(top) else []} for i, token in enumerate(chosen)]
    return msgspec.json.encode({"content": content}).decode()


def _token(wire: _Token) -> dict[str, Any]:
    return {"token": wire.token, "logprob": wire.log_probability, "bytes": None}
