"""Writes server-sent events, and a comment line when there has been silence, so that no proxy takes it for death."""

from __future__ import annotations

import asyncio
from types import TracebackType

from google.api.httpbody_pb2 import HttpBody

from muxer.service.interceptor import Context
from muxer.service.openai_stream import CONTENT_TYPE, KEEP_ALIVE

SILENCE_S = 15.0
"""Between the 20 s of impatient proxies and needless traffic."""


class EventWriter:
    """Events of one stream. Before the first event there is no comment: it would fix the status at 200."""

    def __init__(self, context: Context, silence_s: float = SILENCE_S) -> None:
        self._context = context
        self._silence_s = silence_s
        self._lock = asyncio.Lock()  # gRPC takes one message at a time
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._comment: asyncio.Task[None] | None = None
        self._last = 0.0
        self.begun = False

    async def __aenter__(self) -> EventWriter:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._comment is not None:
            self._comment.cancel()

    async def write(self, data: bytes) -> None:
        """Sends events. The first message tells the content type."""
        async with self._lock:
            self._last = self._loop.time()
            if self.begun:
                await self._context.write(HttpBody(data=data))
                return
            self.begun = True
            self._timer = self._loop.call_later(self._silence_s, self._watch)
            await self._context.write(HttpBody(content_type=CONTENT_TYPE, data=data))

    def _watch(self) -> None:
        """Runs once per period of silence, not once per event."""
        quiet_until = self._last + self._silence_s
        if self._loop.time() >= quiet_until:
            self._comment = self._loop.create_task(self.write(KEEP_ALIVE))
            quiet_until = self._loop.time() + self._silence_s
        self._timer = self._loop.call_at(quiet_until, self._watch)
