"""Who gets which scenario, and usage that is not so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from muxer.simulator import Simulator

from tests.simulator.chat import CHAT, body


@pytest.mark.parametrize(
    ("scenario", "holds"),
    [
        ("usage_missing", lambda usage, billed: usage is None),
        ("usage_absurd", lambda usage, billed: usage["completion_tokens"] == 10**12),
        ("usage_negative", lambda usage, billed: usage["prompt_tokens"] == -billed.prompt),
        (
            "usage_contradictory",
            lambda usage, billed: usage["prompt_tokens_details"]["cached_tokens"] > usage["prompt_tokens"],
        ),
    ],
)
async def test_usage_can_lie_while_the_bill_stays_true(
    http: httpx.AsyncClient, sim: Simulator, scenario: str, holds: Callable[[Any, Any], bool]
) -> None:
    usage = (await http.post(CHAT, json=body(scenario))).json().get("usage")
    streamed = await http.post(CHAT, json=body(scenario, stream=True, stream_options={"include_usage": True}))

    billed = sim.record.last.billed
    assert billed.prompt > 0 < billed.output
    assert holds(usage, billed)
    last = json.loads(streamed.text.split("\n\n")[-3].removeprefix("data: "))
    assert holds(last["usage"], billed)


async def test_a_key_fails_so_many_times_and_then_succeeds(http: httpx.AsyncClient) -> None:
    async def status(scenario: str) -> int:
        return (await http.post(CHAT, json=body(scenario))).status_code

    assert [await status("fail_times=2;key=a;status=503") for _ in range(4)] == [503, 503, 200, 200]
    assert await status("fail_times=2;key=b;status=429") == 429


async def test_a_marker_for_one_provider_leaves_the_others_alone(http: httpx.AsyncClient) -> None:
    async def statuses(scenario: str) -> tuple[int, int]:
        asked = body(scenario, max_tokens=50)
        version = {"anthropic-version": "2023-06-01"}
        answers: list[Awaitable[httpx.Response]] = [
            http.post(CHAT, json=asked),
            http.post("/anthropic/v1/messages", json=asked, headers=version),
        ]
        first, second = await asyncio.gather(*answers)
        return first.status_code, second.status_code

    assert await statuses("503;provider=openai") == (503, 200)
    assert await statuses("529;provider=anthropic") == (200, 529)
    assert await statuses("500;model=gpt-4o-mini") == (500, 500)
    assert await statuses("500;model=other") == (200, 200)


async def test_a_standing_scenario_holds_until_it_is_lifted(http: httpx.AsyncClient, sim: Simulator) -> None:
    async def status() -> int:
        return (await http.post(CHAT, json=body("", messages=[{"role": "user", "content": "x"}]))).status_code

    await http.put("/_sim/script/openai", content="503")
    assert await status() == 503
    sim.script("openai", "")
    assert await status() == 200


async def test_an_answer_can_be_prescribed_word_for_word(http: httpx.AsyncClient, sim: Simulator) -> None:
    answer = (await http.post(CHAT, json=body("say;text=code_gen"))).json()

    assert answer["choices"][0]["message"]["content"] == "code_gen"
    assert answer["usage"]["completion_tokens"] == sim.record.last.billed.output > 0
