"""How fast models were lately: the measurements of a window, per model, in memory."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from muxer.core.lognormal import Z95, high_quantile
from muxer.ports import Clock
from muxer.types.decision import LatencyPrior

CAPACITY = 128
"""Measurements kept per model: enough for a p95."""

SHORTEST_S = 0.0005
"""What a time counts as at least: a whole stream may come in one piece, and clocks have grains."""

FASTEST_TOKENS_PER_S = 10_000.0
"""What a speed counts as at most, several times that of the fastest hardware: beyond, the answer was held back and came
at once."""


class _Measurement(Struct, frozen=True):
    at: float
    first_token_s: float | None
    token_s: float | None


class MemoryLatencyPriors:
    """Keeps the last `CAPACITY` measurements of each model, no older than `window_s` seconds.

    Summaries are made when a measurement arrives, so that a decision only reads them.
    """

    def __init__(self, window_s: float, clock: Clock) -> None:
        self._window_s = window_s
        self._clock = clock
        self._rings: dict[str, _Ring] = {}
        self._summary: Mapping[str, LatencyPrior] = MappingProxyType({})
        self._oldest = float("inf")

    def snapshot(self) -> Mapping[str, LatencyPrior]:
        """What is known now, by `provider:model`. The mapping is never changed afterwards."""
        if self._oldest < self._clock.monotonic() - self._window_s:
            self._expire()
        return self._summary

    def observe(
        self, model_id: str, *, first_token_s: float | None, writing_s: float | None, output_tokens: float
    ) -> None:
        """Takes in one successful answer; see `LatencyPriors`. One of a single token has no writing to speak of."""
        first = None if first_token_s is None else max(first_token_s, SHORTEST_S)
        token_s = None
        if writing_s is not None and output_tokens >= 2:
            token_s = max(writing_s / (output_tokens - 1), 1 / FASTEST_TOKENS_PER_S)
        if first is None and token_s is None:
            return
        ring = self._rings.get(model_id)
        if ring is None:
            ring = self._rings[model_id] = _Ring()
        ring.append(_Measurement(self._clock.monotonic(), first, token_s))
        self._oldest = min(self._oldest, ring.oldest)
        self._summary = MappingProxyType({**self._summary, model_id: ring.summary()})

    def _expire(self) -> None:
        horizon = self._clock.monotonic() - self._window_s
        for model_id, ring in list(self._rings.items()):
            ring.expire(horizon)
            if not ring:
                del self._rings[model_id]
        self._summary = MappingProxyType({model_id: ring.summary() for model_id, ring in self._rings.items()})
        self._oldest = min((ring.oldest for ring in self._rings.values()), default=float("inf"))


class _Ring:
    """The measurements of one model, by age, and what they measured, by size: so nothing need be sorted anew."""

    def __init__(self) -> None:
        self._measurements: deque[_Measurement] = deque()
        self._first: list[float] = []
        self._token: list[float] = []

    def __len__(self) -> int:
        return len(self._measurements)

    @property
    def oldest(self) -> float:
        """When the oldest one was made. There must be one."""
        return self._measurements[0].at

    def append(self, measurement: _Measurement) -> None:
        if len(self) == CAPACITY:
            self._drop()
        self._measurements.append(measurement)
        if measurement.first_token_s is not None:
            insort(self._first, measurement.first_token_s)
        if measurement.token_s is not None:
            insort(self._token, measurement.token_s)

    def expire(self, horizon: float) -> None:
        while self._measurements and self.oldest < horizon:
            self._drop()

    def summary(self) -> LatencyPrior:
        first, token = self._first, self._token
        return LatencyPrior(
            first_token_p50_s=first[len(first) // 2] if first else 0.0,
            first_token_p95_s=high_quantile(first, 0.95, Z95),
            tokens_per_s=1 / token[len(token) // 2] if token else 0.0,
            samples=len(first),
            slow_tokens_per_s=1 / high_quantile(token, 0.95, Z95) if token else 0.0,
            speed_samples=len(token),
        )

    def _drop(self) -> None:
        oldest = self._measurements.popleft()
        for ordered, value in ((self._first, oldest.first_token_s), (self._token, oldest.token_s)):
            if value is not None:
                del ordered[bisect_left(ordered, value)]
