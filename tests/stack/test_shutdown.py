"""A server that ends answers every request, or says why not."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import uuid

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub

from tests.stack.stack import Stack, running_stack

NO_GRACE = {"MODELMUXER_DRAIN_GRACE_S": "0"}


def gated(gate: str, after: int) -> dict[str, object]:
    """A chat whose answer stops after so many events."""
    text = f"Hello [[simulate:gated;gate={gate};after={after}]]"
    return {"model": "openai:gpt-4o", "messages": [{"role": "user", "content": text}]}


def until_asked(stack: Stack, gate: str) -> None:
    stack.call(stack.simulator.record.wait_for(lambda call: gate in json.dumps(call.body)))


def reason_of(error: grpc.RpcError) -> tuple[str, str]:
    """Status and reason of a failed RPC."""
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in rpc_status.from_call(error).details)
    return error.code().name, info.reason


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        yield threads


def test_a_request_whose_grace_is_over_is_told_so_over_rest(pool):
    gate = uuid.uuid4().hex
    with running_stack(NO_GRACE) as own:
        asking = pool.submit(httpx.post, f"{own.rest}/v1/chat/completions", json=gated(gate, 0), timeout=30)
        until_asked(own, gate)
        done = own.call(own.server.stop())
        answer = asking.result(20)

    assert done is False
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "shutting_down")
    assert answer.headers["retry-after"] == "1"
    assert own.log.lines[-1]["code"] == "UNAVAILABLE"


def test_a_request_whose_grace_is_over_is_told_so_over_grpc(pool):
    gate = uuid.uuid4().hex
    with running_stack(NO_GRACE, envoy=False) as own, grpc.insecure_channel(own.grpc) as channel:
        asking = pool.submit(RouterServiceStub(channel).ChatCompletion, pb.ChatCompletionRequest(**gated(gate, 0)))
        until_asked(own, gate)
        own.call(own.server.stop())

        error = asking.exception(20)
        assert reason_of(error) == ("UNAVAILABLE", "ERROR_REASON_SHUTTING_DOWN")


def test_a_stream_whose_grace_is_over_ends_with_the_reason_over_grpc():
    request = pb.StreamChatCompletionRequest(request=pb.ChatCompletionRequest(**gated(uuid.uuid4().hex, 3)))
    with running_stack(NO_GRACE, envoy=False) as own, grpc.insecure_channel(own.grpc) as channel:
        stream = RouterServiceStub(channel).StreamChatCompletion(request)
        next(stream)
        own.call(own.server.stop())

        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
        assert reason_of(caught.value) == ("UNAVAILABLE", "ERROR_REASON_SHUTTING_DOWN")


def test_a_stream_whose_grace_is_over_does_not_look_finished_over_rest():
    ask = gated(uuid.uuid4().hex, 3) | {"stream": True}
    with (
        running_stack(NO_GRACE) as own,
        httpx.Client(timeout=20) as client,
        client.stream("POST", f"{own.rest}/v1/chat/completions", json=ask) as response,
    ):
        lines = response.iter_lines()
        received = [next(lines)]
        own.call(own.server.stop())
        with contextlib.suppress(httpx.RemoteProtocolError):
            received += lines

    assert received[0].startswith("data: {")
    assert "data: [DONE]" not in received
