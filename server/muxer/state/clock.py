"""The system's time, behind the `Clock` port."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """Real time. Timeouts use `monotonic`, dates use `now`."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back. The event loop's own clock on Linux, macOS and Windows."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits without blocking."""
        await asyncio.sleep(seconds)
