"""A clock that only moves when it is told to."""

from __future__ import annotations


class ManualClock:
    """Implements `Clock`. Sleeping moves it at once."""

    def __init__(self, now: float = 1_795_392_000.0) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds
