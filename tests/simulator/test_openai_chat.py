"""OpenAI's SDK understands every kind of answer of the simulator, and the raw JSON validates strictly."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest
from muxer.simulator import Simulator
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.completion_usage import CompletionUsage
from pydantic import BaseModel

QUESTION: list[Any] = [{"role": "user", "content": "What is the capital of Norway, please?"}]
CHAT = "/openai/v1/chat/completions"


def tool(name: str, **properties: Any) -> Any:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


WEATHER = tool("get_weather", city={"type": "string"}, unit={"enum": ["C", "F"]})
CLOCK = tool("get_time", city={"type": "string"})


async def collect(client: openai.AsyncOpenAI, **request: Any) -> tuple[str, list[ChatCompletionChunk]]:
    stream = await client.chat.completions.create(stream=True, **request)
    chunks = [chunk async for chunk in stream]
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices), chunks


async def test_an_answer_says_openly_that_it_is_simulated_and_echoes_the_question(
    openai_client: openai.AsyncOpenAI,
) -> None:
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    text = answer.choices[0].message.content or ""
    assert text.startswith("Simulated answer by openai:gpt-4o-mini (no provider was called).")
    assert "What is the capital of Norway, please?" in text


async def test_the_same_request_gets_the_same_bytes(http: httpx.AsyncClient) -> None:
    body = {"model": "gpt-4o-mini", "messages": QUESTION, "temperature": 0.5}
    first = await http.post(CHAT, json=body)
    second = await http.post(CHAT, json=dict(reversed(body.items())))

    assert first.content == second.content
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_another_request_gets_another_answer(http: httpx.AsyncClient) -> None:
    first = await http.post(CHAT, json={"model": "gpt-4o-mini", "messages": QUESTION})
    second = await http.post(CHAT, json={"model": "gpt-4o-mini", "messages": QUESTION, "seed": 2})

    assert first.json()["id"] != second.json()["id"]


async def test_a_stream_says_the_same_as_the_whole_answer(openai_client: openai.AsyncOpenAI) -> None:
    request: dict[str, Any] = {"model": "gpt-4o-mini", "messages": QUESTION}
    whole = await openai_client.chat.completions.create(**request)
    text, chunks = await collect(openai_client, **request, stream_options={"include_usage": True})

    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert {whole.id} == {chunk.id for chunk in chunks}
    assert chunks[-1].choices == []
    assert all(chunk.usage is None for chunk in chunks[:-1])


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"n": 3},
        {"logprobs": True, "top_logprobs": 2},
        {"tools": [WEATHER, CLOCK], "tool_choice": "required"},
        {"max_tokens": 5},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}},
        {"messages": [{"role": "user", "content": "[[simulate:refusal]]"}]},
        {"messages": [{"role": "user", "content": "[[simulate:content_filter]]"}]},
        {"model": "gpt-6-sol", "reasoning_effort": "high"},
    ],
    ids=str,
)
async def test_every_answer_and_every_chunk_validates_strictly(http: httpx.AsyncClient, extra: dict[str, Any]) -> None:
    body = {"model": "gpt-4o-mini", "messages": QUESTION, **extra}
    whole = ChatCompletion.model_validate((await http.post(CHAT, json=body)).json(), strict=True)
    streamed = await http.post(CHAT, json={**body, "stream": True, "stream_options": {"include_usage": True}})

    events = streamed.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [ChatCompletionChunk.model_validate_json(event.removeprefix("data: ")) for event in events[:-2]]
    assert whole.usage == chunks[-1].usage
    endings = {c.choices[0].index: c.choices[0].finish_reason for c in chunks if c.choices}
    assert {choice.index: choice.finish_reason for choice in whole.choices} == endings


async def test_without_include_usage_no_chunk_mentions_usage(http: httpx.AsyncClient) -> None:
    streamed = await http.post(CHAT, json={"model": "gpt-4o-mini", "messages": QUESTION, "stream": True})

    assert '"usage"' not in streamed.text
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_max_tokens_cuts_the_answer(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, max_tokens=7)

    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 7


async def test_a_stop_sequence_ends_the_answer_before_it(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, stop=["no provider"])

    assert answer.choices[0].message.content == "Simulated answer by openai:gpt-4o-mini ("
    assert answer.choices[0].finish_reason == "stop"


async def test_a_forced_tool_is_called_with_arguments_that_fit_its_schema(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(
        model="gpt-4o-mini",
        messages=QUESTION,
        tools=[CLOCK, WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
    )

    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Norway", "unit": "C"})
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (None, "tool_calls")


async def test_a_message_that_names_two_tools_gets_parallel_calls(openai_client: openai.AsyncOpenAI) -> None:
    request: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Use get_weather and get_time for Oslo."}],
        "tools": [WEATHER, CLOCK],
    }
    async with openai_client.chat.completions.stream(**request) as stream:
        streamed = await stream.get_final_completion()
    single = await openai_client.chat.completions.create(**request, parallel_tool_calls=False)

    calls = streamed.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    assert json.loads(calls[1].function.arguments) == {"city": "Oslo"}
    assert len({call.id for call in calls}) == 2
    assert len(single.choices[0].message.tool_calls or []) == 1


async def test_tools_that_nobody_asks_for_are_not_called(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(
        model="gpt-4o-mini",
        messages=QUESTION,
        tools=[WEATHER],
    )

    assert None is answer.choices[0].message.tool_calls


async def test_after_a_tool_result_the_answer_quotes_it(openai_client: openai.AsyncOpenAI) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "user", "content": "get_weather for Oslo"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "four degrees"},
    ]
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[WEATHER])

    assert 'The tool returned: "four degrees".' in (answer.choices[0].message.content or "")


async def test_tool_arguments_that_do_not_fit_into_max_tokens_are_cut(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(
        model="gpt-4o-mini",
        messages=QUESTION,
        tools=[WEATHER],
        tool_choice="required",
        max_tokens=10,
    )

    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.arguments[:4] == '{"ci'
    with pytest.raises(json.JSONDecodeError):
        json.loads(call.function.arguments)
    assert answer.choices[0].finish_reason == "length"


async def test_structured_output_parses_into_the_callers_type(openai_client: openai.AsyncOpenAI) -> None:
    class Step(BaseModel):
        explanation: str
        done: bool

    class Plan(BaseModel):
        title: str
        steps: list[Step]

    answer = await openai_client.chat.completions.parse(model="gpt-4o-mini", messages=QUESTION, response_format=Plan)

    parsed = answer.choices[0].message.parsed
    assert parsed is not None
    assert len(parsed.steps) == 1


async def test_a_custom_tool_is_called_with_free_text(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(
        model="gpt-4o-mini",
        messages=QUESTION,
        tools=[{"type": "custom", "custom": {"name": "shell"}}],
        tool_choice="required",
    )

    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "custom"
    assert (call.custom.name, call.custom.input.split(":")[0]) == ("shell", "Simulated input for shell")


async def test_json_mode_gives_valid_json(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Answer in JSON."}],
        response_format={"type": "json_object"},
    )

    assert json.loads(answer.choices[0].message.content or "")["question"] == "Answer in JSON."


async def test_an_image_counts_for_a_flat_number_of_tokens(openai_client: openai.AsyncOpenAI) -> None:
    def usage(answer: ChatCompletion) -> CompletionUsage:
        assert answer.usage is not None
        return answer.usage

    text: Any = {"type": "text", "text": "What is this?"}
    image: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    plain = await openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": [text]}])
    seen = await openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": [text, image]}])

    assert usage(seen).prompt_tokens - usage(plain).prompt_tokens == 765


async def test_reasoning_tokens_are_a_part_of_the_completion(http: httpx.AsyncClient) -> None:
    async def usage(effort: str) -> tuple[int, int]:
        body = {"model": "gpt-6-sol", "messages": QUESTION, "reasoning_effort": effort}
        found = (await http.post(CHAT, json=body)).json()["usage"]
        return found["completion_tokens_details"]["reasoning_tokens"], found["completion_tokens"]

    none, low, high = await usage("none"), await usage("low"), await usage("high")
    assert none[0] == 0 < low[0] < high[0]
    assert high[1] > high[0]


async def test_a_token_limit_can_be_spent_on_reasoning_alone(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(model="gpt-6-sol", messages=QUESTION, max_completion_tokens=20)

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("", "length")
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert 20 == answer.usage.completion_tokens == answer.usage.completion_tokens_details.reasoning_tokens


async def test_a_long_prompt_seen_before_is_reported_as_cached(http: httpx.AsyncClient) -> None:
    story = " ".join(f"Sentence number {number} of a long story." for number in range(300))

    async def details(end: str, model: str = "gpt-4o-mini") -> dict[str, int]:
        messages = [{"role": "system", "content": story}, {"role": "user", "content": end}]
        usage = (await http.post(CHAT, json={"model": model, "messages": messages})).json()["usage"]
        return {"prompt": usage["prompt_tokens"], **usage["prompt_tokens_details"]}

    first, second = await details("One?"), await details("Two?")
    assert (first["cached_tokens"], first["cache_write_tokens"]) == (0, 0)
    assert first["prompt"] - 128 < second["cached_tokens"] <= second["prompt"]
    assert second["cached_tokens"] % 128 == 0

    written = await details("One?", "gpt-6-sol")
    assert second["cached_tokens"] == written["cache_write_tokens"]
    assert written["cached_tokens"] == 0
    assert (await details("Two?", "gpt-6-sol"))["cache_write_tokens"] == 0


async def test_models_are_listed_and_found(openai_client: openai.AsyncOpenAI) -> None:
    listed = [model async for model in openai_client.models.list()]
    found = await openai_client.models.retrieve("gpt-4o-mini")

    assert [model.id for model in listed] == ["simulated-model"]
    assert (found.id, found.owned_by) == ("gpt-4o-mini", "openai")


async def test_the_sdk_finds_the_request_id(openai_client: openai.AsyncOpenAI, sim: Simulator) -> None:
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    assert sim.record.last.request_id == answer._request_id
