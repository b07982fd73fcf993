"""The simulator as a process of its own: says where it listens, stops when told to, and ends with its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

PRICES = {
    "openai:gpt-4o-mini": {"input_per_1k_usd": 0.00015, "output_per_1k_usd": 0.0006},
    "openai:gpt-6-sol": {"input_per_1k_usd": 0.002, "output_per_1k_usd": 0.010},
}
STARTER = """
import subprocess, sys
command = [sys.executable, "-m", "muxer.simulator", "--exit-with-parent", "--ready-file", sys.argv[1]]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""
"""A program that starts a simulator, tells its number, and waits."""
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """A simulator process, and the address that it printed."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "muxer.simulator", *arguments, stdout=PIPE)
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        yield process, line.removeprefix("simulator listening on ").strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def address(ready: Path) -> str:
    """What a ready file says, once it is seen to be the only file of its name."""
    assert [path.name for path in ready.parent.iterdir() if path.name.startswith("ready")] == ["ready"]
    return ready.read_text()


async def test_it_answers_at_the_address_that_it_tells_and_stops_on_sigterm(tmp_path: Path) -> None:
    ready, prices = tmp_path / "ready", tmp_path / "prices.json"
    prices.write_text(json.dumps(PRICES))
    async with started("--ready-file", str(ready), "--prices", str(prices)) as (process, url):
        assert address(ready) == f"{url}\n"
        async with httpx.AsyncClient(base_url=url, headers={"authorization": "Bearer k"}, verify=NO_TLS) as client:
            listed = await client.get("/openai/v1/models")
            message = {"role": "user", "content": "[[simulate:hang_mid_stream;after=1]]"}
            body = {"model": "gpt-4o-mini", "messages": [message], "stream": True}
            async with client.stream("POST", "/openai/v1/chat/completions", json=body) as answer:
                pieces = answer.aiter_raw()
                assert b'"role":"assistant"' in await anext(pieces)
                process.send_signal(signal.SIGTERM)
                with pytest.raises(httpx.HTTPError):
                    await anext(pieces)
            assert await process.wait() == 0

    assert [model["id"] for model in listed.json()["data"]] == ["gpt-4o-mini", "gpt-6-sol"]


if sys.platform == "linux":  # the parent-death signal is Linux's own

    async def test_it_ends_with_its_parent(tmp_path: Path) -> None:
        ready = tmp_path / "ready"
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", STARTER, str(ready), stdin=PIPE, stdout=PIPE
        )
        assert parent.stdout is not None
        child = int(await parent.stdout.readline())
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address(ready).rsplit(":", 1)[1]))
        os.kill(child, 0)  # it is there
        parent.kill()
        await parent.communicate()

        assert await reader.read() == b""
        writer.close()
