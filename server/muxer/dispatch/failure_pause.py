"""Leaves something alone for a while after it has failed several times in a row."""

from __future__ import annotations

from muxer.ports import Clock

FAILURES = 3
"""In a row, after which there is a pause: one or two may be chance."""

PAUSE_S = 30.0


class FailurePause:
    """Tells whether to try. Once a pause is over, a single try is let through; the pause ends when it succeeds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    def may_try(self) -> bool:
        """Whether to try now. Who is told so, reports `succeeded` or `failed`."""
        if self._failures < FAILURES:
            return True
        now = self._clock.monotonic()
        if now < self._until:
            return False
        self._until = now + PAUSE_S  # others wait for what comes of this one
        return True

    def succeeded(self) -> None:
        """It works."""
        self._failures = 0

    def failed(self) -> None:
        """It did not work."""
        self._failures += 1
        self._until = self._clock.monotonic() + PAUSE_S
