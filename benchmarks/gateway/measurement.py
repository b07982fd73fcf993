"""Measures every path with every workload, in turns, so that whatever else goes on meets all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from benchmarks.gateway import floor
from benchmarks.gateway.load import Job, Sample
from benchmarks.gateway.processes import cpu_s
from benchmarks.gateway.testbed import Server, Testbed
from benchmarks.gateway.workload import EVENTS, STREAM, UNARY_1K, UNARY_30K, Workload

BARE = "upstream"
"""The path that the others are compared with."""

PATHS = (BARE, "passthrough", "floor", "grpc", "rest")
"""Ways that a request can go; they are called as the testbed's servers are."""

GRPC_METHODS = {
    ("floor", False): floor.UNARY,
    ("floor", True): floor.STREAM,
    ("grpc", False): "/modelmuxer.v1.RouterService/ChatCompletion",
    ("grpc", True): "/modelmuxer.v1.RouterService/StreamChatCompletion",
}

PAUSE_S = 0.004
"""Between two events: 250 tokens a second, a fast model. Long enough for every event to travel alone."""


class Scene(Struct, frozen=True):
    """A workload, how many requests of it at a time, and the upstream's pause between two events of a stream."""

    workload: Workload
    concurrency: int
    pause_s: float = 0.0


SCENES = (
    Scene(UNARY_1K, 1),
    Scene(UNARY_1K, 16),
    Scene(UNARY_30K, 1),
    Scene(UNARY_30K, 16),
    Scene(STREAM, 1, PAUSE_S),
    Scene(STREAM, 16, PAUSE_S),
    Scene(STREAM, 16),
)
"""The last one has no pause: how much gets through when only the machine sets the pace."""

SLICES_PER_ROUND = len(PATHS) * len(SCENES)


class Effort(Struct, frozen=True):
    """How much to measure: so many rounds of all paths and scenes, so many seconds each after so many requests."""

    rounds: int
    seconds: float
    warm_up: int


class Observation(Struct, frozen=True):
    """One path in one scene, for one slice of time. Seconds of CPU are of the whole slice; None: no such process."""

    path: str
    scene: Scene
    sample: Sample
    gateway_cpu_s: float | None
    envoy_cpu_s: float | None


async def measure(testbed: Testbed, effort: Effort, done: Callable[[], None]) -> list[list[Observation]]:
    """The observations of each round; `done` is called after every one of its `SLICES_PER_ROUND`."""
    rounds = []
    for number in range(effort.rounds):
        observations = []
        for scene in SCENES:
            await testbed.pause(scene.pause_s)
            for path in _rotated(PATHS, number):
                observations.append(await _observe(testbed, path, scene, effort))
                done()
        rounds.append(observations)
    return rounds


def _rotated(paths: Sequence[str], by: int) -> Sequence[str]:
    """So that no path always comes after the same one."""
    by %= len(paths)
    return [*paths[by:], *paths[:by]]


async def _observe(testbed: Testbed, path: str, scene: Scene, effort: Effort) -> Observation:
    server = testbed.servers[path]
    before: list[float | None] = []
    sample = await testbed.generate(_job(path, server, scene, effort), lambda: before.extend(_used_s(server)))
    gateway, envoy = (
        None if start is None or end is None else end - start
        for start, end in zip(before, _used_s(server), strict=True)
    )
    return Observation(path, scene, sample, gateway, envoy)


def _used_s(server: Server) -> list[float | None]:
    """Seconds of CPU that gateway and Envoy have used so far."""
    return [None if pid is None else cpu_s(pid) for pid in (server.gateway_pid, server.envoy_pid)]


def _job(path: str, server: Server, scene: Scene, effort: Effort) -> Job:
    workload = scene.workload
    method = GRPC_METHODS.get((path, workload.stream), "")
    body = workload.protobuf() if method else workload.json()
    if method == floor.STREAM:
        body = str(scene.pause_s).encode()
    return Job(
        port=server.port,
        body=body,
        messages=_fewest_messages(workload),
        concurrency=scene.concurrency,
        seconds=effort.seconds,
        warm_up=scene.concurrency if workload.stream else effort.warm_up,
        method=method,
    )


def _fewest_messages(workload: Workload) -> int:
    """The gateway may put the end of a stream, finish reason and usage, into a message with what goes before."""
    return EVENTS - 2 if workload.stream else 0
