"""The simulator as a server: takes requests in, keeps the record, and answers for itself at `/_sim/`."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader

from muxer.simulator import scenario
from muxer.simulator.bodies import REDIRECT_TARGET
from muxer.simulator.exchange import Gates, Gone, reset
from muxer.simulator.player import Player
from muxer.simulator.problem import Problem
from muxer.simulator.record import Call, Record
from muxer.simulator.traits import Traits
from muxer.simulator.vendors import BASE_PATHS, Vendor, find
from muxer.simulator.wire import Wire, json_bytes
from muxer.types.catalog import Catalog

_MOST_BODY_BYTES = 32 * 1_048_576
"""Larger requests get a 413: Anthropic's documented limit."""


class Simulator:
    """Plays all providers at one address. Made by `Simulator.start`."""

    def __init__(self, record: Record, gates: Gates, player: Player) -> None:
        self.url = ""
        self.record = record
        self.gates = gates
        self._player = player
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        catalog: Catalog | None = None,
        traits: Mapping[str, Traits] | None = None,
        pace_s: float = 0.0,
        today: Callable[[], dt.date] | None = None,
        most_calls: int = 1_000,
    ) -> AsyncIterator[Simulator]:
        """A running simulator. With a catalogue it bills money, keeps to the context windows, and knows no other
        models. `traits` (by `provider:model`) override what it knows of models; `pace_s` are the seconds between two
        events of a stream; `today` gives the day whose prices hold; the latest `most_calls` calls are remembered."""
        record, gates = Record(catalog, today or _today, most_calls), Gates()
        simulator = cls(record, gates, Player(record, gates, catalog, traits or {}, pace_s))
        server = web.Server(simulator._handle, request_factory=_request, handler_cancellation=True)
        runner = web.ServerRunner(server, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, backlog=1_024).start()
            bound_host, bound_port = runner.addresses[0][:2]
            simulator.url = f"http://{f'[{bound_host}]' if ':' in bound_host else bound_host}:{bound_port}"
            yield simulator
        finally:
            simulator._stop()
            await runner.cleanup()

    def base_url(self, provider: str) -> str:
        """The base URL at which a provider is played. Raises KeyError for one that is not."""
        return self.url + BASE_PATHS[provider]

    def script(self, provider: str, text: str) -> None:
        """Makes a scenario hold for all calls to a provider that do not bring one of their own; empty ends that."""
        if text:
            self._player.standing[provider] = scenario.parse(text)
        else:
            self._player.standing.pop(provider, None)

    def _stop(self) -> None:
        self._stopping = True
        for task in self._running:
            task.cancel()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == REDIRECT_TARGET:
            return self._redirected(request)
        if request.path.startswith("/_sim/"):
            return await self._control(request)
        transport = request.transport
        if transport in self._player.doomed and transport is not None:
            self._player.doomed.discard(transport)
            reset(transport)
            return Gone()
        found = find(request.method, request.path)
        if found is None:
            return web.Response(status=404, text="No provider is simulated at this address.")
        return await self._serve(request, *found)

    async def _serve(self, request: web.BaseRequest, vendor: Vendor, wire: Wire) -> web.StreamResponse:
        call = self.record.begin(vendor.name, request.method, request.path, request.headers, time.monotonic())
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
        aborted = False
        try:
            response = await self._player.play(request, vendor, wire, call)
            call.status = call.status or response.status
            return response
        except Problem as problem:
            return _refusal(problem, wire, call)
        except (asyncio.CancelledError, ConnectionError):
            aborted = not self._stopping
            raise
        finally:
            if task is not None:
                self._running.discard(task)
            self.record.end(call, time.monotonic(), aborted=aborted)

    def _redirected(self, request: web.BaseRequest) -> web.Response:
        """Records who followed a redirect: nobody should, least of all with a key."""
        now = time.monotonic()
        call = self.record.begin("redirected", request.method, request.path, request.headers, now)
        call.status = 200
        self.record.end(call, now, aborted=False)
        return web.Response(text="A simulated internal page.")

    async def _control(self, request: web.BaseRequest) -> web.StreamResponse:
        """The simulator's own addresses: health, record, bill, gates and standing scenarios."""
        verb, *rest = request.path.removeprefix("/_sim/").split("/", 1)
        match (request.method, verb, rest):
            case ("GET", "health", []):
                return _json({"status": "ok", "providers": BASE_PATHS})
            case ("GET", "record", []):
                return _json(self.record.calls)
            case ("DELETE", "record", []):
                self.record.clear()
            case ("GET", "bill", []):
                return _json(self.record.bill)
            case ("POST", "gates", [name]):
                self.gates.open(name)
            case ("PUT", "script", [provider]):
                self.script(provider, await request.text())
            case _:
                return web.Response(status=404)
        return web.Response(status=204)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: Any,
    writer: Any,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MOST_BODY_BYTES)


def _json(body: object) -> web.Response:
    return web.Response(body=json_bytes(body), content_type="application/json")


def _refusal(problem: Problem, wire: Wire, call: Call) -> web.Response:
    headers, body = wire.refusal(problem, call.request_id)
    call.status, call.error = problem.status, problem.kind
    headers["content-type"] = "application/json"
    return web.Response(status=problem.status, body=json_bytes(body), headers=headers)
