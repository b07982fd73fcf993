"""Cohere's chat API v2 on the wire: named events around indexed contents, two ways of counting, flat errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from muxer.simulator import tokens
from muxer.simulator.ask import Ask
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.script import CALL_TOKENS, Answer, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event, Incoming, Wire, bearer, json_bytes
from muxer.simulator.wires.cohere_request import read_ask

TEMPLATE_TOKENS = 67
"""What Cohere's hidden template adds to the tokens that it counts, but does not bill."""

_FINISH = {"length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}


class Cohere(Wire):
    """The protocol of `POST /v2/chat`."""

    def operation(self, method: str, path: str) -> str:
        """Chat, and the models."""
        if (method, path) == ("POST", "/v2/chat"):
            return "chat"
        if method == "GET":
            return "models" if path == "/v1/models" else "model" if path.startswith("/v1/models/") else ""
        return ""

    def key(self, headers: Mapping[str, str]) -> str:
        """The bearer token."""
        return bearer(headers)

    def prompt_cache(self) -> str:
        """Nothing is cached."""
        return ""

    def read(self, incoming: Incoming) -> Ask:
        """Refuses unknown fields with a 422."""
        body = Fields(incoming.body)
        body.require("model")
        model, traits = incoming.resolve(body.text("model"))
        return read_ask(body, model, traits)

    def headers(self, request_id: str) -> dict[str, str]:
        """A trace id, and what is left of the trial."""
        return {"x-debug-trace-id": request_id, "x-endpoint-monthly-call-limit": "1000"}

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A chat response."""
        choice = answer.choices[0]
        message: dict[str, Any] = {"role": "assistant"}
        if choice.calls:
            message["tool_plan"] = "".join(choice.text)
            message["tool_calls"] = [_call(answer, position, choice) for position in range(len(choice.calls))]
        thoughts = [{"type": "thinking", "thinking": "".join(choice.reasoning)}] if choice.reasoning else []
        texts = [{"type": "text", "text": "".join(choice.text)}] if choice.text and not choice.calls else []
        if thoughts or texts:
            message["content"] = thoughts + texts
        body: dict[str, Any] = {"id": answer.id, "finish_reason": _finish(choice), "message": message}
        if ask.logprobs is not None:
            body["logprobs"] = [{"token_ids": [index], "text": piece} for index, piece in enumerate(choice.text)]
        return body if answer.usage is None else {**body, "usage": _usage(answer.usage)}

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:  # noqa: ARG002 - nothing of it is echoed
        """From `message-start` to `message-end`."""
        choice = answer.choices[0]
        opening = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        yield _event("message-start", {"message": opening}, id=answer.id)
        yield from _contents(choice)
        for position, call in enumerate(choice.calls):
            made = _call(answer, position, choice)
            made["function"]["arguments"] = ""
            yield _event("tool-call-start", {"message": {"tool_calls": made}}, CALL_TOKENS, index=position)
            for piece in tokens.split(call.arguments):
                grown = {"message": {"tool_calls": {"function": {"arguments": piece}}}}
                yield _event("tool-call-delta", grown, 1, index=position)
            yield _event("tool-call-end", index=position)
        ending: dict[str, Any] = {"finish_reason": _finish(choice)}
        if answer.usage is not None:
            ending["usage"] = _usage(answer.usage)
        data = json_bytes({"type": "message-end", "delta": ending})
        yield Event(data, "message-end", reports_usage=answer.usage is not None)

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """A message, and nothing else."""
        message = problem.message
        if problem.kind == "context":
            message = f"too many tokens: {message}"
        return self.headers(request_id), {"id": request_id, "message": message}

    def failure(self, problem: Problem, request_id: str) -> Event:  # noqa: ARG002 - the stream has an id already
        """An end with the finish reason `ERROR`."""
        delta = {"finish_reason": "ERROR", "error": problem.message}
        return Event(json_bytes({"type": "message-end", "delta": delta}), "message-end")

    def models(self, names: Sequence[str]) -> Any:
        """A page that is the last one."""
        return {"models": [self.model(name) for name in names], "next_page_token": None}

    def model(self, name: str) -> Any:
        """A model; its id is its name."""
        return {
            "name": name,
            "is_deprecated": False,
            "endpoints": ["chat"],
            "context_length": 256_000,
            "features": ["tools"],
            "default_endpoints": [],
        }


def _contents(choice: Choice) -> Iterator[Event]:
    """The thoughts, then the text, each a content of its own; before tool calls the text is a plan."""
    index = 0
    for kind, pieces in (("thinking", choice.reasoning), ("text", () if choice.calls else choice.text)):
        if pieces:
            start = {"message": {"content": {"type": kind, kind: ""}}}
            yield _event("content-start", start, index=index)
            for piece in pieces:
                yield _event("content-delta", {"message": {"content": {kind: piece}}}, 1, index=index)
            yield _event("content-end", index=index)
            index += 1
    for piece in choice.text if choice.calls else ():
        yield _event("tool-plan-delta", {"message": {"tool_plan": piece}}, 1)


def _call(answer: Answer, position: int, choice: Choice) -> dict[str, Any]:
    call = choice.calls[position]
    name = call.tool.name
    function = {"name": name, "arguments": call.arguments}
    return {"id": f"{name}_{answer.id[:12]}{position:02}", "type": "function", "function": function}


def _finish(choice: Choice) -> str:
    return "STOP_SEQUENCE" if choice.stop_sequence is not None else _FINISH.get(choice.finish, "COMPLETE")


def _usage(used: Tokens) -> dict[str, Any]:
    """What is billed, and what was counted with the template. Cohere writes counts as floats."""
    return {
        "billed_units": {"input_tokens": float(used.prompt), "output_tokens": float(used.output)},
        "tokens": {"input_tokens": float(used.prompt + TEMPLATE_TOKENS), "output_tokens": float(used.output)},
        "cached_tokens": float(used.cached),
    }


def _event(name: str, delta: dict[str, Any] | None = None, worth: int = 0, **fields: Any) -> Event:
    told = {} if delta is None else {"delta": delta}
    return Event(json_bytes({"type": name, **fields, **told}), name, worth)
