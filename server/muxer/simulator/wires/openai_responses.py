"""OpenAI's Responses API on the wire: items instead of choices, and a stream of numbered, named events."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from muxer.simulator import tokens
from muxer.simulator.ask import Ask, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.script import CALL_TOKENS, Answer, Call, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event, Incoming, Wire, json_bytes
from muxer.simulator.wires.openai_chat import OpenAIChat, error
from muxer.simulator.wires.openai_responses_request import FIELDS, read_ask

_Step = tuple[str, dict[str, Any], int]
"""Type of an event, its fields, and the tokens that it brings."""


class OpenAIResponses(Wire):
    """The protocol of `POST /responses`; keys, headers, errors and models are those of Chat Completions."""

    def __init__(self) -> None:
        self._chat = OpenAIChat()

    def operation(self, method: str, path: str) -> str:
        """Creating a response; nothing is stored, so none can be fetched."""
        return "chat" if (method, path) == ("POST", "/responses") else ""

    def key(self, headers: Mapping[str, str]) -> str:
        """The bearer token."""
        return self._chat.key(headers)

    def prompt_cache(self) -> str:
        """OpenAI caches by itself."""
        return self._chat.prompt_cache()

    def read(self, incoming: Incoming) -> Ask:
        """Refuses unknown fields, as OpenAI does."""
        body = Fields(incoming.body)
        unknown = body.only(FIELDS)
        if unknown:
            raise body.wrong(unknown, f"Unknown parameter: '{unknown}'.", "unknown_parameter")
        body.require("model")
        model, traits = incoming.resolve(body.text("model"))
        return read_ask(body, model, traits)

    def headers(self, request_id: str) -> dict[str, str]:
        """Request id and rate limits."""
        return self._chat.headers(request_id)

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A `response`."""
        choice = answer.choices[0]
        done = _items(ask, answer, choice, _status(choice))
        return _response(ask, answer, _status(choice), done, answer.usage)

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """From `response.created` to `response.completed` or `response.incomplete`."""
        choice = answer.choices[0]
        status = _status(choice)
        begun = _response(ask, answer, "in_progress", [], None)
        steps: list[_Step] = [
            ("response.created", {"response": begun}, 0),
            ("response.in_progress", {"response": begun}, 0),
        ]
        done = _items(ask, answer, choice, status)
        for index, item in enumerate(done):
            steps += _item_steps(index, item, choice)
        finished = {"response": _response(ask, answer, status, done, answer.usage)}
        steps.append((f"response.{status}", finished, 0))
        for number, (kind, fields, worth) in enumerate(steps):
            data = json_bytes({"type": kind, "sequence_number": number, **fields})
            yield Event(data, kind, worth, reports_usage=fields is finished and answer.usage is not None)

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """An `error` object, as in Chat Completions."""
        return self._chat.refusal(problem, request_id)

    def failure(self, problem: Problem, request_id: str) -> Event:  # noqa: ARG002 - it is in a header
        """An `error` event."""
        told = {key: value for key, value in error(problem).items() if key != "type"}
        return Event(json_bytes({"type": "error", "sequence_number": 0, **told}), "error")

    def models(self, names: Sequence[str]) -> Any:
        """A `list`."""
        return self._chat.models(names)

    def model(self, name: str) -> Any:
        """A `model`."""
        return self._chat.model(name)


def _status(choice: Choice) -> str:
    return "incomplete" if choice.finish in ("length", "content_filter") else "completed"


def _response(
    ask: Ask, answer: Answer, status: str, output: list[dict[str, Any]], usage: Tokens | None
) -> dict[str, Any]:
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    reason = reasons.get(answer.choices[0].finish) if status == "incomplete" else None
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": answer.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "instructions": None,
        "max_output_tokens": ask.max_tokens,
        "metadata": {},
        "model": ask.model,
        "output": output,
        "parallel_tool_calls": ask.parallel,
        "previous_response_id": None,
        "reasoning": {"effort": ask.effort or None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": ask.tool_mode,
        "tools": [_tool(tool) for tool in ask.tools],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None if usage is None else _usage(usage),
    }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    if tool.custom:
        return {"type": "custom", "name": tool.name}
    return {"type": "function", "name": tool.name, "parameters": tool.schema, "strict": False}


def _usage(used: Tokens) -> dict[str, Any]:
    return {
        "input_tokens": used.prompt,
        "input_tokens_details": {"cached_tokens": used.cached, "cache_write_tokens": used.written},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.total,
    }


def _items(ask: Ask, answer: Answer, choice: Choice, status: str) -> list[dict[str, Any]]:
    items = []
    if choice.reasoning:
        items.append(_reasoning(ask, answer, choice))
    if choice.text:
        content = _part(choice, "".join(choice.text))
        message = {"id": f"msg_{answer.id}", "type": "message", "status": status, "role": "assistant"}
        items.append({**message, "content": [content]})
    calls = enumerate(choice.calls)
    return items + [_call(answer, position, call) for position, call in calls]


def _reasoning(ask: Ask, answer: Answer, choice: Choice) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": "".join(choice.reasoning)}] if choice.shows_reasoning else []
    item: dict[str, Any] = {"id": f"rs_{answer.id}", "type": "reasoning", "summary": summary}
    if ask.seal_reasoning:
        item["encrypted_content"] = base64.b64encode(f"simulated:{answer.id}".encode()).decode()
    return item


def _part(choice: Choice, text: str) -> dict[str, Any]:
    if choice.refused:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(answer: Answer, position: int, call: Call) -> dict[str, Any]:
    ids = {"call_id": f"call_{answer.id[:20]}{position:02}", "name": call.tool.name}
    status = "completed" if call.complete else "incomplete"
    if call.tool.custom:
        item_id = f"ctc_{answer.id}{position:02}"
        return {"id": item_id, "type": "custom_tool_call", "status": status, **ids, "input": call.arguments}
    item_id = f"fc_{answer.id}{position:02}"
    return {"id": item_id, "type": "function_call", "status": status, **ids, "arguments": call.arguments}


def _item_steps(index: int, item: dict[str, Any], choice: Choice) -> Iterator[_Step]:
    place = {"output_index": index, "item_id": item["id"]}
    steps = {"reasoning": _reasoning_steps, "message": _message_steps}.get(item["type"], _call_steps)
    bare = {"summary": [], "content": [], "arguments": "", "input": "", "status": "in_progress"}
    begun = {key: bare.get(key, value) for key, value in item.items()}
    opening = len(choice.reasoning) if item["type"] == "reasoning" and not item["summary"] else 0
    yield "response.output_item.added", {"output_index": index, "item": begun}, opening
    yield from steps(place, item, choice)
    yield "response.output_item.done", {"output_index": index, "item": item}, 0


def _reasoning_steps(place: dict[str, Any], item: dict[str, Any], choice: Choice) -> Iterator[_Step]:
    for number, part in enumerate(item["summary"]):
        where = {**place, "summary_index": number}
        yield "response.reasoning_summary_part.added", {**where, "part": {**part, "text": ""}}, 0
        for piece in choice.reasoning:
            yield "response.reasoning_summary_text.delta", {**where, "delta": piece}, 1
        yield "response.reasoning_summary_text.done", {**where, "text": part["text"]}, 0
        yield "response.reasoning_summary_part.done", {**where, "part": part}, 0


def _message_steps(place: dict[str, Any], item: dict[str, Any], choice: Choice) -> Iterator[_Step]:
    (part,) = item["content"]
    where = {**place, "content_index": 0}
    kind, key = ("refusal", "refusal") if choice.refused else ("output_text", "text")
    extra: dict[str, Any] = {} if choice.refused else {"logprobs": []}
    yield "response.content_part.added", {**where, "part": {**part, key: ""}}, 0
    for piece in choice.text:
        yield f"response.{kind}.delta", {**where, "delta": piece, **extra}, 1
    yield f"response.{kind}.done", {**where, key: part[key], **extra}, 0
    yield "response.content_part.done", {**where, "part": part}, 0


def _call_steps(place: dict[str, Any], item: dict[str, Any], _choice: Choice) -> Iterator[_Step]:
    is_custom = item["type"] == "custom_tool_call"
    kind, key = ("custom_tool_call_input", "input") if is_custom else ("function_call_arguments", "arguments")
    for number, piece in enumerate(tokens.split(item[key])):
        yield f"response.{kind}.delta", {**place, "delta": piece}, 1 + (0 if number else CALL_TOKENS)
    named = {} if is_custom else {"name": item["name"]}
    yield f"response.{kind}.done", {**place, key: item[key], **named}, 0 if item[key] else CALL_TOKENS
