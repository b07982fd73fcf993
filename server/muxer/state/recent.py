"""A memory of bounded size for what is true for a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from muxer.ports import Clock

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps at most `size` values, each for `ttl_s` seconds. When it is full, the one not used for longest goes."""

    def __init__(self, size: int, ttl_s: float, clock: Clock) -> None:
        self._size = size
        self._ttl_s = ttl_s
        self._clock = clock
        self._values: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value, unless it is too old or was never there."""
        entry = self._values.get(key)
        if entry is None:
            return None
        kept_at, value = entry
        if self._clock.monotonic() - kept_at >= self._ttl_s:
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keeps a value from now on."""
        self._values[key] = (self._clock.monotonic(), value)
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)
