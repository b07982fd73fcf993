"""Google's Gemini API on the wire: the model and the streaming in the path, parts instead of text, no terminator."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from muxer.simulator.ask import Ask
from muxer.simulator.problem import Problem
from muxer.simulator.script import CALL_TOKENS, Answer, Choice
from muxer.simulator.tokens import Tokens, count
from muxer.simulator.wire import Event, Incoming, Wire, json_bytes
from muxer.simulator.wires.gemini_request import read_ask

_PATH = re.compile(r"/v1(?:beta)?/models(?:/(?P<model>[^:]+)(?::(?P<action>\w+))?)?\Z")
_ACTIONS = {"generateContent": "chat", "streamGenerateContent": "chat", "countTokens": "count"}
_FINISH = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_TYPE = "type.googleapis.com/google.rpc."


class Gemini(Wire):
    """The protocol of `generateContent`, in the versions v1 and v1beta."""

    def operation(self, method: str, path: str) -> str:
        """An action of a model, or the models."""
        match = _PATH.match(path)
        if match is None or (method == "POST") != bool(match["action"]) or method not in ("GET", "POST"):
            return ""
        if match["action"]:
            return _ACTIONS.get(match["action"], "")
        return "model" if match["model"] else "models"

    def key(self, headers: Mapping[str, str]) -> str:
        """The `x-goog-api-key`."""
        return headers.get("x-goog-api-key", "").strip()

    def prompt_cache(self) -> str:
        """Google caches by itself."""
        return "automatic"

    def read(self, incoming: Incoming) -> Ask:
        """The model is in the path, and so is whether to stream."""
        match = _PATH.match(incoming.path)
        if match is None:
            raise Problem("not_found", "no such address")
        stream = match["action"] == "streamGenerateContent"
        if stream and incoming.query.get("alt") != "sse":
            raise Problem("invalid", "Streams without alt=sse are not simulated.")
        model, traits = incoming.resolve(match["model"])
        return read_ask(incoming.body, model, traits, stream=stream)

    def headers(self, request_id: str) -> dict[str, str]:
        """Google sends no request id; the simulator's own is for whoever compares records."""
        return {"x-simulator-request-id": request_id}

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A `GenerateContentResponse`."""
        if answer.choices[0].refused:
            return self._frame(ask, answer, answer.usage) | {"promptFeedback": {"blockReason": "SAFETY"}}
        candidates = [_candidate(ask, answer, choice) for choice in answer.choices]
        return {"candidates": candidates, **self._frame(ask, answer, answer.usage)}

    def _frame(self, ask: Ask, answer: Answer, usage: Tokens | None) -> dict[str, Any]:
        frame = {"modelVersion": ask.model, "responseId": answer.id}
        return frame if usage is None else {"usageMetadata": _usage(usage), **frame}

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """Responses, each with a little more text and the usage so far; the last one says why it ended."""
        if answer.choices[0].refused:
            yield Event(json_bytes(self.whole(ask, answer)), reports_usage=answer.usage is not None)
            return
        said = thought = 0
        hidden = sum(len(choice.reasoning) for choice in answer.choices if not choice.shows_reasoning)
        for choice in answer.choices:
            for part, worth in _streamed_parts(ask, answer, choice):
                thought += hidden + (worth if part.get("thought") else 0)
                said += hidden + worth
                so_far = answer.usage and msgspec.structs.replace(answer.usage, output=said, reasoning=thought)
                candidate = {"content": {"role": "model", "parts": [part]}, "index": choice.index}
                body = {"candidates": [candidate], **self._frame(ask, answer, so_far)}
                yield Event(json_bytes(body), tokens=hidden + worth, reports_usage=so_far is not None)
                hidden = 0
        last = [_ended(choice, [{"text": ""}] if choice.text else []) for choice in answer.choices]
        body = {"candidates": last, **self._frame(ask, answer, answer.usage)}
        unseen = answer.billed.output - said
        yield Event(json_bytes(body), tokens=unseen, reports_usage=answer.usage is not None)

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """An `error` object; when to try again is in its details."""
        return self.headers(request_id), _error(problem)

    def failure(self, problem: Problem, request_id: str) -> Event:  # noqa: ARG002 - Google sends none
        """An `error` object instead of a response."""
        return Event(json_bytes(_error(problem)))

    def models(self, names: Sequence[str]) -> Any:
        """A page that is the last one."""
        return {"models": [self.model(name) for name in names]}

    def model(self, name: str) -> Any:
        """A model, its name with a prefix."""
        return {
            "name": f"models/{name}",
            "displayName": name.replace("-", " ").title(),
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }

    def count(self, tokens: int) -> Any:
        """The answer to `countTokens`."""
        return {"totalTokens": tokens}


def _candidate(ask: Ask, answer: Answer, choice: Choice) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if choice.reasoning and choice.shows_reasoning:
        parts.append({"text": "".join(choice.reasoning), "thought": True})
    if choice.text:
        parts.append({"text": "".join(choice.text)})
    parts += [part for part, _ in _calls(ask, answer, choice)]
    return _ended(choice, parts)


def _ended(choice: Choice, parts: list[dict[str, Any]]) -> dict[str, Any]:
    content = {"role": "model", "parts": parts} if parts else {"role": "model"}
    return {"content": content, "finishReason": _FINISH[choice.finish], "index": choice.index}


def _streamed_parts(ask: Ask, answer: Answer, choice: Choice) -> Iterator[tuple[dict[str, Any], int]]:
    """Each part with the tokens that it brings."""
    if choice.shows_reasoning:
        for piece in choice.reasoning:
            yield {"text": piece, "thought": True}, 1
    for piece in choice.text:
        yield {"text": piece}, 1
    yield from _calls(ask, answer, choice)


def _calls(ask: Ask, answer: Answer, choice: Choice) -> Iterator[tuple[dict[str, Any], int]]:
    """Whole function calls; ids and a signature on the first one where the model makes them."""
    for position, call in enumerate(call for call in choice.calls if call.complete):
        arguments = msgspec.json.decode(call.arguments)
        made: dict[str, Any] = {"functionCall": {"name": call.tool.name, "args": arguments}}
        if ask.signs_calls:
            made["functionCall"]["id"] = f"{answer.id[:8]}{position:02}"
            if position == 0:
                made["thoughtSignature"] = base64.b64encode(f"simulated:{answer.id}".encode()).decode()
        yield made, CALL_TOKENS + count(call.arguments)


def _usage(used: Tokens) -> dict[str, Any]:
    """What a call used; thoughts are counted apart from the answer."""
    usage: dict[str, Any] = {
        "promptTokenCount": used.prompt,
        "candidatesTokenCount": used.output - used.reasoning,
        "totalTokenCount": used.total,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": used.prompt}],
    }
    if used.cached:
        usage["cachedContentTokenCount"] = used.cached
    if used.reasoning:
        usage["thoughtsTokenCount"] = used.reasoning
    return usage


def _error(problem: Problem) -> dict[str, Any]:
    details: list[dict[str, Any]] = []
    if problem.code and problem.code.isupper():
        details.append({"@type": f"{_TYPE}ErrorInfo", "reason": problem.code, "domain": "googleapis.com"})
    if problem.kind in ("rate_limit", "quota"):
        period = "PerDay" if problem.kind == "quota" else "PerMinute"
        violation = {"quotaId": f"GenerateRequests{period}PerProjectPerModel"}
        details.append({"@type": f"{_TYPE}QuotaFailure", "violations": [violation]})
    if problem.retry_after is not None:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{problem.retry_after:g}s"})
    status = problem.type or _STATUS.get(problem.status, "INTERNAL" if problem.status >= 500 else "INVALID_ARGUMENT")
    error: dict[str, Any] = {"code": problem.status, "message": _message(problem), "status": status}
    return {"error": error | ({"details": details} if details else {})}


def _message(problem: Problem) -> str:
    if problem.kind == "context":
        numbers = re.findall(r"\d+", problem.message)
        return f"The input token count ({numbers[0]}) exceeds the maximum number of tokens allowed ({numbers[-1]})."
    return f"{problem.param}: {problem.message}" if problem.param else problem.message
