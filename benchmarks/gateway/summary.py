"""From observations to figures: for each path and scene the median over the rounds, with the lowest and the highest."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from msgspec import Struct

from benchmarks.gateway.measurement import BARE, PATHS, SCENES, Observation, Scene


class Figure(Struct, frozen=True):
    """The median of what the rounds gave, and their range."""

    median: float
    low: float
    high: float


class Result(Struct, frozen=True):
    """One path in one scene. CPU is microseconds per request, user and system; latency is milliseconds.

    `added_...` is what the path takes longer than the upstream alone does in the same round: at the median, at the 99th
    percentile, and until the first byte of the answer's body. `gateway_busy` is the share of its CPU that the gateway
    used. None: there is no such process, or nothing to compare.
    """

    path: str
    workload: str
    concurrency: int
    events: int
    pause_ms: float
    requests: int
    requests_per_s: Figure
    latency_p50_ms: Figure
    gateway_cpu_us: Figure | None
    envoy_cpu_us: Figure | None
    gateway_busy: Figure | None
    added_p50_ms: Figure | None
    added_p99_ms: Figure | None
    added_first_ms: Figure | None


def summarise(rounds: Sequence[Sequence[Observation]]) -> list[Result]:
    """One result for every path in every scene, scene by scene."""
    by_cell = [{(o.path, o.scene): o for o in observations} for observations in rounds]
    return [
        _result(path, scene, [(cells[path, scene], cells[BARE, scene]) for cells in by_cell])
        for scene in SCENES
        for path in PATHS
    ]


Pairs = Sequence[tuple[Observation, Observation]]
"""For every round: the observation, and that of the upstream alone."""


def _result(path: str, scene: Scene, pairs: Pairs) -> Result:
    return Result(
        path=path,
        workload=scene.workload.name,
        concurrency=scene.concurrency,
        events=scene.workload.events,
        pause_ms=scene.pause_s * 1000,
        requests=sum(o.sample.requests for o, _ in pairs),
        requests_per_s=figure([o.sample.requests / o.sample.seconds for o, _ in pairs]),
        latency_p50_ms=figure([o.sample.p50_ms for o, _ in pairs]),
        gateway_cpu_us=_known([_per_request_us(o, o.gateway_cpu_s) for o, _ in pairs]),
        envoy_cpu_us=_known([_per_request_us(o, o.envoy_cpu_s) for o, _ in pairs]),
        gateway_busy=_known(
            [None if o.gateway_cpu_s is None else o.gateway_cpu_s / o.sample.seconds for o, _ in pairs]
        ),
        added_p50_ms=_added(pairs, lambda o: o.sample.p50_ms),
        added_p99_ms=_added(pairs, lambda o: o.sample.p99_ms),
        added_first_ms=_added(pairs, lambda o: o.sample.first_p50_ms),
    )


def _per_request_us(observation: Observation, cpu_s: float | None) -> float | None:
    return None if cpu_s is None else cpu_s * 1e6 / observation.sample.requests


def _added(pairs: Pairs, latency: Callable[[Observation], float]) -> Figure | None:
    if pairs[0][0].path == BARE:
        return None
    return figure([latency(observed) - latency(bare) for observed, bare in pairs])


def _known(values: Sequence[float | None]) -> Figure | None:
    known = [value for value in values if value is not None]
    return figure(known) if known else None


def figure(values: Sequence[float]) -> Figure:
    """The median of these values, and their range."""
    return Figure(statistics.median(values), min(values), max(values))
