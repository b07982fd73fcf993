"""Every provider, over REST and over gRPC: what it can do is done, and costs what it bills to the last unit."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import httpx
import pytest
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from msgspec import Struct
from muxer.plan import read_plan
from muxer.settings import Environment
from muxer.simulator.record import Call
from muxer.simulator.vendors import VENDORS
from muxer.types.catalog import Capabilities, ModelSpec

from tests.stack.stack import Stack

MODELS = read_plan(Environment({}), "").prices.catalog.models
PNG = (
    "data:image/png;base64,"
    + base64.b64encode(
        base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
    ).decode()
)
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


class Answer(Struct):
    """What a client has of an answer, over whichever face."""

    text: str
    reasoning: str
    calls: list[tuple[str, str]]
    finish: str
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost: int


def first(provider: str, fits: Callable[[Capabilities], bool]) -> ModelSpec | None:
    return next((m for m in MODELS.values() if m.provider == provider and fits(m.capabilities)), None)


def every(fits: Callable[[Capabilities], bool]) -> list[str]:
    """One model of each provider that has one for it."""
    found = [first(vendor.name, fits) for vendor in VENDORS]
    return [model.id for model in found if model is not None]


@pytest.fixture(params=["REST", "REST stream", "gRPC", "gRPC stream"])
def ask(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Callable[..., Answer]]:
    """Asks over one of the faces."""
    face, _, stream = request.param.partition(" ")
    if face == "REST":
        with httpx.Client(base_url=stack.rest, timeout=20) as client:
            yield lambda **body: rest(client, body, stream=bool(stream))
    else:
        with grpc.insecure_channel(stack.grpc) as channel:
            yield lambda **body: typed(RouterServiceStub(channel), body, stream=bool(stream))


def rest(client: httpx.Client, body: dict, *, stream: bool) -> Answer:
    body = dict(body)
    if "schema" in body:
        schema = {"name": "person", "schema": body.pop("schema"), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if "image" in body:
        url = {"type": "image_url", "image_url": {"url": body.pop("image")}}
        body["messages"] = [{"role": "user", "content": [{"type": "text", "text": body.pop("prompt")}, url]}]
    else:
        body["messages"] = [{"role": "user", "content": body.pop("prompt")}]
    if "tools" in body:
        body["tools"] = [{"type": "function", "function": {**tool, "parameters": SCHEMA}} for tool in body["tools"]]
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    if not stream:
        whole = reply.json()
        message, finish, last = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"], whole
        calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls", [])]
        text, reasoning = message["content"] or "", message.get("reasoning_content", "")
    else:
        chunks = [json.loads(e.removeprefix("data: ")) for e in reply.text.split("\n\n") if e.startswith("data: {")]
        choices = [c for chunk in chunks for c in chunk["choices"]]
        text = "".join(c["delta"].get("content") or "" for c in choices)
        reasoning = "".join(c["delta"].get("reasoning_content") or "" for c in choices)
        finish, last = next(c["finish_reason"] for c in choices if c["finish_reason"]), chunks[-1]
        calls = add_up((t["index"], t["function"].get("name", ""), t["function"]["arguments"])
                       for c in choices for t in c["delta"].get("tool_calls", []))  # fmt: skip
    usage = last["usage"]
    return Answer(text, reasoning, calls, finish, usage["prompt_tokens"], usage["completion_tokens"],
                  usage["completion_tokens_details"]["reasoning_tokens"],
                  last["router_metadata"]["actual_cost_pico_usd"])  # fmt: skip


def typed(router: RouterServiceStub, body: dict, *, stream: bool) -> Answer:
    body = dict(body)
    if "schema" in body:
        body["response_format"] = {"type": "json_schema", "name": "person", "schema": json.dumps(body.pop("schema")),
                                   "strict": True}  # fmt: skip
    if "image" in body:
        parts = [{"text": body.pop("prompt")}, {"image": {"url": body.pop("image")}}]
        body["messages"] = [{"role": "user", "parts": parts}]
    else:
        body["messages"] = [{"role": "user", "content": body.pop("prompt")}]
    if "tools" in body:
        body["tools"] = [{**tool, "parameters": json.dumps(SCHEMA)} for tool in body["tools"]]
    if "tool_choice" in body:
        body["tool_choice"] = {"mode": body["tool_choice"]}
    request = pb.ChatCompletionRequest(**body)
    if not stream:
        last: Any
        last = whole = router.ChatCompletion(request)
        message = whole.choices[0].message
        calls = [(c.name, c.arguments) for c in message.tool_calls]
        text, reasoning, finish = message.content, message.reasoning, whole.choices[0].finish_reason
    else:
        pieces = list(router.StreamChatCompletion(pb.StreamChatCompletionRequest(request=request)))
        choices = [c for piece in pieces for c in piece.choices]
        text = "".join(c.delta.content for c in choices)
        reasoning = "".join(c.delta.reasoning for c in choices)
        finish, last = next(c.finish_reason for c in choices if c.finish_reason), pieces[-1]
        calls = add_up((t.index, t.name, t.arguments) for c in choices for t in c.delta.tool_calls)
    usage = last.usage
    return Answer(text, reasoning, calls, finish, usage.prompt_tokens, usage.completion_tokens,
                  usage.reasoning_tokens, last.cost.pico_usd)  # fmt: skip


def add_up(deltas) -> list[tuple[str, str]]:
    calls: dict[int, tuple[str, str]] = {}
    for index, name, arguments in deltas:
        known = calls.get(index, ("", ""))
        calls[index] = (known[0] + name, known[1] + arguments)
    return [calls[index] for index in sorted(calls)]


def bill_of(stack: Stack, mark: str) -> Call:
    """The simulator's record of the call whose prompt had this mark, once it is complete."""
    fits = lambda call: mark in json.dumps(call.body) and call.finished_s is not None  # noqa: E731
    return stack.call(stack.simulator.record.wait_for(fits))


def settled(stack: Stack, answer: Answer, mark: str) -> None:
    """Tokens and money are what the provider has in its books."""
    billed = bill_of(stack, mark)
    assert billed.status == 200
    assert (answer.prompt_tokens, answer.completion_tokens) == (billed.billed.prompt, billed.billed.output)
    assert answer.cost == billed.cost_pico_usd
    assert answer.cost > 0


@pytest.fixture
def mark() -> str:
    return f"mark-{uuid.uuid4().hex[:12]}"


@pytest.mark.parametrize("model", every(lambda _: True))
def test_plain_text(stack, ask, mark, model):
    answer = ask(model=model, prompt=f"Hello {mark}")

    assert "Simulated answer" in answer.text
    assert answer.finish == "stop"
    settled(stack, answer, mark)


@pytest.mark.parametrize("model", every(lambda can: can.tools and can.forced_tool_use))
def test_tools(stack, ask, mark, model):
    answer = ask(model=model, prompt=f"Hello {mark}", tools=[{"name": "greet"}], tool_choice="required")

    assert answer.finish == "tool_calls"
    assert [name for name, _ in answer.calls] == ["greet"]
    assert set(json.loads(answer.calls[0][1])) == {"name"}
    settled(stack, answer, mark)


@pytest.mark.parametrize("model", every(lambda can: can.tools))
def test_parallel_tools(stack, ask, mark, model):
    answer = ask(model=model, prompt=f"Use greet and wave {mark}", tools=[{"name": "greet"}, {"name": "wave"}])

    assert sorted(name for name, _ in answer.calls) == ["greet", "wave"]
    settled(stack, answer, mark)


@pytest.mark.parametrize("model", every(lambda can: can.vision))
def test_pictures(stack, ask, mark, model):
    answer = ask(model=model, prompt=f"What is this? {mark}", image=PNG)

    assert answer.text
    settled(stack, answer, mark)


@pytest.mark.parametrize("model", every(lambda can: can.json_schema))
def test_json_schema(stack, ask, mark, model):
    answer = ask(model=model, prompt=f"Invent somebody {mark}", schema=SCHEMA)

    assert set(json.loads(answer.text)) == {"name"}
    settled(stack, answer, mark)


@pytest.mark.parametrize("model", every(lambda can: can.reasoning and "medium" in (can.efforts or ("medium",))))
def test_reasoning(stack, ask, mark, model):
    answer = ask(model=model, prompt=f"Think about it {mark}", reasoning_effort="medium")

    billed = bill_of(stack, mark)
    assert answer.text
    if answer.reasoning_tokens:
        assert answer.reasoning_tokens == billed.billed.reasoning
    settled(stack, answer, mark)
