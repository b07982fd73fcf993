"""How fast models were lately: the measurements of a window, per model, in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from muxer.ports import Clock
from muxer.types.decision import LatencyPrior

CAPACITY = 128
"""Measurements kept per model: enough for a p95, and cheap to summarise (some 10 us)."""

LONG_ENOUGH = 64
"""Tokens that an answer that came whole must have to say something of the speed of writing."""


class _Measurement(Struct, frozen=True):
    at: float
    first_token_s: float | None
    tokens_per_s: float | None


class MemoryLatencyPriors:
    """Keeps the last `CAPACITY` measurements of each model, no older than `window_s` seconds.

    Summaries are made when a measurement arrives, so that a decision only reads them.
    """

    def __init__(self, window_s: float, clock: Clock) -> None:
        self._window_s = window_s
        self._clock = clock
        self._rings: dict[str, deque[_Measurement]] = {}
        self._summary: Mapping[str, LatencyPrior] = MappingProxyType({})
        self._oldest = float("inf")

    def snapshot(self) -> Mapping[str, LatencyPrior]:
        """What is known now, by `provider:model`. The mapping is never changed afterwards."""
        if self._oldest < self._clock.monotonic() - self._window_s:
            self._expire()
        return self._summary

    def observe(self, model_id: str, *, first_token_s: float | None, total_s: float, output_tokens: int) -> None:
        """Takes in one successful answer.

        A streamed answer tells the time to its first token and the speed after it. One that came whole tells only a
        lower bound of the speed, and that only when it was long enough for the waiting not to dominate.
        """
        writing_s = total_s - (first_token_s or 0.0)
        enough = output_tokens >= (2 if first_token_s is not None else LONG_ENOUGH) and writing_s > 0.001
        speed = output_tokens / writing_s if enough else None
        if speed is None and first_token_s is None:
            return
        ring = self._rings.setdefault(model_id, deque(maxlen=CAPACITY))
        ring.append(_Measurement(self._clock.monotonic(), first_token_s, speed))
        self._oldest = min(self._oldest, ring[0].at)
        self._summary = MappingProxyType({**self._summary, model_id: _summarise(ring)})

    def _expire(self) -> None:
        horizon = self._clock.monotonic() - self._window_s
        for model_id, ring in list(self._rings.items()):
            while ring and ring[0].at < horizon:
                ring.popleft()
            if not ring:
                del self._rings[model_id]
        self._summary = MappingProxyType({model_id: _summarise(ring) for model_id, ring in self._rings.items()})
        self._oldest = min((ring[0].at for ring in self._rings.values()), default=float("inf"))


def _summarise(ring: deque[_Measurement]) -> LatencyPrior:
    first = sorted(m.first_token_s for m in ring if m.first_token_s is not None)
    speeds = sorted(m.tokens_per_s for m in ring if m.tokens_per_s is not None)
    return LatencyPrior(
        first_token_p50_s=_quantile(first, 0.50),
        first_token_p95_s=_quantile(first, 0.95),
        tokens_per_s=_quantile(speeds, 0.50),
        samples=len(ring),
    )


def _quantile(ordered: list[float], share: float) -> float:
    """Nearest-rank quantile of a sorted list; 0, which means unknown, for an empty one."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
