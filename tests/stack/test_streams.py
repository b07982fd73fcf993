"""Streams pass each event on at once, and a client that leaves ends the call to the provider."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator

import grpc
import httpx
import pytest
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from muxer.simulator.record import Call

from tests.stack.stack import Stack

MODELS = ["openai:gpt-4o", "anthropic:claude-haiku-4-5"]


def body(text: str, model: str, **more: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}


def call_that(stack: Stack, fits: Callable[[Call], bool]) -> Call:
    """The simulator's record of a call, as soon as there is one that fits."""
    return stack.call(stack.simulator.record.wait_for(fits))


def asked(mark: str) -> Callable[[Call], bool]:
    return lambda call: mark in json.dumps(call.body)


def events(response: httpx.Response) -> Iterator[str]:
    return (line for line in response.iter_lines() if line)


@pytest.mark.parametrize("model", MODELS)
def test_the_first_event_arrives_before_the_provider_sends_its_second(stack, model):
    gate = uuid.uuid4().hex
    with (
        httpx.Client(timeout=10) as client,
        client.stream("POST", f"{stack.rest}/v1/chat/completions",
                      json=body(f"Hello [[simulate:gated;gate={gate};after=1]]", model)) as response,
    ):  # fmt: skip
        lines = events(response)
        first = json.loads(next(lines).removeprefix("data: "))
        call = call_that(stack, asked(gate))
        sent_by_then = call.events_sent
        stack.call(open_gate(stack, gate))
        rest = list(lines)

    assert sent_by_then == 1
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert rest[-1] == "data: [DONE]"


async def open_gate(stack: Stack, gate: str) -> None:
    stack.simulator.gates.open(gate)


def is_cancelled(stack: Stack, mark: str) -> bool:
    """Whether the provider sees its client leave; these calls would otherwise hang for ever. `make bench` measures."""
    return call_that(stack, lambda call: asked(mark)(call) and call.aborted).aborted


@pytest.mark.parametrize("model", MODELS)
def test_closing_a_stream_over_rest_cancels_the_call_to_the_provider(stack, model):
    gate = uuid.uuid4().hex
    with httpx.Client(timeout=10) as client, client.stream("POST", f"{stack.rest}/v1/chat/completions",
                       json=body(f"Hello [[simulate:gated;gate={gate};after=3]]", model)) as response:  # fmt: skip
        next(events(response))

    assert is_cancelled(stack, gate)


@pytest.mark.parametrize("stream", [True, False])
def test_leaving_before_the_first_byte_cancels_the_call_to_the_provider(stack, stream):
    mark = uuid.uuid4().hex
    ask = body(f"{mark} [[simulate:hang_before_headers]]", "openai:gpt-4o") | {"stream": stream}
    with httpx.Client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{stack.rest}/v1/chat/completions", json=ask, timeout=0.5)

    assert is_cancelled(stack, mark)


def test_cancelling_a_stream_over_grpc_cancels_the_call_to_the_provider(stack):
    gate = uuid.uuid4().hex
    text = f"Hello [[simulate:gated;gate={gate};after=3]]"
    request = pb.ChatCompletionRequest(messages=[{"role": "user", "content": text}], model="openai:gpt-4o")
    with grpc.insecure_channel(stack.grpc) as channel:
        stream = RouterServiceStub(channel).StreamChatCompletion(pb.StreamChatCompletionRequest(request=request))
        next(stream)
        stream.cancel()

        assert is_cancelled(stack, gate)


def test_a_deadline_in_the_middle_of_a_stream_is_told_in_band(stack):
    gate = uuid.uuid4().hex
    with (
        httpx.Client(timeout=10) as client,
        client.stream("POST", f"{stack.rest}/v1/chat/completions", headers={"x-request-timeout-ms": "400"},
                      json=body(f"Hello [[simulate:gated;gate={gate};after=3]]", "openai:gpt-4o")) as response,
    ):  # fmt: skip
        lines = list(events(response))

    assert response.status_code == 200
    assert json.loads(lines[-1].removeprefix("data: "))["error"]["code"] == "deadline_exceeded"
    assert "data: [DONE]" not in lines


def test_a_stream_falls_back_as_long_as_nothing_was_said(stack):
    text = "Hello [[simulate:error_before_first_token;provider=openai]]"
    two = {"routing": {"allowed_models": ["openai:gpt-4o", "anthropic:claude-haiku-4-5"], "preset": "economy"}}
    with httpx.Client(timeout=10) as client:
        answer = client.post(f"{stack.rest}/v1/chat/completions", json=body(text, "auto", **two))
    chunks = [
        json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line.startswith("data: {")
    ]

    roles = [c for chunk in chunks for c in chunk["choices"] if "role" in c["delta"]]
    assert len(roles) == 1
    assert chunks[-1]["router_metadata"]["selected_provider"] == "anthropic"
    assert answer.text.endswith("data: [DONE]\n\n")


def test_what_a_cut_stream_cost_is_what_the_provider_bills(stack):
    text = "Hello [[simulate:long_stream;events=50]]"
    whole = httpx.post(
        f"{stack.rest}/v1/chat/completions",
        json=body(text, "openai:gpt-4o", stream_options={"include_usage": True}),
    ).text.split("\n\n")
    last = json.loads(whole[-3].removeprefix("data: "))

    call = call_that(stack, lambda call: "long_stream;events=50" in json.dumps(call.body))
    assert last["router_metadata"]["actual_cost_pico_usd"] == call.cost_pico_usd
    assert last["usage"]["completion_tokens"] == call.billed.output
