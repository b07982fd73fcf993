"""Measures every path with every workload, in turns, so that whatever else goes on meets all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from benchmarks.gateway import floor
from benchmarks.gateway.load import Job, Sample
from benchmarks.gateway.processes import cpu_s
from benchmarks.gateway.testbed import Server, Testbed
from benchmarks.gateway.workload import STREAM, UNARY_1K, UNARY_30K, Workload

PATHS = ("upstream", "passthrough", "floor", "grpc", "rest")
"""Ways of a request, as the testbed's servers are called; the first is what the others are compared with."""

_GRPC_METHODS = {
    ("floor", False): floor.UNARY,
    ("floor", True): floor.STREAM,
    ("grpc", False): "/modelmuxer.v1.RouterService/ChatCompletion",
    ("grpc", True): "/modelmuxer.v1.RouterService/StreamChatCompletion",
}


class Scene(Struct, frozen=True):
    """A workload, how much of it at a time, and the pause between two events of a stream."""

    workload: Workload
    concurrency: int
    pause_s: float = 0.0


PAUSE_S = 0.004
"""Between two events: 250 tokens a second, a fast model. Slow enough for every event to travel alone."""

SCENES = (
    Scene(UNARY_1K, 1),
    Scene(UNARY_1K, 16),
    Scene(UNARY_30K, 1),
    Scene(UNARY_30K, 16),
    Scene(STREAM, 1, PAUSE_S),
    Scene(STREAM, 16, PAUSE_S),
    Scene(STREAM, 16),
)
"""The last has no pause: how many events get through when nothing but the machine holds them up."""


class Observation(Struct, frozen=True):
    """One path in one scene, for one slice of time. CPU is microseconds per request; None where there is no such
    process. `gateway_busy` is the share of one CPU that the gateway used."""

    path: str
    scene: Scene
    sample: Sample
    gateway_cpu_us: float | None
    envoy_cpu_us: float | None
    gateway_busy: float | None


class Effort(Struct, frozen=True):
    """How long to measure: so many rounds of all paths and scenes, so many seconds each."""

    rounds: int
    seconds: float
    warm_up: int


async def measure(testbed: Testbed, effort: Effort, done: Callable[[], None]) -> list[Observation]:
    """All observations; `done` is called after each. There are `len(PATHS) * len(SCENES)` in a round."""
    observations = []
    for round_number in range(effort.rounds):
        for scene in SCENES:
            await testbed.pause(scene.pause_s)
            for path in _rotated(PATHS, round_number):
                observations.append(await _observe(testbed, path, scene, effort))
                done()
    return observations


def _rotated(paths: Sequence[str], by: int) -> Sequence[str]:
    """So that no path always comes after the same one."""
    by %= len(paths)
    return [*paths[by:], *paths[:by]]


async def _observe(testbed: Testbed, path: str, scene: Scene, effort: Effort) -> Observation:
    server = testbed.servers[path]
    before: list[tuple[float, float]] = []
    sample = await testbed.generate(_job(path, server, scene, effort), lambda: before.append(_used(server)))
    gateway, envoy = (after - start for after, start in zip(_used(server), before[0], strict=True))
    has_gateway = server.gateway_pid is not None
    return Observation(
        path=path,
        scene=scene,
        sample=sample,
        gateway_cpu_us=gateway * 1e6 / sample.requests if has_gateway else None,
        envoy_cpu_us=envoy * 1e6 / sample.requests if server.envoy_pid is not None else None,
        gateway_busy=gateway / sample.seconds if has_gateway else None,
    )


def _used(server: Server) -> tuple[float, float]:
    """Seconds of CPU that gateway and Envoy have used so far."""
    return tuple(0.0 if pid is None else cpu_s(pid) for pid in (server.gateway_pid, server.envoy_pid))  # type: ignore[return-value]


def _job(path: str, server: Server, scene: Scene, effort: Effort) -> Job:
    workload = scene.workload
    method = _GRPC_METHODS.get((path, workload.stream), "")
    body = workload.protobuf() if method else workload.json()
    if method == floor.STREAM:
        body = str(scene.pause_s).encode()
    return Job(
        port=server.port,
        body=body,
        stream=workload.stream,
        concurrency=scene.concurrency,
        seconds=effort.seconds,
        warm_up=effort.warm_up if not workload.stream else scene.concurrency,
        method=method,
    )
