"""The simulator stands many streams at once, costs little, and shares no translation code with the router."""

from __future__ import annotations

import ast
import asyncio
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import muxer.simulator
import pytest
from aiohttp import ClientSession, TCPConnector
from muxer.simulator import Simulator

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is the capital of Norway, please?"}]}
HEADERS = {"authorization": "Bearer k"}
STREAMS = 500


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for both ends of every connection; the usual limit is 1,024 open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4 * STREAMS), hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
async def test_500_streams_at_once_are_all_served_whole(sim: Simulator) -> None:
    gated = {**BODY, "messages": [{"role": "user", "content": "[[simulate:gated;gate=all]]"}], "stream": True}
    url = f"{sim.base_url('openai')}/chat/completions"

    async def text(session: ClientSession) -> bytes:
        async with session.post(url, json=gated) as response:
            return await response.read()

    async with ClientSession(headers=HEADERS, connector=TCPConnector(limit=0)) as session:
        tasks = [asyncio.ensure_future(text(session)) for _ in range(STREAMS)]
        await sim.record.wait_for(lambda call: call.serial == STREAMS)
        assert all(call.finished_s is None for call in sim.record.calls)
        sim.gates.open("all")
        answers = await asyncio.gather(*tasks)

    assert len(set(answers)) == 1
    assert answers[0].endswith(b"data: [DONE]\n\n")
    assert sim.record.bill.total.calls == STREAMS


async def test_a_whole_answer_costs_less_than_a_millisecond_of_cpu(sim: Simulator) -> None:
    url = f"{sim.base_url('openai')}/chat/completions"
    async with ClientSession(headers=HEADERS) as session:

        async def some(number: int) -> float:
            before = time.process_time()
            for _ in range(number):
                async with session.post(url, json=BODY) as response:
                    await response.read()
            return (time.process_time() - before) / number

        await some(20)
        cheapest = min([await some(50) for _ in range(4)])

    assert cheapest < 0.001  # of client and server together


def test_it_imports_of_the_router_nothing_but_values() -> None:
    home = Path(muxer.simulator.__file__).parent
    imported = {
        node.module
        for file in home.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("muxer")
    }

    assert {name for name in imported if not name.startswith("muxer.simulator")} == {"muxer.types.catalog"}
