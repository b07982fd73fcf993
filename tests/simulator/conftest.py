"""A running simulator, clients of the official SDKs that talk to it, and a bare socket for what they would hide."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from muxer.simulator import Simulator

from tests.simulator.anthropic_chat import HEADERS

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares every client the loading of the system's certificates; all talk plain HTTP."""


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator.start() as simulator:
        yield simulator


@pytest.fixture
async def openai_client(sim: Simulator) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=sim.base_url("openai"),
        api_key="sk-test",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(verify=NO_TLS),
    ) as client:
        yield client


@pytest.fixture
async def anthropic_client(sim: Simulator) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(
        base_url=sim.base_url("anthropic"),
        api_key="k",
        max_retries=0,
        http_client=anthropic.DefaultAsyncHttpxClient(verify=NO_TLS),
    ) as client:
        yield client


@pytest.fixture
async def http(sim: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": "Bearer sk-test"}
    async with httpx.AsyncClient(base_url=sim.url, headers=headers, verify=NO_TLS) as client:
        yield client


@pytest.fixture
async def claude(sim: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP with what Anthropic wants in every request."""
    async with httpx.AsyncClient(base_url=sim.url, headers=HEADERS, verify=NO_TLS) as client:
        yield client


class Wire:
    """One bare connection to the simulator."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def ask(self, path: str, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: simulator\r\nauthorization: Bearer sk-test\r\n"
        head += (
            f"anthropic-version: 2026-10-21\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        self.writer.write(head.encode() + data)

    def chat(self, scenario: str, *, stream: bool, content: str = "Hello there.") -> None:
        message = {"role": "user", "content": f"{content} [[simulate:{scenario}]]"}
        self.ask("/openai/v1/chat/completions", {"model": "gpt-4o-mini", "messages": [message], "stream": stream})

    async def head(self) -> tuple[int, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split(" ")[1]), {name.lower(): value for name, value in pairs}

    async def chunk(self) -> bytes:
        """One chunk of a chunked body; empty at its clean end."""
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    async def chunks(self) -> list[bytes]:
        """All chunks up to the clean end."""
        found = []
        while data := await self.chunk():
            found.append(data)
        return found


@pytest.fixture
async def wire(sim: Simulator) -> AsyncIterator[Wire]:
    host, port = sim.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=8_000_000)
    yield Wire(reader, writer)
    writer.transport.abort()
