"""OpenAI's Chat Completions on the wire; vendors that speak a flavour of it override what they do differently."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from muxer.simulator import tokens
from muxer.simulator.ask import Ask
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.script import CALL_TOKENS, EPOCH, Answer, Call, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event, Incoming, Wire, bearer, json_bytes
from muxer.simulator.wires import openai_chat_request as request
from muxer.simulator.wires.openai_chat_rules import OPENAI

_ERRORS: dict[str, tuple[str, str | None]] = {
    "invalid": ("invalid_request_error", None),
    "context": ("invalid_request_error", "context_length_exceeded"),
    "content_filter": ("invalid_request_error", "content_filter"),
    "auth": ("invalid_request_error", "invalid_api_key"),
    "billing": ("insufficient_quota", "insufficient_quota"),
    "permission": ("invalid_request_error", "unsupported_country_region_territory"),
    "not_found": ("invalid_request_error", "model_not_found"),
    "timeout": ("timeout", "request_timeout"),
    "conflict": ("invalid_request_error", "conflict"),
    "too_large": ("invalid_request_error", "request_too_large"),
    "unprocessable": ("invalid_request_error", None),
    "rate_limit": ("requests", "rate_limit_exceeded"),
    "quota": ("insufficient_quota", "insufficient_quota"),
    "server": ("server_error", None),
    "overloaded": ("service_unavailable_error", "server_is_overloaded"),
}
"""Error type and code by kind of refusal."""

DONE = Event(b"[DONE]")


class OpenAIChat(Wire):
    """The protocol as OpenAI itself speaks it."""

    owner = "openai"
    rules = OPENAI

    def operation(self, method: str, path: str) -> str:
        """Chat completions and the models."""
        if method == "POST":
            return "chat" if path == "/chat/completions" else ""
        if method == "GET":
            return "models" if path == "/models" else "model" if path.startswith("/models/") else ""
        return ""

    def key(self, headers: Mapping[str, str]) -> str:
        """The bearer token."""
        return bearer(headers)

    def prompt_cache(self) -> str:
        """OpenAI caches by itself."""
        return "automatic"

    def read(self, incoming: Incoming) -> Ask:
        """Refuses unknown fields, as OpenAI does."""
        body = Fields(incoming.body)
        request.check_fields(body, self.rules)
        if not body.text("model"):
            raise Problem("invalid", "you must provide a model parameter")
        model, traits = incoming.resolve(body.text("model"))
        return request.read_ask(body, model, traits, self.rules)

    def headers(self, request_id: str) -> dict[str, str]:
        """Request id and rate limits."""
        return {
            "x-request-id": request_id,
            "openai-processing-ms": "5",
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": "10000",
            "x-ratelimit-limit-tokens": "2000000",
            "x-ratelimit-remaining-requests": "9999",
            "x-ratelimit-remaining-tokens": "1999000",
            "x-ratelimit-reset-requests": "6ms",
            "x-ratelimit-reset-tokens": "30ms",
        }

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A `chat.completion`."""
        choices = [
            {
                "index": choice.index,
                "message": self.message(answer, choice),
                "logprobs": self.logprobs(ask, choice.text),
                "finish_reason": self.finish(choice),
            }
            for choice in answer.choices
        ]
        used = {} if answer.usage is None else {"usage": self.usage(answer.usage)}
        return {**self.frame(ask, answer, "chat.completion"), "choices": choices, **used}

    def frame(self, ask: Ask, answer: Answer, kind: str) -> dict[str, Any]:
        """What the whole answer and each of its chunks begin with."""
        return {
            "id": f"chatcmpl-{answer.id}",
            "object": kind,
            "created": answer.created,
            "model": ask.model,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
        }

    def message(self, answer: Answer, choice: Choice) -> dict[str, Any]:
        """A choice as an assistant message."""
        text = "".join(choice.text)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if choice.refused or (choice.calls and not text) else text,
            "refusal": text if choice.refused else None,
            "annotations": [],
        }
        if choice.calls:
            message["tool_calls"] = [self.call(answer, choice, n, call) for n, call in enumerate(choice.calls)]
        return message

    def call(self, answer: Answer, choice: Choice, position: int, call: Call) -> dict[str, Any]:
        """A tool call."""
        start = {"id": self.call_id(answer, choice.index, position)}
        if call.tool.custom:
            return {**start, "type": "custom", "custom": {"name": call.tool.name, "input": call.arguments}}
        return {**start, "type": "function", "function": {"name": call.tool.name, "arguments": call.arguments}}

    def call_id(self, answer: Answer, choice: int, position: int) -> str:
        """The id of a tool call."""
        return f"call_{answer.id[:20]}{choice:02}{position:02}"

    def finish(self, choice: Choice) -> str:
        """Why a choice ended."""
        return choice.finish

    def usage(self, used: Tokens) -> dict[str, Any]:
        """What a call used; cached, written and reasoning tokens are parts of the counts above them."""
        return {
            "prompt_tokens": used.prompt,
            "completion_tokens": used.output,
            "total_tokens": used.total,
            "prompt_tokens_details": {
                "cached_tokens": used.cached,
                "audio_tokens": 0,
                "cache_write_tokens": used.written,
            },
            "completion_tokens_details": {
                "reasoning_tokens": used.reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def logprobs(self, ask: Ask, text: Sequence[str]) -> dict[str, Any] | None:
        """Log probabilities drawn from the tokens themselves, if they were asked for."""
        if ask.logprobs is None:
            return None
        return {"content": [_logprob(piece, ask.logprobs) for piece in text], "refusal": None}

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """Chunks, the usage if it was asked for, and `[DONE]`."""
        frame = self.frame(ask, answer, "chat.completion.chunk")
        late = {"usage": None} if ask.stream_usage else {}
        for choice in answer.choices:
            for delta, text, worth in self.deltas(answer, choice):
                logprobs = self.logprobs(ask, (text,)) if text else None
                yield chunk({**frame, **late}, choice, delta, logprobs=logprobs, tokens=worth)
        for choice in answer.choices:
            yield chunk({**frame, **late}, choice, {}, finish=self.finish(choice))
        if ask.stream_usage and answer.usage is not None:
            body = {**frame, "choices": [], "usage": self.usage(answer.usage)}
            yield Event(json_bytes(body), reports_usage=True)
        yield DONE

    def deltas(self, answer: Answer, choice: Choice) -> Iterator[tuple[dict[str, Any], str, int]]:
        """What a choice gains step by step: the delta, the text in it, and how many tokens it is worth."""
        opening = {"role": "assistant", "content": None if choice.refused else "", "refusal": None}
        yield opening, "", len(choice.reasoning)
        key = "refusal" if choice.refused else "content"
        for piece in choice.text:
            yield {key: piece}, piece, 1
        yield from self.call_deltas(answer, choice)

    def call_deltas(self, answer: Answer, choice: Choice) -> Iterator[tuple[dict[str, Any], str, int]]:
        """The tool calls of a choice, as `deltas`: each one's name first, then its arguments in pieces."""
        for position, call in enumerate(choice.calls):
            whole = self.call(answer, choice, position, call)
            inner, argument = ("custom", "input") if call.tool.custom else ("function", "arguments")
            opening = {**whole, "index": position, inner: {**whole[inner], argument: ""}}
            yield {"tool_calls": [opening]}, "", CALL_TOKENS
            for piece in tokens.split(call.arguments):
                yield {"tool_calls": [{"index": position, inner: {argument: piece}}]}, "", 1

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """An `error` object; `retry-after` in seconds and milliseconds."""
        headers = {**self.headers(request_id)}
        if problem.retry_after is not None:
            headers["retry-after"] = str(math.ceil(problem.retry_after))
            headers["retry-after-ms"] = str(math.ceil(problem.retry_after * 1_000))
        return headers, self.error_body(problem, request_id)

    def failure(self, problem: Problem, request_id: str) -> Event:
        """An `error` object instead of a chunk."""
        return Event(json_bytes(self.error_body(problem, request_id)))

    def error_body(self, problem: Problem, request_id: str) -> dict[str, Any]:  # noqa: ARG002 - OpenAI has it in a header
        """A refusal as JSON."""
        return {"error": error(problem)}

    def models(self, names: Sequence[str]) -> Any:
        """A `list`."""
        return {"object": "list", "data": [self.model(name) for name in names]}

    def model(self, name: str) -> Any:
        """A `model`."""
        return {"id": name, "object": "model", "created": EPOCH, "owned_by": self.owner}


def chunk(
    frame: dict[str, Any],
    choice: Choice,
    delta: dict[str, Any],
    *,
    finish: str | None = None,
    logprobs: Any = None,
    tokens: int = 0,
    reports_usage: bool = False,
) -> Event:
    """One step of a stream: what a choice gained, or why it ended. `frame` is all that is beside the choices."""
    part = {"index": choice.index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
    return Event(json_bytes({**frame, "choices": [part]}), tokens=tokens, reports_usage=reports_usage)


def error(problem: Problem) -> dict[str, Any]:
    """A refusal as OpenAI's error object."""
    kind, code = _ERRORS[problem.kind]
    return {
        "message": problem.message,
        "type": problem.type or kind,
        "param": problem.param,
        "code": problem.code or code,
    }


def _logprob(piece: str, alternatives: int) -> dict[str, Any]:
    data = piece.encode("utf-8")
    number = hashlib.blake2b(data, digest_size=2).digest()
    chosen = {"token": piece, "logprob": -number[0] / 512, "bytes": list(data)}
    others = [
        {"token": f" {rank}", "logprob": chosen_rank, "bytes": list(f" {rank}".encode())}
        for rank, chosen_rank in ((rank, -1.0 - rank - number[1] / 512) for rank in range(1, alternatives))
    ]
    return {**chosen, "top_logprobs": [chosen, *others] if alternatives else []}
