"""Faults that make the client wait, and gates that tests open."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from muxer.simulator import Simulator

from tests.simulator.chat import CHAT, body, texts, turns

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire


async def test_before_the_headers_nothing_comes(wire: Wire, sim: Simulator, http: httpx.AsyncClient) -> None:
    wire.chat("hang_before_headers", stream=True)
    first = asyncio.ensure_future(wire.reader.read(1))
    await turns(http)
    assert not first.done()

    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)
    assert (call.scenario, call.status, call.billed.total) == ("hang_before_headers", 0, 0)
    first.cancel()


async def test_a_slow_first_byte_waits_for_its_gate_and_then_comes(
    wire: Wire, sim: Simulator, http: httpx.AsyncClient
) -> None:
    wire.chat("slow_first_byte;gate=g", stream=False)
    first = asyncio.ensure_future(wire.head())
    await turns(http)
    assert not first.done()

    sim.gates.open("g")
    assert (await first)[0] == 200


async def test_a_slow_first_byte_takes_as_long_as_scripted(http: httpx.AsyncClient) -> None:
    before = time.monotonic()
    await http.post(CHAT, json=body("slow_first_byte;seconds=0.05"))

    assert time.monotonic() - before >= 0.05


async def test_a_whole_answer_is_billed_even_when_nobody_waits_for_it(wire: Wire, sim: Simulator) -> None:
    wire.chat("slow_first_byte;gate=never", stream=False)
    await sim.record.wait_for(lambda call: call.scenario.startswith("slow_first_byte"))
    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)

    assert call.billed.output > 0
    assert call.billed.total == sim.record.bill.total.prompt_tokens + sim.record.bill.total.completion_tokens


async def test_a_gated_stream_sends_one_event_and_waits(wire: Wire, sim: Simulator, http: httpx.AsyncClient) -> None:
    wire.chat("gated;gate=g", stream=True)
    await wire.head()
    first = await wire.chunk()
    second = asyncio.ensure_future(wire.chunk())
    await turns(http)
    assert not second.done()
    assert b'"role":"assistant"' in first

    sim.gates.open("g")
    assert b'"content":"Simulated"' in await second
    assert (await wire.chunks())[-1] == b"data: [DONE]\n\n"


async def test_a_gate_opens_over_http(wire: Wire, http: httpx.AsyncClient) -> None:
    wire.chat("gated;gate=h", stream=False)
    answer = asyncio.ensure_future(wire.head())
    opened = await http.post("/_sim/gates/h")

    assert (opened.status_code, (await answer)[0]) == (204, 200)


async def test_a_stream_that_hangs_midway_sends_so_many_events_and_no_more(
    wire: Wire, sim: Simulator, http: httpx.AsyncClient
) -> None:
    wire.chat("hang_mid_stream;after=4", stream=True)
    await wire.head()
    events = [await wire.chunk() for _ in range(4)]
    more = asyncio.ensure_future(wire.chunk())
    await turns(http)
    assert not more.done()
    wire.writer.transport.abort()
    call = await sim.record.wait_for(lambda call: call.aborted)

    assert texts(events) == "Simulated answer by"
    assert (call.events_sent, call.billed.output) == (4, 3)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await more


async def test_a_body_that_hangs_midway_was_begun(wire: Wire, sim: Simulator) -> None:
    wire.chat("hang_mid_stream", stream=False)
    _, headers = await wire.head()
    await wire.reader.readexactly(int(headers["content-length"]) // 2)
    wire.writer.transport.abort()

    assert (await sim.record.wait_for(lambda call: call.aborted)).billed.output > 0


@pytest.mark.parametrize("stream", [True, False])
async def test_slow_bytes_come_one_by_one(wire: Wire, stream: bool) -> None:
    wire.chat("slow_bytes;seconds=0.01", stream=stream)
    await wire.head()
    before = time.monotonic()
    for _ in range(3):
        await (wire.chunk() if stream else wire.reader.readexactly(1))

    assert time.monotonic() - before > 0.015


async def test_a_stream_keeps_its_pace(wire: Wire) -> None:
    wire.chat("ok;pace=0.01", stream=True)
    await wire.head()
    before = time.monotonic()
    for _ in range(4):
        await wire.chunk()

    assert time.monotonic() - before > 0.025
