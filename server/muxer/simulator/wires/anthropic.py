"""Anthropic's Messages on the wire."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from muxer.simulator import tokens
from muxer.simulator.ask import Ask
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.script import CALL_TOKENS, Answer, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event, Incoming, Wire, bearer, json_bytes
from muxer.simulator.wires.anthropic_messages import STRICT_VERSION
from muxer.simulator.wires.anthropic_request import read_ask

_TYPES = {
    "auth": "authentication_error",
    "billing": "billing_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "timeout": "timeout_error",
    "conflict": "conflict_error",
    "too_large": "request_too_large",
    "rate_limit": "rate_limit_error",
    "quota": "rate_limit_error",
    "server": "api_error",
    "overloaded": "overloaded_error",
}
"""Error type by kind of refusal; what is not here is `invalid_request_error`."""

_FINISH = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_VERSIONS = ("2023-06-01", STRICT_VERSION)
_CREATED = "2026-11-23T00:00:00Z"


class Anthropic(Wire):
    """The Messages protocol, in the versions 2023-06-01 and 2026-10-21."""

    def operation(self, method: str, path: str) -> str:
        """Messages, their token count, and the models."""
        if method == "POST":
            return {"/v1/messages": "chat", "/v1/messages/count_tokens": "count"}.get(path, "")
        if method == "GET":
            return "models" if path == "/v1/models" else "model" if path.startswith("/v1/models/") else ""
        return ""

    def key(self, headers: Mapping[str, str]) -> str:
        """The `x-api-key`, which wins over a bearer token."""
        if "x-api-key" in headers:
            return headers["x-api-key"].strip()
        return bearer(headers)

    def prompt_cache(self) -> str:
        """Anthropic caches where it is told to."""
        return "explicit"

    def read(self, incoming: Incoming) -> Ask:
        """Needs a known version of the API."""
        version = incoming.headers.get("anthropic-version", "")
        if not version:
            raise Problem("invalid", "anthropic-version: header is required")
        if version not in _VERSIONS:
            raise Problem("invalid", f'anthropic-version: "{version}" is not a valid version')
        body = Fields(incoming.body)
        body.require("model")
        model, traits = incoming.resolve(body.text("model"))
        return read_ask(body, model, traits, version, counting=incoming.path.endswith("/count_tokens"))

    def headers(self, request_id: str) -> dict[str, str]:
        """Request id and rate limits."""
        limits = {"requests": 4_000, "tokens": 2_400_000, "input-tokens": 2_000_000, "output-tokens": 400_000}
        headers = {"request-id": request_id, "anthropic-organization-id": "simulated-organization"}
        for name, limit in limits.items():
            headers[f"anthropic-ratelimit-{name}-limit"] = str(limit)
            headers[f"anthropic-ratelimit-{name}-remaining"] = str(limit - 1)
            headers[f"anthropic-ratelimit-{name}-reset"] = _CREATED
        return headers

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A `message`."""
        choice = answer.choices[0]
        content = [block.start | block.done for block in _blocks(answer, choice)]
        body = {**self._message(ask, answer), "content": content, **_stop(choice)}
        if answer.usage is not None:
            body["usage"] = _usage(answer.usage)
        return body

    def _message(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        return {"id": f"msg_{answer.id[:24]}", "type": "message", "role": "assistant", "model": ask.model}

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """From `message_start` to `message_stop`."""
        choice = answer.choices[0]
        start = {**self._message(ask, answer), "content": [], "stop_reason": None, "stop_sequence": None}
        if answer.usage is not None:
            start["usage"] = _usage(msgspec.structs.replace(answer.usage, output=1, reasoning=0))
        yield _event("message_start", reports_usage=answer.usage is not None, message=start)
        for index, block in enumerate(_blocks(answer, choice)):
            yield _event("content_block_start", index=index, content_block=block.start, tokens=block.opening_tokens)
            if index == 0:
                yield _event("ping")
            for delta, worth in block.deltas:
                yield _event("content_block_delta", index=index, delta=delta, tokens=worth)
            yield _event("content_block_stop", index=index)
        end = {"delta": _stop(choice)} | ({} if answer.usage is None else {"usage": _usage(answer.usage)})
        yield Event(json_bytes({"type": "message_delta", **end}), "message_delta", reports_usage="usage" in end)
        yield _event("message_stop")

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """An `error` object; `retry-after` in seconds."""
        headers = self.headers(request_id)
        if problem.retry_after is not None:
            headers["retry-after"] = str(math.ceil(problem.retry_after))
        return headers, self._error(problem, request_id)

    def _error(self, problem: Problem, request_id: str) -> dict[str, Any]:
        path = (problem.param or "").replace("[", ".").replace("]", "")
        plain = "Field required" if problem.code == "missing_required_parameter" else problem.message
        error: dict[str, Any] = {
            "type": problem.type or _TYPES.get(problem.kind, "invalid_request_error"),
            "message": f"{path}: {plain}" if path else plain,
        }
        if problem.kind == "quota":
            error["details"] = {"error_code": problem.code or "enforced_spend_limit_reached"}
        return {"type": "error", "error": error, "request_id": request_id}

    def failure(self, problem: Problem, request_id: str) -> Event:
        """An `error` event."""
        return Event(json_bytes(self._error(problem, request_id)), "error")

    def models(self, names: Sequence[str]) -> Any:
        """A page that is the last one."""
        first, last = (names[0], names[-1]) if names else (None, None)
        return {"data": [self.model(name) for name in names], "has_more": False, "first_id": first, "last_id": last}

    def model(self, name: str) -> Any:
        """A `model`."""
        return {
            "type": "model",
            "id": name,
            "display_name": name.replace("-", " ").title(),
            "created_at": _CREATED,
            "lifecycle": "active",
            "max_input_tokens": 200_000,
            "max_tokens": 64_000,
            "capabilities": None,
            "retires_at": None,
        }

    def count(self, tokens: int) -> Any:
        """The answer to a request to count tokens."""
        return {"input_tokens": tokens}


class _Block(msgspec.Struct, frozen=True):
    """A content block: its fields at the start, its fields when done, and what it gains between (with its tokens)."""

    start: dict[str, Any]
    done: dict[str, Any]
    deltas: list[tuple[dict[str, Any], int]]
    opening_tokens: int = 0


def _blocks(answer: Answer, choice: Choice) -> Iterator[_Block]:
    if choice.reasoning:
        yield _thinking(answer, choice)
    if choice.text:
        deltas: list[tuple[dict[str, Any], int]] = [({"type": "text_delta", "text": piece}, 1) for piece in choice.text]
        yield _Block({"type": "text", "text": ""}, {"text": "".join(choice.text)}, deltas)
    for position, call in enumerate(choice.calls):
        name = call.tool.name
        start = {"type": "tool_use", "id": f"toolu_{answer.id[:20]}{position:02}", "name": name, "input": {}}
        pieces = [] if call.arguments == "{}" else tokens.split(call.arguments)
        worth = CALL_TOKENS + (tokens.count(call.arguments) - len(pieces))
        deltas = [({"type": "input_json_delta", "partial_json": piece}, 1) for piece in pieces]
        done = {"input": msgspec.json.decode(call.arguments)} if call.complete else {"input": {}}
        yield _Block(start, done, deltas, worth)


def _thinking(answer: Answer, choice: Choice) -> _Block:
    signature = base64.b64encode(f"simulated:{answer.id}".encode()).decode()
    start = {"type": "thinking", "thinking": "", "signature": ""}
    signed: dict[str, Any] = {"type": "signature_delta", "signature": signature}
    if not choice.shows_reasoning:
        return _Block(start, {"signature": signature}, [(signed, 0)], len(choice.reasoning))
    deltas: list[tuple[dict[str, Any], int]] = [
        ({"type": "thinking_delta", "thinking": piece}, 1) for piece in choice.reasoning
    ]
    return _Block(start, {"thinking": "".join(choice.reasoning), "signature": signature}, [*deltas, (signed, 0)])


def _stop(choice: Choice) -> dict[str, Any]:
    if choice.refused or choice.finish == "content_filter":
        details = {"type": "refusal", "category": None, "explanation": "Simulated refusal."}
        return {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    if choice.stop_sequence is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": choice.stop_sequence}
    return {"stop_reason": _FINISH.get(choice.finish, "end_turn"), "stop_sequence": None}


def _usage(used: Tokens) -> dict[str, Any]:
    """What a call used; input, cached and written tokens are counted apart."""
    return {
        "input_tokens": used.input,
        "cache_creation_input_tokens": used.written,
        "cache_read_input_tokens": used.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.write_5m,
            "ephemeral_1h_input_tokens": used.write_1h,
        },
        "output_tokens": used.output,
        "output_tokens_details": {"thinking_tokens": used.reasoning},
        "service_tier": "standard",
    }


def _event(name: str, *, tokens: int = 0, reports_usage: bool = False, **fields: Any) -> Event:
    return Event(json_bytes({"type": name, **fields}), name, tokens, reports_usage)
