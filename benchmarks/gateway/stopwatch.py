"""Times methods while they are at work, each without the timed ones that it calls.

For one request at a time: what runs while a coroutine waits is charged to it. The clock is that of the thread's CPU
time, so waiting itself costs nothing.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any


class Stopwatch:
    """Nanoseconds `spent` by stage, in one thread."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inner: list[int] = []  # of every stage that is running: what the stages inside it have taken

    def timed(self, stage: str, function: Any) -> Any:
        """The same function, or coroutine function, with its time charged to a stage."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_coroutine(*arguments: Any, **named: Any) -> Any:
                started = self._begin()
                try:
                    return await function(*arguments, **named)
                finally:
                    self._end(stage, started)

            return timed_coroutine

        @functools.wraps(function)
        def timed_function(*arguments: Any, **named: Any) -> Any:
            started = self._begin()
            try:
                return function(*arguments, **named)
            finally:
                self._end(stage, started)

        return timed_function

    @contextlib.contextmanager
    def attached(self, stage: str, owner: Any, names: Sequence[str]) -> Iterator[None]:
        """Meanwhile these methods of a class, or functions of a module, are timed."""
        originals = {name: getattr(owner, name) for name in names}
        for name, original in originals.items():
            setattr(owner, name, self.timed(stage, original))
        try:
            yield
        finally:
            for name, original in originals.items():
                setattr(owner, name, original)

    def _begin(self) -> int:
        self._inner.append(0)
        return time.thread_time_ns()

    def _end(self, stage: str, started: int) -> None:
        took = time.thread_time_ns() - started
        self.spent[stage] += took - self._inner.pop()
        if self._inner:
            self._inner[-1] += took
