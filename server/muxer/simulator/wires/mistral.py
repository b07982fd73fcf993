"""Mistral's flavour of Chat Completions: strict about fields, thoughts in the content, usage on the last chunk, and
errors of its own shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from muxer.simulator.ask import Ask
from muxer.simulator.problem import Problem
from muxer.simulator.script import CALL_TOKENS, EPOCH, Answer, Choice
from muxer.simulator.tokens import Tokens, count
from muxer.simulator.wire import Event, Incoming
from muxer.simulator.wires.openai_chat import DONE, OpenAIChat, chunk
from muxer.simulator.wires.openai_chat_rules import Rules

_FIELDS = """
    model messages temperature top_p max_tokens stream stop random_seed response_format tools tool_choice
    presence_penalty frequency_penalty n prediction parallel_tool_calls reasoning_effort prompt_mode prompt_cache_key
    service_tier safe_prompt guardrails metadata min_tokens repetition_penalty top_k logprobs top_logprobs
    prompt_logprobs top_prompt_logprobs
"""
_TYPES = {"auth": "authentication_error", "rate_limit": "rate_limit_error", "quota": "rate_limit_error"}
_VALIDATION = {
    "missing_required_parameter": "missing",
    "unknown_parameter": "extra_forbidden",
    "invalid_type": "type_error",
    "invalid_value": "value_error",
}
"""What a schema catches, in its own words; all other wrong requests are a plain 400."""


class Mistral(OpenAIChat):
    """The protocol as Mistral speaks it."""

    owner = "mistralai"
    rules = Rules(
        fields=frozenset(_FIELDS.split()),
        roles=("system", "user", "assistant", "tool"),
        user_parts=("text", "image_url", "document_url", "file", "input_audio", "reference"),
        assistant_parts=("text", "thinking"),
        prefix_needed=True,
        tool_id=r"[a-zA-Z0-9]{9}",
        forcing=("required", "any"),
        limits=("max_tokens",),
        legacy_limit="",
        highest_temperature=1,
        json_word=False,
    )

    def read(self, incoming: Incoming) -> Ask:
        """What a schema catches is refused with a 422."""
        try:
            ask = super().read(incoming)
        except Problem as problem:
            if problem.code not in _VALIDATION:
                raise
            raise Problem("unprocessable", problem.message, param=problem.param, code=problem.code) from None
        return msgspec.structs.replace(ask, show_reasoning=True)

    def headers(self, request_id: str) -> dict[str, str]:
        """Limits per minute, and a correlation id."""
        return {
            "mistral-correlation-id": request_id,
            "x-ratelimit-limit-req-minute": "360",
            "x-ratelimit-remaining-req-minute": "359",
            "x-ratelimit-limit-tokens-minute": "2000000",
            "x-ratelimit-remaining-tokens-minute": "1999000",
            "x-ratelimit-tokens-query-cost": "1",
        }

    def frame(self, ask: Ask, answer: Answer, kind: str) -> dict[str, Any]:
        """Mistral's ids have no prefix."""
        return {"id": answer.id, "object": kind, "created": answer.created, "model": ask.model}

    def message(self, answer: Answer, choice: Choice) -> dict[str, Any]:
        """Content is a text, or a list when there are thoughts; never null."""
        text = "".join(choice.text)
        thoughts = [_thought("".join(choice.reasoning)), {"type": "text", "text": text}]
        message: dict[str, Any] = {"role": "assistant", "content": thoughts if choice.reasoning else text}
        message["tool_calls"] = self._calls(answer, choice) or None
        return message

    def _calls(self, answer: Answer, choice: Choice) -> list[dict[str, Any]]:
        return [{**self.call(answer, choice, n, call), "index": n} for n, call in enumerate(choice.calls)]

    def call_id(self, answer: Answer, choice: int, position: int) -> str:
        """Nine letters and digits."""
        return f"{answer.id[:5]}{choice:02x}{position:02x}"

    def finish(self, choice: Choice) -> str:
        """Mistral has no word for a filtered answer."""
        return "stop" if choice.finish == "content_filter" else choice.finish

    def usage(self, used: Tokens) -> dict[str, Any]:
        """Details only where there is something to tell."""
        usage: dict[str, Any] = {
            "prompt_tokens": used.prompt,
            "completion_tokens": used.output,
            "total_tokens": used.total,
            "prompt_tokens_details": {"cached_tokens": used.cached},
        }
        if used.reasoning:
            usage["completion_tokens_details"] = {"reasoning_tokens": used.reasoning}
        return usage

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """Tool calls come whole, in the last chunk of their choice; usage in the very last one."""
        frame = self.frame(ask, answer, "chat.completion.chunk")
        for choice in answer.choices:
            yield chunk(frame, choice, {"role": "assistant", "content": ""})
            for piece in choice.reasoning:
                yield chunk(frame, choice, {"content": [_thought(piece)]}, tokens=1)
            for piece in choice.text:
                yield chunk(frame, choice, {"content": piece}, tokens=1, logprobs=self.logprobs(ask, (piece,)))
        for choice in answer.choices:
            is_last = choice is answer.choices[-1] and answer.usage is not None
            used = {"usage": self.usage(answer.usage)} if is_last and answer.usage is not None else {}
            calls = {"tool_calls": self._calls(answer, choice)} if choice.calls else {}
            yield chunk(
                {**frame, **used},
                choice,
                {"content": "", **calls},
                finish=self.finish(choice),
                tokens=sum(CALL_TOKENS + count(call.arguments) for call in choice.calls),
                reports_usage=is_last,
            )
        yield DONE

    def error_body(self, problem: Problem, request_id: str) -> dict[str, Any]:
        """Three shapes: for a wrong field, for a wrong key, and a flat one for all others."""
        if problem.kind == "unprocessable":
            location = ["body", *(problem.param or "").replace("[", ".").replace("]", "").split(".")]
            kind = _VALIDATION.get(problem.code or "invalid_value", "value_error")
            return {"detail": [{"type": kind, "loc": location, "msg": problem.message}]}
        if problem.kind == "auth":
            return {"message": "Unauthorized", "request_id": request_id}
        default = "invalid_request_error" if problem.status < 500 else "server_error"
        return {
            "object": "error",
            "message": problem.message,
            "type": problem.type or _TYPES.get(problem.kind, default),
            "param": problem.param,
            "code": problem.code or str(problem.status),
        }

    def models(self, names: Sequence[str]) -> Any:
        """A `list` of model cards."""
        return {"object": "list", "data": [self.model(name) for name in names]}

    def model(self, name: str) -> Mapping[str, Any]:
        """A model card."""
        return {
            "id": name,
            "object": "model",
            "created": EPOCH,
            "owned_by": self.owner,
            "name": name,
            "aliases": [],
            "capabilities": {"completion_chat": True, "function_calling": True},
            "max_context_length": 131_072,
            "deprecation": None,
            "default_model_temperature": 0.7,
            "type": "base",
        }


def _thought(text: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
