"""Mistral, Groq and Together each speak their own flavour of Chat Completions."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import openai
import pytest
from muxer.simulator import Simulator

from tests.simulator.conftest import NO_TLS

USER: Any = {"role": "user", "content": "Tell me about Norway, please."}
PATHS = {
    "mistral": "/mistral/v1/chat/completions",
    "groq": "/groq/openai/v1/chat/completions",
    "together": "/together/v1/chat/completions",
}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}
CALLING = {"role": "user", "content": "get_weather and get_time"}
TOOLS = [WEATHER, {"type": "function", "function": {"name": "get_time"}}]


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "some-model", "messages": [USER], **fields}


async def streamed(http: httpx.AsyncClient, vendor: str, **fields: Any) -> list[dict[str, Any]]:
    answer = await http.post(PATHS[vendor], json=body(stream=True, **fields))
    *found, done, end = answer.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in found]


@pytest.mark.parametrize("vendor", PATHS)
async def test_openais_sdk_understands_every_flavour(sim: Simulator, vendor: str) -> None:
    async with openai.AsyncOpenAI(
        base_url=sim.base_url(vendor), api_key="k", http_client=openai.DefaultAsyncHttpxClient(verify=NO_TLS)
    ) as client:
        whole = await client.chat.completions.create(model="some-model", messages=[USER])
        stream = await client.chat.completions.create(model="some-model", messages=[USER], stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert text == whole.choices[0].message.content


async def test_mistral_streams_tool_calls_whole_with_the_finish_reason_and_the_usage(http: httpx.AsyncClient) -> None:
    *_, last = await streamed(http, "mistral", messages=[CALLING], tools=TOOLS)

    choice = last["choices"][0]
    assert (choice["finish_reason"], last["usage"]["prompt_tokens"] > 0) == ("tool_calls", True)
    assert [call["function"]["name"] for call in choice["delta"]["tool_calls"]] == ["get_weather", "get_time"]
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", call["id"]) for call in choice["delta"]["tool_calls"])


async def test_mistral_thinks_inside_the_content(http: httpx.AsyncClient) -> None:
    asked = body(model="mistral-large-4", reasoning_effort="high")
    message = (await http.post(PATHS["mistral"], json=asked)).json()["choices"][0]["message"]
    chunks = await streamed(http, "mistral", model="mistral-large-4", reasoning_effort="high")

    assert [part["type"] for part in message["content"]] == ["thinking", "text"]
    thoughts = [
        c["choices"][0]["delta"]["content"] for c in chunks if isinstance(c["choices"][0]["delta"]["content"], list)
    ]
    assert "".join(t[0]["thinking"][0]["text"] for t in thoughts) == message["content"][0]["thinking"][0]["text"]


ASSISTANT = {"role": "assistant", "content": "x"}


@pytest.mark.parametrize(
    ("fields", "status", "location"),
    [
        ({"user": "u"}, 422, ["body", "user"]),
        ({"seed": 1}, 422, ["body", "seed"]),
        ({"max_completion_tokens": 5}, 422, ["body", "max_completion_tokens"]),
        ({"stream_options": {"include_usage": True}}, 422, ["body", "stream_options"]),
        ({"messages": [{"role": "developer", "content": "x"}]}, 422, ["body", "messages", "0", "role"]),
        ({"temperature": 1.2}, 400, None),
        ({"messages": [USER, ASSISTANT]}, 400, None),
        ({"messages": [USER, {**ASSISTANT, "tool_calls": [{"id": "call_1", "function": {"name": "f"}}]}]}, 400, None),
        ({"model": "mistral-large-4", "reasoning_effort": "low"}, 400, None),
    ],
)
async def test_mistral_is_strict(
    http: httpx.AsyncClient, fields: dict[str, Any], status: int, location: list[str] | None
) -> None:
    answer = await http.post(PATHS["mistral"], json=body(**fields))

    assert answer.status_code == status
    if location is None:
        assert (answer.json()["object"], answer.json()["type"]) == ("error", "invalid_request_error")
    else:
        assert answer.json()["detail"][0]["loc"] == location


@pytest.mark.parametrize(
    "fields",
    [
        {"random_seed": 1, "safe_prompt": True, "temperature": 0.5, "tools": [WEATHER], "tool_choice": "any"},
        {"messages": [USER, {**ASSISTANT, "prefix": True}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://example.com/a.png"}]}]},
    ],
)
async def test_mistral_accepts_what_is_its_own(http: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    answer = await http.post(PATHS["mistral"], json=body(**fields))

    assert answer.status_code == 200, answer.text


async def test_groq_streams_its_usage_in_a_member_of_its_own(http: httpx.AsyncClient) -> None:
    plain = await streamed(http, "groq")
    asked = await streamed(http, "groq", stream_options={"include_usage": True})

    assert plain[0]["x_groq"]["id"].startswith("req_")
    assert plain[-1]["x_groq"]["usage"]["completion_tokens"] > 0
    assert "usage" not in plain[-1]
    assert (asked[-1]["choices"], asked[-1]["usage"]) == ([], asked[-2]["x_groq"]["usage"])


async def test_groq_shows_its_reasoning_unless_told_not_to(http: httpx.AsyncClient) -> None:
    async def message(**fields: Any) -> dict[str, Any]:
        answer = await http.post(PATHS["groq"], json=body(model="openai/gpt-oss-20b", **fields))
        return dict(answer.json()["choices"][0]["message"])

    assert "reasoning" in await message()
    assert "reasoning" in await message(reasoning_format="parsed")
    assert "reasoning" not in await message(reasoning_format="hidden")
    assert "reasoning" not in await message(include_reasoning=False)
    chunks = await streamed(http, "groq", model="openai/gpt-oss-20b")
    thoughts = [chunk["choices"][0]["delta"].get("reasoning", "") for chunk in chunks]
    assert "".join(thoughts) == (await message())["reasoning"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {}}, "logit_bias"),
        ({"metadata": {}}, "metadata"),
        ({"prediction": {}}, "prediction"),
        ({"messages": [{**USER, "name": "me"}]}, "messages[0].name"),
        ({"reasoning_format": "raw", "tools": [WEATHER]}, "reasoning_format"),
        ({"reasoning_format": "parsed", "include_reasoning": True}, "reasoning_format"),
        ({"model": "qwen/qwen3", "reasoning_effort": "high"}, "reasoning_effort"),
    ],
)
async def test_groq_refuses_what_no_model_of_it_supports(
    http: httpx.AsyncClient, fields: dict[str, Any], param: str
) -> None:
    answer = await http.post(PATHS["groq"], json=body(**fields))

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("scenario", "status", "code"),
    [
        ("498", 498, "capacity_exceeded"),
        ("400;code=tool_use_failed", 400, "tool_use_failed"),
        ("413", 413, "request_too_large"),
    ],
)
async def test_groq_has_errors_of_its_own(http: httpx.AsyncClient, scenario: str, status: int, code: str) -> None:
    answer = await http.post(PATHS["groq"], json=body(), headers={"x-simulate": scenario})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert ("failed_generation" in error) == (code == "tool_use_failed")
    assert answer.headers["x-ratelimit-reset-requests"] == "2m59.56s"


async def test_groq_fails_in_the_midst_of_a_stream_without_an_error_object(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATHS["groq"], json=body(stream=True), headers={"x-simulate": "error_mid_stream"})

    last = json.loads(answer.text.split("\n\n")[-2].removeprefix("data: "))
    assert (last["choices"], "error" in last) == ([], False)
    assert last["x_groq"]["error"].startswith("Simulated failure")


async def test_together_ends_with_eos_or_with_a_stop_sequence(http: httpx.AsyncClient) -> None:
    async def finish(**fields: Any) -> str:
        return str((await http.post(PATHS["together"], json=body(**fields))).json()["choices"][0]["finish_reason"])

    assert await finish() == "eos"
    assert await finish(stop=["no provider"]) == "stop"
    assert await finish(max_tokens=5) == "length"
    assert await finish(messages=[CALLING], tools=TOOLS) == "tool_calls"
    assert (await streamed(http, "together"))[-1]["choices"][0]["finish_reason"] == "eos"


async def test_together_always_streams_usage_with_the_last_chunk(http: httpx.AsyncClient) -> None:
    chunks = await streamed(http, "together")
    whole = (await http.post(PATHS["together"], json=body())).json()

    assert chunks[-1]["usage"] == whole["usage"]
    assert all("usage" not in chunk for chunk in chunks[:-1])
    assert whole["prompt"] == []


async def test_together_ignores_what_it_does_not_know(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATHS["together"], json=body(max_completion_tokens=5, nonsense=1, reasoning_effort="low"))

    assert answer.status_code == 200
    assert answer.json()["usage"]["completion_tokens"] > 5


@pytest.mark.parametrize("fields", [{"stop": "x"}, {"logprobs": True}, {"messages": [{**USER, "role": "developer"}]}])
async def test_together_refuses_what_has_the_wrong_form(http: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    answer = await http.post(PATHS["together"], json=body(**fields))

    assert answer.status_code == 400
    assert {"id", "error"} == set(answer.json())


async def test_together_counts_its_logprobs_and_lists_its_models_bare(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATHS["together"], json=body(logprobs=1))
    logprobs = answer.json()["choices"][0]["logprobs"]
    models = (await http.get("/together/v1/models")).json()

    assert len(logprobs["tokens"]) == len(logprobs["token_logprobs"]) == answer.json()["usage"]["completion_tokens"]
    assert [model["id"] for model in models] == ["simulated-model"]
