"""The official openai client, unmodified, with only its base_url set."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from tests.stack.stack import Stack, running_stack

HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def client(stack: Stack) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{stack.rest}/v1", api_key="any", max_retries=0) as client:
        yield client


def test_a_completion_is_strictly_what_the_client_expects(client):
    raw = client.chat.completions.with_raw_response.create(model="auto", messages=HELLO)

    completion = ChatCompletion.model_validate_json(raw.text)
    assert completion.choices[0].finish_reason == "stop"
    assert completion.choices[0].message.content.startswith("Simulated answer by ")
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["x-request-id"]


def test_the_answer_says_how_it_was_routed(client):
    metadata = client.chat.completions.create(model="auto", messages=HELLO).model_extra["router_metadata"]

    assert set(metadata) >= {
        "selected_provider",
        "selected_model",
        "routing_reason",
        "intent_label",
        "intent_confidence",
        "intent_signals",
        "estimated_cost_usd",
        "actual_cost_usd",
    }
    assert set(metadata["intent_signals"]) == {
        "token_length_est",
        "has_code_fence",
        "has_programming_keywords",
        "signals",
    }
    assert metadata["intent_signals"]["signals"] == {
        "code": False,
        "translation": False,
        "vision": False,
        "safety": False,
    }
    assert metadata["simulated"] is True


@pytest.mark.parametrize("model", ["auto", "", "auto:economy", "auto:fast", "auto:quality"])
def test_every_name_for_automatic_routing_is_taken(client, model):
    assert client.chat.completions.create(model=model, messages=HELLO).choices[0].message.content


@pytest.mark.parametrize("model", ["openai:gpt-4o", "gpt-4o", "anthropic:claude-haiku-4-5", "claude-haiku-4-5"])
def test_a_named_model_is_the_one_that_answers(client, model):
    completion = client.chat.completions.create(model=model, messages=HELLO)

    metadata = completion.model_extra["router_metadata"]
    assert f"{metadata['selected_provider']}:{metadata['selected_model']}".endswith(model)
    assert completion.model == metadata["selected_model"]


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
@pytest.mark.parametrize("include_usage", [True, False])
def test_a_stream_is_strictly_what_the_client_expects(stack, client, model, include_usage):
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    with client.chat.completions.with_streaming_response.create(
        model=model, messages=HELLO, stream=True, **options
    ) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        lines = [line for line in response.iter_lines() if line]

    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert len({(c["id"], c["created"], c["model"]) for c in chunks}) == 1
    assert [("router_metadata" in c) for c in chunks] == [False] * (len(chunks) - 1) + [True]
    if include_usage:
        assert chunks[-1]["choices"] == []
        assert chunks[-1]["usage"]["total_tokens"] > 0
        assert {c["usage"] for c in chunks[:-1]} == {None}
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    else:
        assert all("usage" not in c for c in chunks)
        assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_whole_and_streamed_answers_are_the_same(client, model):
    whole = client.chat.completions.create(model=model, messages=HELLO)
    with client.chat.completions.stream(model=model, messages=HELLO, stream_options={"include_usage": True}) as stream:
        streamed = stream.get_final_completion()

    assert streamed.choices[0].message.content == whole.choices[0].message.content
    assert streamed.choices[0].finish_reason == whole.choices[0].finish_reason
    assert streamed.usage == whole.usage


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_tools_are_called_and_answered(client, model):
    ask = [{"role": "user", "content": "Weather in Oslo?"}]
    first = client.chat.completions.create(model=model, messages=ask, tools=[WEATHER], tool_choice="required")

    message = first.choices[0].message
    call = message.tool_calls[0]
    assert (first.choices[0].finish_reason, call.function.name) == ("tool_calls", "weather")
    assert set(json.loads(call.function.arguments)) == {"city"}

    result = {"role": "tool", "tool_call_id": call.id, "content": "4 degrees and rain"}
    second = client.chat.completions.create(
        model=model, messages=[*ask, message.model_dump(exclude_none=True), result], tools=[WEATHER]
    )
    assert "4 degrees and rain" in second.choices[0].message.content


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_streamed_tool_calls_accumulate_to_the_whole_ones(client, model):
    ask = {"model": model, "messages": HELLO, "tools": [WEATHER], "tool_choice": "required"}
    whole = client.chat.completions.create(**ask).choices[0].message.tool_calls[0]
    with client.chat.completions.stream(**ask) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls[0]

    assert (streamed.id, streamed.function.name, streamed.function.arguments) == (
        whole.id,
        whole.function.name,
        whole.function.arguments,
    )


@pytest.mark.parametrize("model", ["auto", "openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_a_picture_reaches_a_model_that_sees(stack, client, model):
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]

    completion = client.chat.completions.create(model=model, messages=[{"role": "user", "content": parts}])

    metadata = completion.model_extra["router_metadata"]
    assert metadata["intent_label"] == "vision"
    selected = f"{metadata['selected_provider']}:{metadata['selected_model']}"
    assert stack.plan.prices.catalog.models[selected].capabilities.vision


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_an_answer_keeps_to_a_json_schema(client, model):
    class Person(BaseModel):
        name: str
        age: int

    parsed = client.chat.completions.parse(
        model=model, messages=[{"role": "user", "content": "Invent somebody"}], response_format=Person
    )

    assert isinstance(parsed.choices[0].message.parsed, Person)


def test_models_can_be_listed_and_looked_up(stack, client):
    models = client.models.list().data

    assert models[0].id == "auto"
    assert {m.owned_by for m in models} == {"modelmuxer", *stack.plan.providers}
    assert client.models.retrieve("openai:gpt-4o").owned_by == "openai"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("nobody:nothing")
    assert caught.value.code == "model_not_found"


async def test_the_asynchronous_client_works_as_well(stack):
    async with AsyncOpenAI(base_url=f"{stack.rest}/v1", api_key="any") as client:
        whole = await client.chat.completions.create(model="openai:gpt-4o", messages=HELLO)
        stream = await client.chat.completions.create(model="openai:gpt-4o", messages=HELLO, stream=True)
        text = "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])

    assert text == whole.choices[0].message.content


def test_what_the_client_does_not_know_of_is_tolerated(client):
    completion = client.chat.completions.create(
        model="openai:gpt-4o",
        messages=HELLO,
        extra_body={"some_vendor_extra": {"deep": [1, 2]}, "routing": {"preset": "economy", "run_id": "job-7"}},
    )

    assert completion.model_extra["router_metadata"]["preset"] == "economy"


def error_of(call) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "type_", "code", "request_"),
    [
        (400, openai.BadRequestError, "invalid_request_error", "invalid_value", {"temperature": 9}),
        (404, openai.NotFoundError, "invalid_request_error", "model_not_found", {"model": "gpt-0"}),
        (403, openai.PermissionDeniedError, "policy_violation", "policy_violation",
         {"model": "auto", "extra_body": {"routing": {"denied_models": ["*"]}}}),
        (402, openai.APIStatusError, "budget_exceeded", "insufficient_budget",
         {"model": "auto", "extra_body": {"routing": {"max_cost_usd": 1e-9}}}),
    ],
)  # fmt: skip
def test_errors_of_the_request_raise_their_class(client, status, kind, type_, code, request_):
    error = error_of(
        lambda: client.chat.completions.create(**{"model": "openai:gpt-4o", "messages": HELLO, **request_})
    )

    assert type(error) is kind
    assert (error.status_code, error.type, error.code) == (status, type_, code)
    assert error.request_id


def test_a_budget_error_names_limit_estimate_and_a_way_out(client):
    error = error_of(
        lambda: client.chat.completions.create(
            model="openai:gpt-6-astra", messages=HELLO, extra_body={"routing": {"max_cost_usd": 0.002}}
        )
    )

    details = error.body["details"]
    assert details["limit"] == 0.002
    assert details["estimate"] > 0.002
    assert details["alternative"]["estimate"] <= 0.002


def simulated(scenario: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Hello [[simulate:{scenario}]]"}]


@pytest.mark.parametrize(
    ("scenario", "status", "kind", "code"),
    [
        ("400", 400, openai.BadRequestError, None),
        ("401", 502, openai.InternalServerError, "provider_auth_failed"),
        ("429;retry_after=9", 429, openai.RateLimitError, "rate_limit_exceeded"),
        ("429-quota", 429, openai.RateLimitError, "insufficient_quota"),
        ("500", 502, openai.InternalServerError, "provider_error"),
        ("malformed_json", 502, openai.InternalServerError, "provider_error"),
        ("503", 503, openai.InternalServerError, "provider_unavailable"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_failures_of_the_provider_raise_their_class(client, scenario, status, kind, code, stream):
    error = error_of(
        lambda: client.chat.completions.create(model="openai:gpt-4o", messages=simulated(scenario), stream=stream)
    )

    assert type(error) is kind
    assert error.status_code == status
    assert code is None or error.code == code
    assert ("retry-after" in error.response.headers) == (code in {"rate_limit_exceeded", "provider_unavailable"})


@pytest.mark.parametrize(("scenario", "calls"), [("500", 3), ("401", 1), ("malformed_json", 3)])
def test_the_client_does_not_repeat_what_we_have_repeated(stack, scenario, calls):
    mark = uuid.uuid4().hex
    with OpenAI(base_url=f"{stack.rest}/v1", api_key="any", max_retries=2) as patient:
        ask = [{"role": "user", "content": f"{mark} [[simulate:{scenario}]]"}]
        error = error_of(lambda: patient.chat.completions.create(model="openai:gpt-4o", messages=ask))

    assert error.response.headers["x-should-retry"] == "false"
    assert sum(mark in json.dumps(call.body) for call in stack.simulator.record.calls) <= calls


@pytest.mark.parametrize("stream", [False, True])
def test_a_deadline_that_passes_is_told(client, stream):
    error = error_of(
        lambda: client.chat.completions.create(
            model="openai:gpt-4o",
            messages=simulated("hang_before_headers"),
            stream=stream,
            extra_headers={"x-request-timeout-ms": "300"},
        )
    )

    assert (error.status_code, error.type, error.code) == (504, "timeout_error", "deadline_exceeded")


def test_a_body_that_is_too_large_is_refused(client):
    error = error_of(
        lambda: client.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": "x" * (20 * 1024 * 1024)}]
        )
    )

    assert (error.status_code, error.code) == (413, "request_too_large")


def connect(own: Stack, key: str = "any") -> OpenAI:
    return OpenAI(base_url=f"{own.rest}/v1", api_key=key, max_retries=0)


def test_a_key_is_asked_for_where_keys_are_set():
    with (
        running_stack({"MODELMUXER_API_KEYS": "team:secret-key"}) as own,
        connect(own, "wrong") as wrong,
        connect(own, "secret-key") as right,
    ):
        error = error_of(lambda: wrong.chat.completions.create(model="", messages=HELLO))
        answer = right.chat.completions.create(model="", messages=HELLO)

    assert isinstance(error, openai.AuthenticationError)
    assert (error.type, error.code) == ("authentication_error", "invalid_api_key")
    assert answer.choices[0].message.content


def test_without_a_provider_the_answer_is_503():
    with running_stack({"PROVIDER_ADAPTERS_ENABLED": "false"}) as own, connect(own) as client:
        error = error_of(lambda: client.chat.completions.create(model="auto", messages=HELLO))

    assert (error.status_code, error.type, error.code) == (503, "service_unavailable", "provider_unavailable")
    assert int(error.response.headers["retry-after"]) >= 1


def test_a_stream_that_breaks_off_raises_and_is_never_done(client):
    stream = client.chat.completions.create(
        model="openai:gpt-4o", messages=simulated("error_mid_stream;after=4;kind=server"), stream=True
    )
    said = []
    with pytest.raises(openai.APIError) as caught:
        said.extend(chunk.choices[0].delta.content for chunk in stream)

    assert "".join(filter(None, said)).startswith("Simulate")
    assert caught.value.code == "provider_error"


@pytest.mark.parametrize("scenario", ["truncated;after=4", "reset_mid_stream;after=4"])
def test_a_stream_that_is_cut_never_looks_finished(client, scenario):
    with client.chat.completions.with_streaming_response.create(
        model="openai:gpt-4o", messages=simulated(scenario), stream=True
    ) as response:
        lines = [line for line in response.iter_lines() if line]

    assert "data: [DONE]" not in lines
    assert json.loads(lines[-1].removeprefix("data: "))["error"]["code"] == "provider_error"
