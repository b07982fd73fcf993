"""The simulated Gemini API speaks Google's shapes and refuses what Google refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from muxer.simulator import Simulator

from tests.simulator.conftest import NO_TLS

OLD, NEW = "gemini-2.5-flash", "gemini-3.5-flash"
USER = {"role": "user", "parts": [{"text": "Tell me about Norway, please."}]}
CALLING = {"role": "user", "parts": [{"text": "get_weather and get_time for Oslo"}]}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"functionDeclarations": [{"name": n, "parametersJsonSchema": SCHEMA} for n in ("get_weather", "get_time")]}]
CALL = {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}}}
RESULT = {"functionResponse": {"name": "get_weather", "response": {"result": "four degrees"}}}


@pytest.fixture
async def google(sim: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-goog-api-key": "k"}
    async with httpx.AsyncClient(base_url=sim.base_url("google"), headers=headers, verify=NO_TLS) as client:
        yield client


async def generate(google: httpx.AsyncClient, model: str = OLD, **body: Any) -> dict[str, Any]:
    answer = await google.post(f"/v1/models/{model}:generateContent", json={"contents": [USER], **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def stream(google: httpx.AsyncClient, model: str = OLD, **body: Any) -> list[dict[str, Any]]:
    path = f"/v1beta/models/{model}:streamGenerateContent?alt=sse"
    answer = await google.post(path, json={"contents": [USER], **body})
    events = answer.text.removesuffix("\n\n").split("\n\n")
    return [json.loads(event.removeprefix("data: ")) for event in events]


async def test_tool_calls_end_with_stop(google: httpx.AsyncClient) -> None:
    answer = await generate(google, contents=[CALLING], tools=TOOLS)

    candidate = answer["candidates"][0]
    calls = [part["functionCall"] for part in candidate["content"]["parts"] if "functionCall" in part]
    assert [call["name"] for call in calls] == ["get_weather", "get_time"]
    assert calls[0] == {"name": "get_weather", "args": {"city": "Oslo"}}
    assert candidate["finishReason"] == "STOP"


async def test_newer_models_give_ids_and_sign_the_first_call_alone(google: httpx.AsyncClient) -> None:
    answer = await generate(google, NEW, contents=[CALLING], tools=TOOLS)

    parts = [part for part in answer["candidates"][0]["content"]["parts"] if "functionCall" in part]
    assert ["thoughtSignature" in part for part in parts] == [True, False]
    assert all(part["functionCall"]["id"] for part in parts)


async def test_usage_is_cumulative_on_every_chunk(google: httpx.AsyncClient) -> None:
    chunks = await stream(google, NEW)

    counts = [chunk["usageMetadata"]["candidatesTokenCount"] for chunk in chunks]
    assert counts == sorted(counts)
    assert counts[-1] == counts[-2] > counts[0]
    assert {chunk["usageMetadata"]["promptTokenCount"] for chunk in chunks} == {
        (await generate(google, NEW))["usageMetadata"]["promptTokenCount"]
    }
    assert ["finishReason" in chunk["candidates"][0] for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


async def test_thoughts_are_counted_apart_and_shown_when_asked_for(google: httpx.AsyncClient) -> None:
    shown = await generate(google, NEW, generationConfig={"thinkingConfig": {"includeThoughts": True}})
    hidden = await generate(google, NEW)

    assert [part.get("thought", False) for part in shown["candidates"][0]["content"]["parts"]] == [True, False]
    assert [part.get("thought", False) for part in hidden["candidates"][0]["content"]["parts"]] == [False]
    usage = hidden["usageMetadata"]
    assert usage["totalTokenCount"] == sum(
        usage[kind] for kind in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    )


async def test_tokens_spent_on_thoughts_alone_leave_a_candidate_without_parts(google: httpx.AsyncClient) -> None:
    answer = await generate(google, generationConfig={"maxOutputTokens": 3})

    assert answer["candidates"][0]["content"] == {"role": "model"}
    assert answer["candidates"][0]["finishReason"] == "MAX_TOKENS"


async def test_a_blocked_prompt_has_no_candidates(google: httpx.AsyncClient) -> None:
    blocked = [{"parts": [{"text": "[[simulate:refusal]]"}]}]
    answer = await generate(google, contents=blocked)
    (event,) = await stream(google, contents=blocked)

    assert "candidates" not in answer
    assert answer["promptFeedback"] == event["promptFeedback"] == {"blockReason": "SAFETY"}


async def test_a_filtered_answer_ends_with_safety(google: httpx.AsyncClient) -> None:
    answer = await generate(google, contents=[{"parts": [{"text": "[[simulate:content_filter]]"}]}])

    assert answer["candidates"][0]["finishReason"] == "SAFETY"


async def test_several_candidates_have_their_own_index(google: httpx.AsyncClient) -> None:
    answer = await generate(google, generationConfig={"candidateCount": 3})

    assert [candidate["index"] for candidate in answer["candidates"]] == [0, 1, 2]


async def test_json_conforms_to_the_schema(google: httpx.AsyncClient) -> None:
    config = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    answer = await generate(google, generationConfig=config)

    assert json.loads(answer["candidates"][0]["content"]["parts"][0]["text"]) == {"city": "Norway"}


async def test_names_may_be_in_snake_case_but_schemas_are_left_alone(google: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"home_town": {"type": "string"}}, "required": ["home_town"]}
    config = {"response_mime_type": "application/json", "response_json_schema": schema}
    answer = await generate(google, generation_config=config, system_instruction={"parts": [{"text": "Be brief."}]})

    assert list(json.loads(answer["candidates"][0]["content"]["parts"][0]["text"])) == ["home_town"]


async def test_a_signed_tool_loop_goes_on(google: httpx.AsyncClient) -> None:
    asked = await generate(google, NEW, contents=[CALLING], tools=TOOLS)
    turn = asked["candidates"][0]["content"]
    calls = [part["functionCall"] for part in turn["parts"] if "functionCall" in part]
    results = [{"functionResponse": {"name": c["name"], "id": c["id"], "response": {"result": "x y"}}} for c in calls]
    answer = await generate(google, NEW, contents=[CALLING, turn, {"role": "user", "parts": results}], tools=TOOLS)

    assert 'The tool returned: "x y / x y".' in answer["candidates"][0]["content"]["parts"][0]["text"]


async def test_tokens_are_counted_for_nothing(google: httpx.AsyncClient, sim: Simulator) -> None:
    counted = await google.post(f"/v1/models/{OLD}:countTokens", json={"contents": [USER]})

    assert counted.json() == {"totalTokens": (await generate(google))["usageMetadata"]["promptTokenCount"]}
    assert sim.record.bill.total.calls == 1


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (OLD, {}, "contents: * GenerateContentRequest.contents: contents is not specified"),
        (OLD, {"contents": [USER], "nonsense": 1}, 'nonsense: Invalid JSON payload received. Unknown name "nonsense"'),
        (OLD, {"contents": [USER], "generationConfig": {"maxTokens": 1}}, "generationConfig.maxTokens: Invalid JSON"),
        (OLD, {"contents": [{"role": "assistant", "parts": []}]}, "contents[0].role: Invalid value"),
        (OLD, {"contents": [{"role": "user", "parts": []}]}, "contents[0].parts: must include at least one"),
        (
            OLD,
            {"contents": [{"parts": [{"text": "x", "inlineData": {}}]}]},
            "contents[0].parts[0].data: required oneof",
        ),
        (OLD, {"contents": [{"parts": [{"inlineData": {"data": "x"}}]}]}, "contents[0].parts[0].inlineData.mimeType"),
        (
            OLD,
            {"contents": [USER, {"role": "model", "parts": [CALL]}, USER]},
            "Please ensure that the number of function",
        ),
        (OLD, {"contents": [{"parts": [RESULT]}]}, "Please ensure that the number of function"),
        (NEW, {"contents": [USER, {"role": "model", "parts": [CALL]}]}, "Function call is missing a thought_signature"),
        (OLD, {"contents": [USER], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "toolConfig."),
        (
            OLD,
            {
                "contents": [USER],
                "tools": TOOLS,
                "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["get_time"]}},
            },
            "toolConfig.functionCallingConfig.allowedFunctionNames: allowed_function_names is only supported",
        ),
        (
            OLD,
            {"contents": [USER], "generationConfig": {"responseJsonSchema": SCHEMA}},
            "generationConfig.responseMime",
        ),
        (OLD, {"contents": [USER], "generationConfig": {"temperature": 3}}, "generationConfig.temperature: Invalid"),
        (
            OLD,
            {"contents": [USER], "generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}},
            "generationConfig.thinkingConfig: Thinking level is not supported",
        ),
        (
            NEW,
            {"contents": [USER], "generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 1}}},
            "generationConfig.thinkingConfig: thinking_budget and thinking_level",
        ),
        (OLD, {"contents": [USER], "tools": [{"functionDeclarations": [{"name": "1x"}]}]}, "tools[0].functionDecl"),
    ],
    ids=lambda value: str(value)[:70],
)
async def test_a_wrong_request_is_refused(
    google: httpx.AsyncClient, model: str, body: dict[str, Any], message: str
) -> None:
    answer = await google.post(f"/v1/models/{model}:generateContent", json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert error["message"][: len(message)] == message


async def test_a_finished_tool_turn_needs_no_signature(google: httpx.AsyncClient) -> None:
    history = [USER, {"role": "model", "parts": [CALL]}, {"role": "user", "parts": [RESULT]}, USER]

    assert (await generate(google, NEW, contents=history))["candidates"]


async def test_a_stream_without_sse_is_refused_openly(google: httpx.AsyncClient) -> None:
    answer = await google.post(f"/v1/models/{OLD}:streamGenerateContent", json={"contents": [USER]})

    assert (answer.status_code, "alt=sse" in answer.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize(
    ("scenario", "status", "word", "details"),
    [
        ("429;retry_after=34", 429, "RESOURCE_EXHAUSTED", ["PerMinute", '"retryDelay":"34s"']),
        ("429-quota", 429, "RESOURCE_EXHAUSTED", ["PerDay"]),
        ("402", 402, "RESOURCE_EXHAUSTED", []),
        ("400;code=API_KEY_INVALID", 400, "INVALID_ARGUMENT", ['"reason":"API_KEY_INVALID"']),
        ("500", 500, "INTERNAL", []),
        ("503", 503, "UNAVAILABLE", []),
        ("504", 504, "DEADLINE_EXCEEDED", []),
    ],
)
async def test_errors_say_more_in_their_details(
    google: httpx.AsyncClient, scenario: str, status: int, word: str, details: list[str]
) -> None:
    answer = await google.post(
        f"/v1/models/{OLD}:generateContent", json={"contents": [USER]}, headers={"x-simulate": scenario}
    )

    assert (answer.status_code, answer.json()["error"]["status"]) == (status, word)
    assert all(detail in answer.text for detail in details)
    assert ("details" in answer.json()["error"]) == bool(details)
    assert "retry-after" not in answer.headers


async def test_a_prompt_that_is_too_long_is_said_so_in_googles_words(google: httpx.AsyncClient) -> None:
    answer = await google.post(
        f"/v1/models/{OLD}:generateContent", json={"contents": [USER]}, headers={"x-simulate": "context_too_long"}
    )

    expected = "The input token count (250000) exceeds the maximum number of tokens allowed (200000)."
    assert answer.json()["error"]["message"] == expected
