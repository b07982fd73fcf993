"""The series of a metric, found quickly and never more of them than there are known label values.

Finding a series through prometheus_client's `labels()` costs three times as much as updating it, hence the cache.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

from prometheus_client.metrics import MetricWrapperBase

from muxer.telemetry.labels import OTHER

Metric = TypeVar("Metric", bound=MetricWrapperBase)


class Series(dict[tuple[str, ...], Metric], Generic[Metric]):
    """The series of one metric by their label values, in the order of the metric's label names."""

    def __init__(self, metric: Metric, *allowed: AbstractSet[str]) -> None:
        super().__init__()
        self._metric = metric
        self._allowed = allowed

    def __missing__(self, values: tuple[str, ...]) -> Metric:
        """Only known values are kept: a cache of what callers make up would grow without end."""
        known = tuple(
            value if value in allowed else OTHER for value, allowed in zip(values, self._allowed, strict=True)
        )
        series: Metric = self._metric.labels(*known)
        if known == values:
            self[values] = series
        return series
