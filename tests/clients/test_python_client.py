"""The Python client, synchronous and asynchronous, against the scripted router."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from modelmuxer import AsyncClient, ChatMessage, ChatOptions, Client, ModelMuxerError, RequestOptions, RouteOptions
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.chat_pb2 import Tool

Call = Callable[..., Any]


def call_synchronously(target: str, method: str, *arguments: Any, **options: Any) -> Any:
    with Client(target, api_key="test-key", timeout=10) as client:
        answer = getattr(client, method)(*arguments, **options)
        return list(answer) if method == "stream_chat" else answer


def call_asynchronously(target: str, method: str, *arguments: Any, **options: Any) -> Any:
    async def call() -> Any:
        async with AsyncClient(target, api_key="test-key", timeout=10) as client:
            answer = getattr(client, method)(*arguments, **options)
            return [chunk async for chunk in answer] if method == "stream_chat" else await answer

    return asyncio.run(call())


@pytest.fixture(params=[call_synchronously, call_asynchronously], ids=["sync", "async"])
def call(request: pytest.FixtureRequest, scripted_router: str) -> Call:
    """Calls a method of the client against the scripted router, and collects the answer if it is a stream."""

    def method(*arguments: Any, **options: Any) -> Any:
        return request.param(scripted_router, *arguments, **options)

    return method


def failure_of(call: Call, *arguments: Any, **options: Any) -> ModelMuxerError:
    with pytest.raises(ModelMuxerError) as raised:
        call(*arguments, **options)
    return raised.value


def test_a_plain_text_is_sent_as_the_message_of_a_user(call: Call) -> None:
    decision = call("route", "Hello")

    assert json.loads(decision.routing_reason) == {"messages": [{"role": "user", "content": "Hello"}]}
    assert (decision.selected_provider, decision.selected_model) == ("openai", "gpt-6-luna")


def test_messages_may_be_texts_fields_and_message_objects_in_one_conversation(call: Call) -> None:
    conversation = [
        {"role": "system", "content": "Be brief."},
        ChatMessage(role="assistant", content="Yes?"),
        {"role": "user", "parts": [{"image": {"url": "https://example.com/cat.png"}}]},
        "What is this?",
    ]

    sent = json.loads(call("route", conversation).routing_reason)["messages"]

    assert sent == [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "parts": [{"image": {"url": "https://example.com/cat.png"}}]},
        {"role": "user", "content": "What is this?"},
    ]


@pytest.mark.parametrize("message", [{"role": "user", "content": "Hi"}, ChatMessage(role="user", content="Hi")])
def test_a_single_message_need_not_be_put_in_a_list(call: Call, message: Any) -> None:
    sent = json.loads(call("route", message).routing_reason)["messages"]

    assert sent == [{"role": "user", "content": "Hi"}]


def test_options_are_sent_as_given_whether_fields_or_objects(call: Call) -> None:
    answer = call(
        "chat",
        "Hello",
        model="auto:fast",
        tools=[Tool(name="clock"), {"name": "weather", "strict": True}],
        routing={"max_cost_usd": 0.5, "allowed_models": ["anthropic:*"]},
        temperature=0.0,
        stop=["\n"],
        logit_bias={"42": -100.0},
    )

    assert json.loads(answer.choices[0].message.content) == {
        "messages": [{"role": "user", "content": "Hello"}],
        "model": "auto:fast",
        "tools": [{"name": "clock"}, {"name": "weather", "strict": True}],
        "routing": {"max_cost_usd": 0.5, "allowed_models": ["anthropic:*"]},
        "temperature": 0.0,
        "stop": ["\n"],
        "logit_bias": {"42": -100.0},
    }
    assert answer.cost.pico_usd == 125_000_000


@pytest.mark.parametrize(
    ("options", "request_type"),
    [
        (RequestOptions, pb.ClassifyRequest),
        (RouteOptions, pb.RouteRequest),
        (RouteOptions, pb.EstimateRequest),
        (ChatOptions, pb.ChatCompletionRequest),
    ],
)
def test_every_field_of_a_request_is_an_option_and_every_option_a_field(options: Any, request_type: Any) -> None:
    assert set(request_type.DESCRIPTOR.fields_by_name) == {"messages"} | options.__optional_keys__


def test_classify_answers_with_the_intent(call: Call) -> None:
    intent = call("classify", "Hello")

    assert json.loads(intent.label)["messages"] == [{"role": "user", "content": "Hello"}]
    assert intent.confidence == 0.75


def test_estimate_answers_with_the_candidates(call: Call) -> None:
    estimate = call("estimate", "Hello", max_tokens=7)

    assert json.loads(estimate.candidates[0].reason)["max_tokens"] == 7


def test_models_lists_the_usable_ones_and_the_others_on_request(call: Call) -> None:
    assert [model.id for model in call("models")] == ["openai:gpt-6-luna"]
    assert [model.id for model in call("models", include_unavailable=True)] == ["openai:gpt-6-luna", "mistral:large"]


def test_a_stream_brings_the_answer_in_pieces_and_the_decision_last(call: Call) -> None:
    chunks = call("stream_chat", "Hello", n=1)

    text = "".join(chunk.choices[0].delta.content for chunk in chunks)
    assert json.loads(text) == {"messages": [{"role": "user", "content": "Hello"}], "n": 1}
    assert [False] * len(text) + [True] == [chunk.HasField("decision") for chunk in chunks]


def test_an_error_tells_reason_status_text_and_details(call: Call) -> None:
    error = failure_of(call, "chat", "fail INSUFFICIENT_BUDGET")

    assert error.reason == "INSUFFICIENT_BUDGET"
    assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error.message == "No model fits the budget of $0.08."
    assert error.details == {"limit": "0.08", "estimate": "0.12"}
    assert (error.retry_after, error.field) == (None, None)
    assert str(error) == "INSUFFICIENT_BUDGET: No model fits the budget of $0.08."
    assert isinstance(error.__cause__, grpc.RpcError)


def test_an_error_tells_when_to_try_again(call: Call) -> None:
    error = failure_of(call, "route", "fail SECURITY_RATE_LIMIT")

    assert (error.reason, error.retry_after) == ("SECURITY_RATE_LIMIT", 1.5)


def test_an_error_tells_which_field_is_at_fault(call: Call) -> None:
    error = failure_of(call, "classify", "fail MISSING_FIELD")

    assert (error.reason, error.field) == ("MISSING_FIELD", "messages[0].role")


def test_a_stream_that_fails_to_start_raises(call: Call) -> None:
    assert failure_of(call, "stream_chat", "fail INSUFFICIENT_BUDGET").reason == "INSUFFICIENT_BUDGET"


@pytest.mark.parametrize("script", ["fail plainly", "fail foreign", "fail garbled"])
def test_an_error_that_is_not_the_routers_has_no_reason_and_keeps_status_and_text(call: Call, script: str) -> None:
    error = failure_of(call, "estimate", script)

    assert (error.reason, error.details) == ("UNSPECIFIED", {})
    assert str(error) in ("INTERNAL: Something broke.", "UNAVAILABLE: The provider failed.")


def test_a_router_that_is_not_there_is_an_error_without_a_reason() -> None:
    with socket.socket() as bound:  # bound, but not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        error = failure_of(call_synchronously, f"127.0.0.1:{bound.getsockname()[1]}", "route", "Hello")

    assert (error.reason, error.code) == ("UNSPECIFIED", grpc.StatusCode.UNAVAILABLE)


@pytest.mark.parametrize("api_key", ["wrong-key", None])
def test_a_missing_or_wrong_key_is_refused_and_never_shown(scripted_router: str, api_key: str | None) -> None:
    with Client(scripted_router, api_key=api_key) as client, pytest.raises(ModelMuxerError) as raised:
        client.models()

    assert (raised.value.reason, raised.value.code) == ("INVALID_API_KEY", grpc.StatusCode.UNAUTHENTICATED)
    assert f"Client('{scripted_router}')" == repr(client)


def test_an_option_that_does_not_exist_is_refused_before_anything_is_sent() -> None:
    with Client() as client, pytest.raises(ValueError, match="temprature"):
        client.chat("Hello", temprature=1.0)  # type: ignore[call-arg]  # that is the point


def test_a_stream_that_breaks_raises_after_what_had_arrived(scripted_router: str) -> None:
    with Client(scripted_router, api_key="test-key") as client:
        stream = client.stream_chat("break")
        first = next(stream)
        with pytest.raises(ModelMuxerError) as raised:
            next(stream)

    assert first.choices[0].delta.content == "{"
    assert (raised.value.reason, raised.value.details) == ("PROVIDER_ERROR", {"provider": "openai"})


def test_a_call_that_takes_longer_than_the_timeout_fails_then(scripted_router: str) -> None:
    started = time.monotonic()
    with Client(scripted_router, api_key="test-key", timeout=0.2) as client, pytest.raises(ModelMuxerError) as raised:
        client.chat("wait")

    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.2 <= time.monotonic() - started < 5


async def test_leaving_the_loop_ends_the_call_at_the_router(scripted_router: str) -> None:
    async with AsyncClient(scripted_router, api_key="test-key", timeout=10) as observer:
        with Client(scripted_router, api_key="test-key", timeout=None) as client:
            for _chunk in client.stream_chat("wait"):
                await observer.route("when 1 wait")
                break
            await observer.route("when 0 wait")

        async with AsyncClient(scripted_router, api_key="test-key", timeout=None) as asynchronous:
            async for _chunk in asynchronous.stream_chat("wait"):
                await observer.route("when 1 wait")
                break
            await observer.route("when 0 wait")


async def test_cancelling_the_task_ends_the_call_at_the_router(scripted_router: str) -> None:
    async with (
        AsyncClient(scripted_router, api_key="test-key", timeout=10) as observer,
        AsyncClient(scripted_router, api_key="test-key", timeout=None) as client,
    ):
        task = asyncio.create_task(client.chat("wait"))
        await observer.route("when 1 wait")
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        await observer.route("when 0 wait")


async def test_credentials_make_the_connection_secure() -> None:
    server = grpc.aio.server()  # knows no method
    port = server.add_secure_port("127.0.0.1:0", grpc.local_server_credentials())
    await server.start()

    async def status(call: Callable[[], Awaitable[Any]]) -> grpc.StatusCode:
        with pytest.raises(ModelMuxerError) as raised:
            await call()
        return raised.value.code

    async with AsyncClient(f"127.0.0.1:{port}", credentials=grpc.local_channel_credentials()) as client:
        assert grpc.StatusCode.UNIMPLEMENTED is await status(client.models)
    with Client(f"127.0.0.1:{port}", credentials=grpc.local_channel_credentials()) as synchronous:
        assert grpc.StatusCode.UNIMPLEMENTED is await status(lambda: asyncio.to_thread(synchronous.models))
    await server.stop(grace=None)


def test_the_example_of_the_readme_runs(scripted_router: str, capsys: pytest.CaptureFixture[str]) -> None:
    readme = Path(__file__).parents[2] / "clients/python/README.md"
    example = readme.read_text().split("```python\n")[1].split("```")[0]

    exec(example.replace("127.0.0.1:50051", scripted_router).replace("mm-your-key", "test-key"), {})

    printed = capsys.readouterr().out
    assert "openai gpt-6-luna" in printed
    assert '"max_cost_usd": 0.01' in printed
    assert "Count to five." in printed
