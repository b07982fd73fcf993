"""The whole product for tests: simulator and server on a loop of their own, and a real Envoy in front."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from msgspec import structs
from muxer.app import VERSION, Server
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import running_envoy
from muxer.plan import Plan, read_plan
from muxer.settings import Environment
from muxer.simulator import Simulator
from muxer.telemetry.exposition import Exposition
from muxer.telemetry.metrics import Metrics
from muxer.types.money import PicoUsd

T = TypeVar("T")


class CollectedLog:
    """Keeps the lines that the request log would write."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def request_finished(
        self,
        request_id: str,
        route: str,
        code: str,
        seconds: float,
        *,
        model: str = "",
        cost: PicoUsd | None = None,
        attempts: int = 0,
        trace_id: str = "",
    ) -> None:
        self.lines.append(
            {"request_id": request_id, "route": route, "code": code, "model": model, "cost": cost, "attempts": attempts}
        )


class Stack:
    """Addresses and insides of a running product."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.rest = ""
        self.grpc = ""
        self.simulator: Simulator
        self.server: Server
        self.plan: Plan
        self.log = CollectedLog()

    def call(self, work: Coroutine[Any, Any, T], timeout: float = 20.0) -> T:
        """Runs something on the stack's loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    @contextlib.asynccontextmanager
    async def running(self, environment: Mapping[str, str], config: str, *, envoy: bool, simulated: bool) -> Any:
        """Everything, on this loop."""
        with tempfile.TemporaryDirectory(prefix="mm-") as name:
            folder = Path(name)
            # The simulator bills by the table that is shipped, whatever the server was told.
            catalog = read_plan(Environment({}), "").prices.catalog
            async with Simulator.start(catalog=catalog) as self.simulator:
                self.plan = read_plan(Environment(environment), config, simulator_url=self.simulator.url)
                if not simulated:
                    self.plan = structs.replace(self.plan, simulated=frozenset())
                exposition = Exposition()
                models = self.plan.prices.catalog.models
                providers = {m.provider for m in models.values()}
                metrics = Metrics(exposition.registry, models=models, providers=providers, version=VERSION)
                self.server = Server(self.plan, self.log, metrics, exposition)
                socket = f"unix:{folder / 'server.sock'}"
                ports = await self.server.start([socket, "127.0.0.1:0"])
                self.grpc = f"127.0.0.1:{ports[1]}"
                edge = EdgeConfig(
                    listen="127.0.0.1:0",
                    upstreams=(socket,),
                    admin=f"unix:{folder / 'admin.sock'}",
                    max_body_bytes=2 * self.plan.settings.max_request_bytes,
                )
                async with contextlib.AsyncExitStack() as stack:
                    if envoy:
                        running = await stack.enter_async_context(running_envoy(edge, folder))
                        self.rest = running.url
                    yield self
                    await self.server.stop()


@contextlib.contextmanager
def running_stack(
    environment: Mapping[str, str] | None = None, config: str = "", *, envoy: bool = True, simulated: bool = True
) -> Iterator[Stack]:
    """A product of one's own. `environment` replaces the whole environment; nothing of the tester's gets in. Unless
    `simulated`, the server takes the simulator for the real providers."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stack", daemon=True)
    thread.start()
    stack = Stack(loop)
    quick = {"MODELMUXER_DRAIN_DELAY_S": "0", "MODELMUXER_DRAIN_GRACE_S": "5"}
    context = stack.running({**quick, **(environment or {})}, config, envoy=envoy, simulated=simulated)
    try:
        stack.call(context.__aenter__(), 30.0)
        try:
            yield stack
        finally:
            stack.call(context.__aexit__(None, None, None), 30.0)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
