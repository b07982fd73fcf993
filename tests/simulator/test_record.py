"""What the simulator writes down: calls without their keys, who went away when, and an exact bill."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import ssl
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.simulator import Simulator
from muxer.simulator.record import cost
from muxer.simulator.tokens import Tokens
from muxer.types.catalog import Catalog, DatedPrice, ModelSpec, Rates, Tier

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire

CHAT = "/openai/v1/chat/completions"
PLAIN = Rates(input=3, output=7, cached_input=1, cache_write=4, cache_write_1h=6)
LONG = Rates(input=30, output=70)
LATER = Rates(input=5, output=11)
SPEC = ModelSpec(
    provider="openai",
    name="gpt-4o-mini",
    prices=(
        DatedPrice(dt.date.min, PLAIN, (Tier(1_000, LONG),)),
        DatedPrice(dt.date(2027, 1, 1), LATER),
    ),
    context_window=4_000,
    max_input_tokens=3_000,
)
TODAY = dt.date(2026, 11, 23)
CATALOG = Catalog({SPEC.id: SPEC}, "v7")


def body(content: str = "Hello.", **fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **fields}


def client(sim: Simulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=sim.url, headers={"authorization": "Bearer sk-1"}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )


async def test_keys_are_recorded_as_hashes_alone(http: httpx.AsyncClient, sim: Simulator) -> None:
    await http.post(CHAT, json=body(), headers={"x-api-key": "secret-canary", "cookie": "secret-canary"})

    digest = hashlib.sha256(b"secret-canary").hexdigest()[:12]
    assert sim.record.last.headers["x-api-key"] == f"sha256:{digest}"
    told = (await http.get("/_sim/record")).text
    assert "secret-canary" not in told
    assert "sk-test" not in told


async def test_a_call_is_recorded_with_what_was_asked_and_billed(http: httpx.AsyncClient, sim: Simulator) -> None:
    answer = await http.post(CHAT, json=body(), headers={"x-simulate": "ok;pace=0"})
    (told,) = (await http.get("/_sim/record")).json()

    usage = answer.json()["usage"]
    assert told["body"] == body()
    assert (told["provider"], told["model"], told["operation"]) == ("openai", "gpt-4o-mini", "chat")
    assert (told["status"], told["scenario"], told["stream"]) == (200, "ok;pace=0", False)
    assert (told["billed"]["input"], told["billed"]["output"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert told["started_s"] <= told["finished_s"] <= time.monotonic()
    assert told["request_id"] == answer.headers["x-request-id"] == sim.record.last.request_id


async def test_a_refusal_is_recorded_and_costs_nothing(http: httpx.AsyncClient, sim: Simulator) -> None:
    await http.post(CHAT, json=body("[[simulate:429]]"))

    assert (sim.record.last.status, sim.record.last.error) == (429, "rate_limit")
    assert sim.record.bill.total.calls == 0


async def test_the_bill_is_the_sum_of_all_reported_usage(http: httpx.AsyncClient, sim: Simulator) -> None:
    prompt = completion = 0
    for number in range(5):
        stream = {"stream": True, "stream_options": {"include_usage": True}} if number % 2 else {}
        answer = await http.post(CHAT, json=body(f"Question {number}?", n=number + 1, **stream))
        whole = json.loads(answer.text.split("\n\n")[-3].removeprefix("data: ")) if stream else answer.json()
        prompt += whole["usage"]["prompt_tokens"]
        completion += whole["usage"]["completion_tokens"]

    told = (await http.get("/_sim/bill")).json()
    assert (told["total"]["prompt_tokens"], told["total"]["completion_tokens"]) == (prompt, completion)
    assert told["models"]["openai:gpt-4o-mini"] == told["total"]
    assert told["total"]["unpriced_calls"] == told["total"]["calls"] == 5
    assert sim.record.bill.total.completion_tokens == completion


async def test_a_client_that_leaves_is_noticed_at_once(wire: Wire, sim: Simulator) -> None:
    wire.chat("hang_mid_stream", stream=True)
    await wire.head()
    await wire.chunk()
    left_at = time.monotonic()
    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)

    assert call.aborted_s is not None
    assert left_at <= call.aborted_s <= time.monotonic()
    assert call.aborted_s == call.finished_s


async def test_a_client_that_stays_is_never_recorded_as_gone(http: httpx.AsyncClient, sim: Simulator) -> None:
    await http.post(CHAT, json=body(stream=True))
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post(CHAT, json=body("[[simulate:hang_up_mid_stream]]", stream=True))
    with pytest.raises(httpx.ReadError):
        await http.post(CHAT, json=body("[[simulate:reset_mid_stream]]", stream=True))

    await sim.record.wait_for(lambda call: call.serial == 3 and call.finished_s is not None)
    assert [call.aborted for call in sim.record.calls] == [False, False, False]


async def test_the_end_of_the_simulator_ends_hanging_calls_without_blaming_the_client() -> None:
    async with Simulator.start() as sim, client(sim) as http:
        task = asyncio.ensure_future(http.post(CHAT, json=body("[[simulate:hang_before_headers]]")))
        await sim.record.wait_for(lambda call: call.scenario == "hang_before_headers")
    with pytest.raises(httpx.HTTPError):
        await task

    assert (sim.record.last.aborted, sim.record.last.finished_s is not None) == (False, True)


async def test_the_record_is_bounded_and_the_bill_is_not() -> None:
    async with Simulator.start(most_calls=2) as sim, client(sim) as http:
        for _ in range(4):
            await http.post(CHAT, json=body())

        assert [call.serial for call in sim.record.calls] == [3, 4]
        assert sim.record.bill.total.calls == 4


async def test_clearing_forgets_calls_and_bill(http: httpx.AsyncClient, sim: Simulator) -> None:
    await http.post(CHAT, json=body())
    await http.delete("/_sim/record")

    assert (sim.record.calls, sim.record.bill.total.calls) == ([], 0)


async def test_with_a_catalogue_money_is_billed_in_whole_pico_dollars() -> None:
    async with Simulator.start(catalog=CATALOG, today=lambda: TODAY) as sim, client(sim) as http:
        usage = (await http.post(CHAT, json=body())).json()["usage"]
        bill = (await http.get("/_sim/bill")).json()

    expected = usage["prompt_tokens"] * PLAIN.input + usage["completion_tokens"] * PLAIN.output
    assert bill["total"]["cost_pico_usd"] == sim.record.last.cost_pico_usd == expected
    assert (bill["price_version"], bill["total"]["unpriced_calls"]) == ("v7", 0)


async def test_with_a_catalogue_other_models_are_unknown() -> None:
    async with Simulator.start(catalog=CATALOG) as sim, client(sim) as http:
        answer = await http.post(CHAT, json=body(model="gpt-9"))
        listed = await http.get("/openai/v1/models")
        missing = await http.get("/openai/v1/models/gpt-9")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert [model["id"] for model in listed.json()["data"]] == ["gpt-4o-mini"]
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("words", "limit", "status"), [(2_000, 500, 200), (3_100, 1, 400), (2_900, 200, 200), (2_900, 1_200, 400)]
)
async def test_with_a_catalogue_prompts_must_fit_into_the_context_window(words: int, limit: int, status: int) -> None:
    async with Simulator.start(catalog=CATALOG) as sim, client(sim) as http:
        answer = await http.post(CHAT, json=body("a" + " a" * (words - 10), max_tokens=limit))

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(
    ("billed", "day", "expected"),
    [
        (Tokens(input=100, output=10), TODAY, 100 * 3 + 10 * 7),
        (Tokens(input=100, cached=50, write_5m=20, write_1h=10, output=1), TODAY, 300 + 50 + 80 + 60 + 7),
        (Tokens(input=1_000, output=1), TODAY, 3_007),
        (Tokens(input=1, cached=500, write_5m=500, output=1), TODAY, 1_001 * 30 + 70),
        (Tokens(input=100, output=10), dt.date(2027, 1, 1), 610),
        (Tokens(), TODAY, 0),
    ],
)
def test_each_kind_of_token_has_its_rate_and_long_prompts_their_tier(
    billed: Tokens, day: dt.date, expected: int
) -> None:
    assert cost(SPEC, billed, day) == expected


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_bill_is_exact_at_any_size(prompt: int, output: int, rate: int) -> None:
    spec = ModelSpec("p", "m", (DatedPrice(dt.date.min, Rates(rate, rate)),))

    assert cost(spec, Tokens(input=prompt, output=output), TODAY) == (prompt + output) * rate


async def test_health_names_the_providers(http: httpx.AsyncClient) -> None:
    health = (await http.get("/_sim/health")).json()

    assert (health["status"], health["providers"]["openai"]) == ("ok", "/openai/v1")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/_sim/nothing"), ("POST", "/_sim/record"), ("GET", "/elsewhere")]
)
async def test_other_addresses_are_not_found(http: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await http.request(method, path)).status_code == 404
