"""What is going on in this process: calls in progress, and whether new ones are taken."""

from __future__ import annotations

import asyncio

from muxer.errors import MuxerError, Reason


class Traffic:
    """Counts calls. Once `close` was called, no new ones are admitted, and `idle` waits for the last to end."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.draining = False
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    def enter(self) -> None:
        """Admits a call. Raises `MuxerError` SHUTTING_DOWN when none are admitted any more."""
        if self._closed:
            raise MuxerError(Reason.SHUTTING_DOWN, "The server is shutting down: try again", retry_after_s=1.0)
        self.in_flight += 1
        self._idle.clear()

    def leave(self) -> None:
        """The call has ended."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self._idle.set()

    def close(self) -> None:
        """Admits no new calls from now on."""
        self._closed = True

    async def idle(self) -> None:
        """Returns when no call is in progress."""
        await self._idle.wait()
