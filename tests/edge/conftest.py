"""A real Envoy in front of a real gRPC server whose answers each test sets."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import msgspec
import pytest
import pytest_asyncio
from google.api.httpbody_pb2 import HttpBody
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_status import rpc_status
from modelmuxer.v1 import (
    error_pb2,
    openai_service_pb2_grpc,
    operations_service_pb2_grpc,
    router_service_pb2,
    router_service_pb2_grpc,
)
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import Envoy, running_envoy
from muxer.edge.probe import ask

Chat = Callable[[HttpBody, Any], AsyncIterator[HttpBody]]
Unary = Callable[[Any, Any], Awaitable[Any]]

SERVICE = "modelmuxer.v1.RouterService"
MIB = 1 << 20


async def echo(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
    yield HttpBody(content_type="application/json", data=request.data)


async def empty_route(request: Any, context: Any) -> Any:
    return router_service_pb2.RouteResponse()


async def healthy(request: Any, context: Any) -> HttpBody:
    return HttpBody(content_type="application/json", data=b'{"status":"ok"}')


async def fail(context: Any, code: grpc.StatusCode, message: str, *details: Any) -> None:
    """Fails an RPC with a google.rpc.Status."""
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    await context.abort_with_status(rpc_status.to_status(status))


def failing_route(code: grpc.StatusCode, message: str, *details: Any) -> Unary:
    async def route(request: Any, context: Any) -> Any:
        await fail(context, code, message, *details)

    return route


def rest_error(http_status: int, body: str, *, retry_after_s: int = 0) -> error_pb2.RestError:
    return error_pb2.RestError(http_status=http_status, retry_after_s=retry_after_s, body=body)


class Upstream(
    router_service_pb2_grpc.RouterServiceServicer,
    openai_service_pb2_grpc.OpenAIServiceServicer,
    operations_service_pb2_grpc.OperationsServiceServicer,
):
    """The server: `chat`, `route` and `health` are what it does, `seen` is the metadata it got, call by call."""

    def __init__(self, socket: Path, *, max_message_bytes: int = 2 * MIB) -> None:
        self.socket = socket
        self.address = f"unix:{socket}"
        self.servicer = health_aio.HealthServicer()
        self._max_message_bytes = max_message_bytes
        self.reset()

    def reset(self) -> None:
        self.chat: Chat = echo
        self.route: Unary = empty_route
        self.health: Unary = healthy
        self.seen: list[dict[str, list[str | bytes]]] = []

    def _note(self, context: Any) -> None:
        metadata: dict[str, list[str | bytes]] = {}
        for name, value in context.invocation_metadata() or ():
            metadata.setdefault(name, []).append(value)
        self.seen.append(metadata)

    async def CreateChatCompletion(self, request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:  # noqa: N802
        self._note(context)
        async with contextlib.aclosing(self.chat(request, context)) as bodies:  # type: ignore[type-var]  # it is a generator
            async for body in bodies:
                yield body

    async def GetModel(self, request: Any, context: Any) -> HttpBody:  # noqa: N802
        self._note(context)
        return HttpBody(content_type="text/plain; charset=utf-8", data=request.id.encode())

    async def Route(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._note(context)
        return await self.route(request, context)

    ChatCompletion = Classify = Estimate = Route

    async def ListModels(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._note(context)
        return router_service_pb2.ListModelsResponse(object="list")

    async def StreamChatCompletion(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        self._note(context)
        for number in range(3):
            yield router_service_pb2.StreamChatCompletionResponse(id=str(number))

    async def GetHealth(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._note(context)
        return await self.health(request, context)

    async def GetMetrics(self, request: Any, context: Any) -> HttpBody:  # noqa: N802
        self._note(context)
        return HttpBody(content_type="text/plain; version=1.0.0; charset=utf-8", data=b"up 1\n" * 50_000)

    async def set_serving(self, serving: bool) -> None:
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        await self.servicer.set(SERVICE, status)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", self._max_message_bytes),
                ("grpc.max_metadata_size", 32 * 1024),
                ("grpc.absolute_max_metadata_size", 64 * 1024),
            ]
        )
        router_service_pb2_grpc.add_RouterServiceServicer_to_server(self, server)
        openai_service_pb2_grpc.add_OpenAIServiceServicer_to_server(self, server)
        operations_service_pb2_grpc.add_OperationsServiceServicer_to_server(self, server)
        health_pb2_grpc.add_HealthServicer_to_server(self.servicer, server)
        server.add_insecure_port(self.address)
        await self.set_serving(True)
        await server.start()
        try:
            yield
        finally:
            await server.stop(grace=0)


class Edge(msgspec.Struct, frozen=True):
    """Envoy, the server behind it, and a REST client in front of it."""

    envoy: Envoy
    upstream: Upstream
    rest: httpx.AsyncClient

    async def statistic(self, name: str) -> int:
        """One of Envoy's counters or gauges."""
        answer = await ask(self.envoy.admin, "GET", f"/stats?filter=^{name}$")
        assert answer is not None
        return int(answer.body.split()[-1])

    async def raw(self, request: bytes) -> bytes:
        """The one answer to these bytes, as it came."""
        reader, writer = await asyncio.open_connection(self.envoy.address.host, self.envoy.address.port)
        try:
            writer.write(request)
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head)
                return head + (
                    await reader.readexactly(int(length[1])) if length else await reader.readuntil(b"0\r\n\r\n")
                )
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def running_edge(run_dir: Path, *replicas: Upstream, **settings: Any) -> AsyncIterator[Edge]:
    """Envoy before these replicas; it does not start them."""
    config = EdgeConfig(
        listen="127.0.0.1:0",
        upstreams=tuple(replica.address for replica in replicas),
        admin=f"unix:{run_dir}/admin.sock",
        **settings,
    )
    async with running_envoy(config, run_dir) as envoy, httpx.AsyncClient(base_url=envoy.url, timeout=5) as rest:
        yield Edge(envoy, replicas[0], rest)


@pytest.fixture(scope="module")
def shared_dir() -> Iterator[Path]:
    """A folder whose path is short enough for unix sockets."""
    path = Path(tempfile.mkdtemp(prefix="edge-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """The same for one test."""
    path = Path(tempfile.mkdtemp(prefix="edge-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_edge(shared_dir: Path) -> AsyncIterator[Edge]:
    """One Envoy for all tests of a module. Bodies: at most 4 MiB for Envoy, 2 MiB for the server."""
    upstream = Upstream(shared_dir / "server.sock")
    async with (
        upstream.serving(),
        running_edge(
            shared_dir,
            upstream,
            max_body_bytes=4 * MIB,
            allow_origins=("https://app.example",),
        ) as edge,
    ):
        yield edge


@pytest.fixture
def edge(shared_edge: Edge) -> Edge:
    """The module's Envoy, with a server that behaves."""
    shared_edge.upstream.reset()
    return shared_edge


async def until(condition: Callable[[], Awaitable[bool]], *, within_s: float = 5) -> None:
    """Waits for what no event announces."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - as it says
            await asyncio.sleep(0.01)
