"""One answer on its way out: what of it was sent, and what of it is to be billed."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator

import msgspec
from aiohttp import web

from muxer.simulator.record import Call, Record
from muxer.simulator.scenario import Scenario
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Gates:
    """Named gates that scenarios wait at until a test opens them. A gate stays open."""

    def __init__(self) -> None:
        self._gates: dict[str, asyncio.Event] = {}

    def open(self, name: str) -> None:
        """Lets through all who wait at this gate, and all who will come."""
        self._gates.setdefault(name, asyncio.Event()).set()

    async def passed(self, name: str) -> None:
        """Waits until the gate is open."""
        await self._gates.setdefault(name, asyncio.Event()).wait()


class Gone(web.StreamResponse):
    """Stands for an answer that was written to the connection by hand, or never will be."""

    def __init__(self, *, keep_alive: bool = False) -> None:
        super().__init__()
        self._keep_alive = keep_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing is left to be sent."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be sent."""


class Exchange:
    """An answer being delivered. `body` makes the whole answer, `events` the streamed one, `failure` is an error event;
    `billed` is what the whole of it costs."""

    def __init__(
        self,
        *,
        request: web.BaseRequest,
        record: Record,
        call: Call,
        scenario: Scenario,
        headers: dict[str, str],
        billed: Tokens,
        body: Callable[[], bytes],
        events: Callable[[], Iterator[Event]],
        failure: Event,
        gates: Gates,
        pace_s: float,
    ) -> None:
        self._record = record
        self.call = call
        self.scenario = scenario
        self.headers = headers
        self.billed = billed
        self.body = body
        self.events = events
        self.failure = failure
        self.gates = gates
        self._request = request
        self._pace_s = scenario.seconds("pace", pace_s)
        self._response: web.StreamResponse | None = None
        self._tokens_sent = 0
        self._usage_sent = False
        self.complete = False

    @property
    def transport(self) -> asyncio.Transport:
        """The connection. Raises ConnectionResetError when it is gone."""
        transport = self._request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        return transport

    @property
    def due(self) -> Tokens:
        """What is to be billed for what was done. A stream that broke off costs its prompt and the tokens that it
        sent; nothing, if it broke off before any of them and before it reported the prompt."""
        if self.complete:
            return self.billed
        if not self._tokens_sent and not self._usage_sent:
            return Tokens()
        reasoning = min(self.billed.reasoning, self._tokens_sent)
        return msgspec.structs.replace(self.billed, output=self._tokens_sent, reasoning=reasoning)

    async def open(self, content_type: str, *, length: int | None = None) -> web.StreamResponse:
        """Sends the head of an answer."""
        response = web.StreamResponse(headers={**self.headers, "content-type": content_type})
        response.content_length = length
        self.call.status = response.status
        await response.prepare(self._request)
        self._response = response
        return response

    @property
    def _opened(self) -> web.StreamResponse:
        if self._response is None:
            raise RuntimeError("the head has not been sent")
        return self._response

    async def write(self, data: bytes) -> None:
        """Sends bytes of the body, and lets everybody else have a turn."""
        await self._opened.write(data)
        await asyncio.sleep(self._pace_s)

    async def send(self, event: Event, frame: bytes | None = None) -> None:
        """Sends an event, in a frame of its own or as given, and lets everybody else have a turn."""
        await self._opened.write(event.frame() if frame is None else frame)
        self.sent(event)
        await asyncio.sleep(self._pace_s)

    def sent(self, event: Event) -> None:
        """Counts an event as sent."""
        self.call.events_sent += 1
        self._tokens_sent += event.tokens
        self._usage_sent = self._usage_sent or event.reports_usage
        self._record.changed()

    async def close(self) -> web.StreamResponse:
        """Ends the body as it should be ended."""
        await self._opened.write_eof()
        return self._opened

    def hang_up(self) -> Gone:
        """Closes the connection after what was sent, without ending the body."""
        self.transport.close()
        return Gone()

    def reset(self) -> Gone:
        """Breaks the connection: the client gets a TCP reset."""
        reset(self.transport)
        return Gone()


def reset(transport: asyncio.Transport) -> None:
    """Closes a connection with a TCP reset."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


async def forever() -> None:
    """Waits until the client goes away or the simulator stops, which both cancel the call."""
    await asyncio.Event().wait()
