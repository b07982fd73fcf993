"""The simulator refuses what OpenAI refuses, in its words."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

USER: Any = {"role": "user", "content": "Hello."}
CHAT = "/openai/v1/chat/completions"
FUNCTION = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [USER], **fields}


REFUSED = [
    ({"messages": [USER]}, None, None),
    ({"model": "m"}, "messages", "missing_required_parameter"),
    ({"model": 4, "messages": [USER]}, "model", "invalid_type"),
    (body(messages="hello"), "messages", "invalid_type"),
    (body(messages=[]), "messages", "empty_array"),
    (body(messages=["hello"]), "messages[0]", "invalid_type"),
    (body(messages=[{"content": "x"}]), "messages[0].role", "missing_required_parameter"),
    (body(messages=[{"role": "robot", "content": "x"}]), "messages[0].role", "invalid_value"),
    (body(messages=[{"role": "user"}]), "messages[0].content", "missing_required_parameter"),
    (body(messages=[{"role": "user", "content": 5}]), "messages[0].content", "invalid_type"),
    (
        body(messages=[{"role": "user", "content": [{"type": "video"}]}]),
        "messages[0].content[0].type",
        "invalid_value",
    ),
    (
        body(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://x"}}]}]),
        "messages[0].content[0].image_url.url",
        "invalid_image_url",
    ),
    (body(messages=[USER, {"role": "tool", "tool_call_id": "c1", "content": "x"}]), "messages[1].role", None),
    (body(messages=[USER, {"role": "assistant", "tool_calls": [CALL]}, USER]), "messages[2].role", None),
    (body(messages=[USER, {"role": "assistant", "tool_calls": [CALL]}]), "messages", None),
    (body(nonsense=1), "nonsense", "unknown_parameter"),
    (body(temperature=3), "temperature", "decimal_above_max_value"),
    (body(top_p=-0.1), "top_p", "decimal_below_min_value"),
    (body(temperature="hot"), "temperature", "invalid_type"),
    (body(n=0), "n", "integer_below_min_value"),
    (body(n=True), "n", "invalid_type"),
    (body(max_tokens=0), "max_tokens", "integer_below_min_value"),
    (body(max_tokens=5, max_completion_tokens=5), "max_tokens", "invalid_parameter_combination"),
    (body(stop=["a", "b", "c", "d", "e"]), "stop", "array_above_max_length"),
    (body(stream="yes"), "stream", "invalid_type"),
    (body(stream_options={"include_usage": True}), "stream_options", "invalid_value"),
    (body(top_logprobs=2), "top_logprobs", None),
    (body(tool_choice="auto"), "tool_choice", None),
    (body(parallel_tool_calls=False), "parallel_tool_calls", None),
    (body(tools=[FUNCTION], tool_choice="sometimes"), "tool_choice", "invalid_value"),
    (
        body(tools=[FUNCTION], tool_choice={"type": "function", "function": {"name": "other"}}),
        "tool_choice",
        None,
    ),
    (body(tools=[{"type": "function", "function": {"name": "a b"}}]), "tools[0].function.name", "invalid_value"),
    (
        body(tools=[{"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object"}}}]),
        "tools[0].function.parameters",
        "invalid_function_parameters",
    ),
    (body(response_format={"type": "json_object"}), "messages", None),
    (body(response_format={"type": "yaml"}), "response_format.type", "invalid_value"),
    (
        body(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
        "response_format.json_schema.name",
        "missing_required_parameter",
    ),
    (body(reasoning_effort="low"), "reasoning_effort", "unsupported_parameter"),
    (body(model="o3", max_tokens=5), "max_tokens", "unsupported_parameter"),
    (body(model="o3", temperature=1), "temperature", "unsupported_parameter"),
    (body(model="gpt-6-sol", top_p=0.5), "top_p", "unsupported_parameter"),
    (body(model="gpt-6-sol", stop="x"), "stop", "unsupported_parameter"),
    (body(model="gpt-5.4", reasoning_effort="minimal"), "reasoning_effort", "unsupported_value"),
    (body(model="gpt-6-astra", reasoning_effort="none"), "reasoning_effort", "unsupported_value"),
    (body(model="gpt-6.1-sol", reasoning_effort="max"), "reasoning_effort", "unsupported_value"),
    (body(model="gpt-5.6", tools=[FUNCTION]), "reasoning_effort", None),
    (
        body(messages=[{"role": "user", "content": [{"type": "text", "text": "x", "prompt_cache_breakpoint": {}}]}]),
        "messages",
        None,
    ),
]


@pytest.mark.parametrize(("request_body", "param", "code"), REFUSED, ids=lambda value: str(value)[:70])
async def test_a_wrong_request_is_refused_with_the_field_at_fault(
    http: httpx.AsyncClient, request_body: dict[str, Any], param: str | None, code: str | None
) -> None:
    answer = await http.post(CHAT, json=request_body)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (param, code) == (error["param"], error["code"])
    assert {"message", "type", "param", "code"} == set(error)


@pytest.mark.parametrize(
    "accepted",
    [
        body(model="gpt-6-sol", reasoning_effort="none", temperature=0.2, top_p=0.5),
        body(model="gpt-5.6", reasoning_effort="none", tools=[FUNCTION]),
        body(model="gpt-6-sol", max_completion_tokens=500),
        body(stop="x", seed=1, user="u", metadata={"a": "b"}, logit_bias={"50256": -100}),
        body(temperature=None, tools=None, response_format={"type": "text"}),
        body(
            messages=[USER, {"role": "assistant", "tool_calls": [CALL]}, {**USER, "role": "tool", "tool_call_id": "c1"}]
        ),
        body(tools=[FUNCTION], tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}),
    ],
    ids=lambda value: str(value)[:70],
)
async def test_a_right_request_is_accepted(http: httpx.AsyncClient, accepted: dict[str, Any]) -> None:
    answer = await http.post(CHAT, json=accepted)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"model": NaN}'])
async def test_what_is_not_json_is_refused(http: httpx.AsyncClient, content: bytes) -> None:
    answer = await http.post(CHAT, content=content)

    assert answer.status_code == 400
    assert "could not parse" in answer.json()["error"]["message"]


async def test_a_body_that_is_no_object_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=[1, 2])

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_type")


@pytest.mark.parametrize("value", ["", "Bearer", "Basic abc", "sk-test"])
async def test_without_a_key_nobody_is_served(http: httpx.AsyncClient, value: str) -> None:
    answer = await http.post(CHAT, json=body(), headers={"authorization": value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_an_unknown_address_is_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.post("/openai/v1/completions", json=body())

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")


async def test_a_request_above_the_size_limit_is_too_large(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, content=b" " * (32 * 1_048_576 + 1))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("scenario", "expected", "code"),
    [
        ("400", openai.BadRequestError, None),
        ("401", openai.AuthenticationError, "invalid_api_key"),
        ("402", openai.APIStatusError, "insufficient_quota"),
        ("403", openai.PermissionDeniedError, "unsupported_country_region_territory"),
        ("404", openai.NotFoundError, "model_not_found"),
        ("409", openai.ConflictError, "conflict"),
        ("408", openai.APIStatusError, "request_timeout"),
        ("413", openai.APIStatusError, "request_too_large"),
        ("422", openai.UnprocessableEntityError, None),
        ("429", openai.RateLimitError, "rate_limit_exceeded"),
        ("429-quota", openai.RateLimitError, "insufficient_quota"),
        ("429-quota;code=credit_balance_exhausted", openai.RateLimitError, "credit_balance_exhausted"),
        ("500", openai.InternalServerError, None),
        ("502", openai.InternalServerError, None),
        ("503", openai.InternalServerError, "server_is_overloaded"),
        ("529", openai.InternalServerError, "server_is_overloaded"),
        ("context_too_long", openai.BadRequestError, "context_length_exceeded"),
        ("error_mid_stream", openai.InternalServerError, None),
    ],
)
async def test_scripted_errors_raise_the_sdks_own_classes(
    openai_client: openai.AsyncOpenAI, scenario: str, expected: type[openai.APIStatusError], code: str | None
) -> None:
    with pytest.raises(expected) as caught:
        await openai_client.chat.completions.create(model=f"gpt-4o-mini#{scenario}", messages=[USER])

    assert (expected, code) == (type(caught.value), caught.value.code)
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("scenario", "seconds", "milliseconds"),
    [
        ("429", "1", "1000"),
        ("429;retry_after=2.5", "3", "2500"),
        ("429;retry_after=none", None, None),
        ("429-quota", None, None),
        ("503", None, None),
        ("503;retry_after=7", "7", "7000"),
    ],
)
async def test_retry_after_is_sent_as_scripted(
    http: httpx.AsyncClient, scenario: str, seconds: str | None, milliseconds: str | None
) -> None:
    headers = (await http.post(CHAT, json=body(), headers={"x-simulate": scenario})).headers

    assert (seconds, milliseconds) == (headers.get("retry-after"), headers.get("retry-after-ms"))
