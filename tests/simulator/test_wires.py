"""What holds for every protocol that the simulator speaks, each read here in its provider's own terms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from muxer.simulator import Simulator
from muxer.simulator.tokens import Tokens
from muxer.simulator.vendors import VENDORS

from tests.simulator.protocols import PROTOCOLS, Protocol

EVERY = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: f"{p.vendor}{p.path[-6:]}-{p.model}")
HEADERS = {"x-goog-api-key": "k", "anthropic-version": "2026-10-21"}
ASKED = [
    ("Tell me about Norway, please.", {}),
    ("Use get_weather and get_time for Oslo.", {"tools": ["get_weather", "get_time"]}),
    ("Use get_weather for Oslo.", {"tools": ["get_weather"], "limit": 24}),
    ("Tell me about Norway, please.", {"limit": 20}),
]
EVERY_REQUEST = pytest.mark.parametrize(("message", "options"), ASKED, ids=["text", "tools", "cut tools", "cut text"])


async def ask(
    http: httpx.AsyncClient,
    protocol: Protocol,
    message: str,
    options: dict[str, Any] | None = None,
    *,
    stream: bool,
    scenario: str = "",
) -> httpx.Response:
    body = protocol.body(message, options or {})
    path = protocol.path
    if protocol.stream_path:
        path = protocol.stream_path if stream else path
    else:
        body |= {"model": protocol.model} | ({"stream": True} if stream else {})
    return await http.post(path, json=body, headers={**HEADERS, "x-simulate": scenario})


def events(protocol: Protocol, answer: httpx.Response) -> Iterator[dict[str, Any]]:
    for event in answer.text.removesuffix("\n\n").split("\n\n"):
        data = event.split("data: ", 1)[1]
        if data != protocol.done:
            yield json.loads(data)


def test_every_protocol_is_looked_at() -> None:
    assert {vendor.prefix for vendor in VENDORS} == {
        vendor.prefix for vendor in VENDORS for protocol in PROTOCOLS if protocol.path.startswith(vendor.prefix + "/")
    }
    assert sum(len(vendor.wires) for vendor in VENDORS) == len({protocol.path for protocol in PROTOCOLS})


@EVERY
@EVERY_REQUEST
async def test_a_stream_says_the_same_as_the_whole_answer(
    http: httpx.AsyncClient, protocol: Protocol, message: str, options: dict[str, Any]
) -> None:
    whole = await ask(http, protocol, message, options, stream=False)
    streamed = await ask(http, protocol, message, options, stream=True)

    assert whole.status_code == streamed.status_code == 200, whole.text
    assert "".join(protocol.gained(event) for event in events(protocol, streamed)) == protocol.text(whole.json())


@EVERY
@EVERY_REQUEST
async def test_usage_is_what_is_billed_and_the_same_for_both_forms(
    http: httpx.AsyncClient, sim: Simulator, protocol: Protocol, message: str, options: dict[str, Any]
) -> None:
    whole = await ask(http, protocol, message, options, stream=False)
    await ask(http, protocol, message, options, stream=True)

    first, second = sim.record.calls
    assert protocol.usage(whole.json()) == (first.billed.prompt, first.billed.output)
    assert first.billed == second.billed
    if "limit" in options:
        assert first.billed.output <= options["limit"]


@EVERY
@EVERY_REQUEST
async def test_the_events_of_a_stream_bring_exactly_the_tokens_that_the_whole_costs(
    http: httpx.AsyncClient, sim: Simulator, protocol: Protocol, message: str, options: dict[str, Any]
) -> None:
    cut_after_all = "truncated;after=100000"  # billed by its events, though all of them are sent
    await ask(http, protocol, message, options, stream=True, scenario=cut_after_all)
    await ask(http, protocol, message, options, stream=False)

    counted, whole = sim.record.calls
    assert (counted.billed.output, counted.billed.reasoning) == (whole.billed.output, whole.billed.reasoning)
    assert counted.billed.output > 0


@EVERY
async def test_the_same_request_gets_the_same_bytes(http: httpx.AsyncClient, protocol: Protocol) -> None:
    for stream in (False, True):
        answers = [(await ask(http, protocol, "Hello there!", stream=stream)).content for _ in range(2)]
        assert answers[0] == answers[1]


@EVERY
async def test_every_answer_says_that_it_is_simulated(http: httpx.AsyncClient, protocol: Protocol) -> None:
    answer = await ask(http, protocol, "Hello there!", stream=False)

    said = (
        f'Simulated answer by {protocol.vendor}:{protocol.model} (no provider was called). You asked: "Hello there!".'
    )
    assert protocol.text(answer.json())[: len(said)] == said


@EVERY
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529])
async def test_refusals_have_their_status_and_a_message(
    http: httpx.AsyncClient, sim: Simulator, protocol: Protocol, status: int
) -> None:
    for stream in (False, True):
        answer = await ask(http, protocol, f"Hello [[simulate:{status};message=as scripted]]", stream=stream)
        unmarked = {401} if protocol.vendor == "mistral" else set()  # where the provider says the same to everybody

        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        assert status in unmarked or protocol.error(answer.json()) == "as scripted"
    assert sim.record.bill.total.calls == 0


@EVERY
async def test_without_a_key_nobody_is_served(http: httpx.AsyncClient, protocol: Protocol) -> None:
    answer = await http.post(protocol.path, json={}, headers={"authorization": "", "x-goog-api-key": ""})

    assert answer.status_code == 401


@EVERY
async def test_a_failing_stream_ends_with_the_providers_own_error(http: httpx.AsyncClient, protocol: Protocol) -> None:
    answer = await ask(http, protocol, "Hello [[simulate:error_mid_stream;message=as scripted]]", stream=True)

    *_, last = events(protocol, answer)
    assert answer.status_code == 200
    assert "as scripted" in json.dumps(last)
    assert protocol.done not in answer.text if protocol.done else True


@EVERY
@pytest.mark.parametrize(
    ("scenario", "holds"),
    [
        ("usage_negative", lambda told, billed: told == (-billed.prompt, -billed.output)),
        ("usage_absurd", lambda told, billed: min(told) >= 10**12),
    ],
)
async def test_usage_lies_as_scripted(
    http: httpx.AsyncClient,
    sim: Simulator,
    protocol: Protocol,
    scenario: str,
    holds: Callable[[tuple[int, int], Tokens], bool],
) -> None:
    answer = await ask(http, protocol, f"Hello [[simulate:{scenario}]]", stream=False)

    assert holds(protocol.usage(answer.json()), sim.record.last.billed)


@EVERY
async def test_usage_can_be_missing(http: httpx.AsyncClient, protocol: Protocol) -> None:
    whole = await ask(http, protocol, "Hello [[simulate:usage_missing]]", stream=False)
    streamed = await ask(http, protocol, "Hello [[simulate:usage_missing]]", stream=True)

    assert not whole.json().get("usage")
    assert not whole.json().get("usageMetadata")
    assert "_tokens" not in streamed.text.replace("max_output_tokens", "")
    assert "TokenCount" not in streamed.text


@EVERY
async def test_models_are_listed_and_found(http: httpx.AsyncClient, protocol: Protocol) -> None:
    root = protocol.path.split("/models")[0].split("/chat")[0].split("/responses")[0].split("/messages")[0]
    root = root.replace("/v2", "/v1")
    listed = await http.get(f"{root}/models", headers=HEADERS)
    found = await http.get(f"{root}/models/{protocol.model}", headers=HEADERS)

    assert "simulated-model" in listed.text
    assert protocol.model in found.text


@EVERY
async def test_an_unknown_address_is_not_found(http: httpx.AsyncClient, protocol: Protocol) -> None:
    answer = await http.post(f"{protocol.path}/elsewhere", json={}, headers=HEADERS)

    assert answer.status_code == 404
