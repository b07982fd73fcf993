"""Raw sockets as providers, and the transports that are tested against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLContext

import msgspec
import pytest
from muxer.ports import HttpRequest, ProviderSpec, Timeouts, Transport
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.transport import TRANSPORTS, transport
from muxer.types.catalog import Capabilities, ModelSpec


@dataclass
class Connection:
    """One accepted connection, in the words of a scripted server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: RawServer

    async def request(self) -> tuple[str, bytes]:
        """Head and body of the next request. Raises `IncompleteReadError` when the client has gone."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:"))
        request = (head, await self.reader.readexactly(length))
        self.server.requests.append(request)
        return request

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def closed(self) -> None:
        """Waits until the client has closed the connection, or broken it."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass

    def reset(self) -> None:
        """Ends the connection with RST in place of FIN."""
        self.writer.transport.abort()


@dataclass
class RawServer:
    """A server that runs one script per connection, and closes the connection after it."""

    script: Callable[[Connection], Awaitable[None]]
    url: str = ""
    connections: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)  # set when a script has run to its end

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await self.script(Connection(reader, writer, self))
                self.ended.set()
        finally:
            writer.close()


StartServer = Callable[..., Awaitable[RawServer]]


@pytest.fixture
async def serve() -> AsyncIterator[StartServer]:
    """Starts servers on free ports of the loopback interface."""
    running: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    async def start(script: Callable[[Connection], Awaitable[None]], ssl: SSLContext | None = None) -> RawServer:
        server = RawServer(script)

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(server.accept(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        listening = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=ssl)
        running.append(listening)
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return server

    yield start
    for listening in running:
        listening.close()
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(params=sorted(TRANSPORTS))
async def http(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    """Each transport in turn."""
    adapter = transport(request.param)
    yield adapter
    await adapter.close()


@pytest.fixture
def post() -> Callable[..., HttpRequest]:
    def make(url: str, body: bytes = b"{}", **headers: str) -> HttpRequest:
        return HttpRequest("POST", url, {"content-type": "application/json", **headers}, body)

    return make


@pytest.fixture
def hurried() -> Callable[..., Timeouts]:
    """Timeouts that are long but for those that a test names."""

    def make(**seconds: float) -> Timeouts:
        return Timeouts(**{"connect": 20.0, "first_byte": 20.0, "idle": 20.0, "total": 20.0, **seconds})

    return make


@pytest.fixture
def anyone() -> Callable[..., tuple[ProviderSpec, ModelSpec]]:
    """A provider of some dialect, or one of the known rows by its name, and a model of it with some capabilities."""

    def make(name: str, url: str = "http://127.0.0.1:9", /, **capabilities: object) -> tuple[ProviderSpec, ModelSpec]:
        if name in PROVIDERS:
            provider = PROVIDERS[name].spec("sk-the-key-of-the-operator", url)
        else:
            provider = ProviderSpec(name, name, url, "sk-the-key-of-the-operator")
        able = msgspec.convert(capabilities, Capabilities)
        return provider, ModelSpec(name, "the-model", (), able, context_window=200_000, max_output_tokens=64_000)

    return make
