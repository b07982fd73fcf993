"""What is going on in this process: calls in progress, and whether new ones are taken."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from muxer.errors import MuxerError, Reason

_QUIET_S = 0.1
"""How long no call comes before all that were on their way are thought to have come. The event loop takes calls one by
one, each within well under a millisecond; a client on the same continent sends its next one within this time."""

_QUIET_WITHIN_S = 1.0
"""How long to wait for that: clients that keep sending whatever they are told must not keep a server alive."""


class Traffic:
    """Knows the calls in progress, by the tasks that serve them.

    It ends in steps: `close` admits no new calls, `idle` waits for the last one to end, `cut` ends those that do not,
    `hold` keeps refusals back until all calls on their way have come, and `release` sends them.
    """

    def __init__(self) -> None:
        self.draining = False
        self.closed = False
        self.cutting = False
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._refused = asyncio.Event()
        self._released = asyncio.Event()
        self._released.set()

    @property
    def in_flight(self) -> int:
        """How many calls are in progress."""
        return len(self._tasks)

    def enter(self) -> None:
        """The running task serves a call from now on."""
        self._tasks.add(asyncio.current_task())
        self._idle.clear()

    def leave(self) -> None:
        """It does so no more."""
        self._tasks.discard(asyncio.current_task())
        if not self._tasks:
            self._idle.set()

    def close(self) -> None:
        """Admits no new calls from now on."""
        self.closed = True

    async def refuse(self) -> NoReturn:
        """What to do with a call once `closed`. Raises `MuxerError` SHUTTING_DOWN, unless refusals are held at once."""
        self._refused.set()
        await self._released.wait()
        raise shutting_down()

    async def idle(self, timeout_s: float) -> bool:
        """Waits until no call is in progress; whether that came within the time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def cut(self) -> None:
        """Ends the calls in progress: their tasks are cancelled, and their callers are to be told why."""
        self.cutting = True
        for task in self._tasks:
            if task is not None:
                task.cancel()

    async def hold(self) -> None:
        """Keeps refusals back, and returns once no more calls come: clients that are not answered send no more."""
        self._released.clear()
        try:
            async with asyncio.timeout(_QUIET_WITHIN_S):
                while await self._is_refused_soon():
                    self._refused.clear()
        except TimeoutError:
            pass

    def release(self) -> None:
        """Sends the refusals that were kept back."""
        self._released.set()

    async def _is_refused_soon(self) -> bool:
        try:
            async with asyncio.timeout(_QUIET_S):
                return await self._refused.wait()
        except TimeoutError:
            return False


def shutting_down() -> MuxerError:
    """Why a call was refused, or cut."""
    return MuxerError(Reason.SHUTTING_DOWN, "The server is shutting down: try again", retry_after_s=1.0)
