"""Everything that is measured, running: upstream, gateway, Envoys and load generators, each a process of its own.

The gateway is started as `modelmuxer up` starts it, and takes the upstream for four of its providers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from msgspec import Struct
from muxer.edge.child import Child, ChildFailed, ChildProcess
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import Envoy

from benchmarks.gateway import floor, generator, upstream
from benchmarks.gateway.load import Failed, Job, Sample
from benchmarks.gateway.passthrough import Passthrough
from benchmarks.gateway.processes import Cpus, started_on

PROVIDERS = ("openai", "mistral", "groq", "together")
"""Those whose dialect the upstream speaks."""

_START_TIMEOUT_S = 60.0
_LINES_KEPT = 30


class Server(Struct, frozen=True):
    """Something that takes requests: where, and the processes whose CPU they cost."""

    port: int
    gateway_pid: int | None = None
    envoy_pid: int | None = None


class Testbed:
    """Addresses and processes of a running testbed. `pids` are those of all its processes but this one."""

    def __init__(
        self, servers: dict[str, Server], load: dict[str, Connection], pause: Connection, pids: Sequence[int]
    ) -> None:
        self.servers = servers
        self.pids = pids
        self._load = load
        self._pause = pause

    async def pause(self, seconds: float) -> None:
        """From now on the upstream waits so long between two events of a stream."""
        await _ask(self._pause, seconds)

    async def generate(self, job: Job, started: Callable[[], None]) -> Sample:
        """Carries out a job; `started` is called when the warming up is over. Raises `RuntimeError` when it fails."""
        return await generate(self._load["grpc" if job.method else "http"], job, started)


@contextlib.asynccontextmanager
async def running_testbed(directory: Path) -> AsyncIterator[Testbed]:
    """Starts everything; `directory` must be short enough for sockets. Raises `ChildFailed` with what a part said."""
    cpus = Cpus.of_machine()
    async with contextlib.AsyncExitStack() as stack:
        with started_on(cpus.others):
            pause, upstream_pid = stack.enter_context(own_process(upstream.run))
            upstream_port: int = await hear(pause)
            generators = {kind: stack.enter_context(own_process(generator.run)) for kind in ("http", "grpc")}
        with started_on(cpus.gateway):
            floor_pipe, floor_pid = stack.enter_context(own_process(floor.run))
            floor_port: int = await hear(floor_pipe)
            gateway, gateway_port = await _start_gateway(stack, upstream_port, directory)
        with started_on(cpus.others):
            envoy = Envoy(_edge(directory), directory, workers=1)
            envoy_process = await _start(stack, envoy.child(drain_timeout_s=0))
            plain = Passthrough(upstream_port, directory)
            plain_process = await _start(stack, plain.child())
        yield Testbed(
            servers={
                "upstream": Server(upstream_port),
                "passthrough": Server(plain.port, envoy_pid=plain_process.pid),
                "floor": Server(floor_port, gateway_pid=floor_pid),
                "grpc": Server(gateway_port, gateway_pid=gateway.pid),
                "rest": Server(envoy.address.port, gateway_pid=gateway.pid, envoy_pid=envoy_process.pid),
            },
            load={kind: pipe for kind, (pipe, _) in generators.items()},
            pause=pause,
            pids=[
                *(upstream_pid, floor_pid, gateway.pid, envoy_process.pid, plain_process.pid),
                *(pid for _, pid in generators.values()),
            ],
        )


async def _start_gateway(
    stack: contextlib.AsyncExitStack, upstream_port: int, directory: Path
) -> tuple[ChildProcess, int]:
    """The gateway, with nothing of the environment that this process runs in. Returns its TCP port, too."""
    ready = directory / "server.json"
    environment, config = gateway_configuration(upstream_port, directory)
    words = [sys.executable, "-m", "muxer", "_server", "--ready-file", str(ready), "--config", str(config)]
    words += ["--grpc", f"unix:{_socket(directory)}", "--grpc", "127.0.0.1:0"]

    async def is_ready() -> bool:
        return await asyncio.to_thread(lambda: ready.exists() and ready.stat().st_size > 0)

    process = await _start(
        stack, Child(name="gateway", argv=words, env=environment, ready=is_ready, start_timeout_s=_START_TIMEOUT_S)
    )
    return process, json.loads(ready.read_text())[1]


def gateway_configuration(upstream_port: int, directory: Path) -> tuple[dict[str, str], Path]:
    """The environment and the file by which a gateway takes the upstream for its providers."""
    config = directory / "modelmuxer.yaml"
    providers = {name: {"base_url": f"http://127.0.0.1:{upstream_port}/v1"} for name in PROVIDERS}
    config.write_text(json.dumps({"providers": providers}), encoding="utf-8")  # JSON is YAML
    keys = {f"{name.upper()}_API_KEY": "benchmark" for name in PROVIDERS}
    ours = os.pathsep.join(sys.path)  # the gateway that is measured is the one that is imported here
    return {**keys, "PYTHONPATH": ours, "MODELMUXER_DRAIN_DELAY_S": "0", "MODELMUXER_DRAIN_GRACE_S": "1"}, config


def _socket(directory: Path) -> Path:
    return directory / "server.sock"


def _edge(directory: Path) -> EdgeConfig:
    return EdgeConfig(
        listen="127.0.0.1:0",
        upstreams=(f"unix:{_socket(directory)}",),
        admin=f"unix:{directory / 'admin.sock'}",
    )


async def _start(stack: contextlib.AsyncExitStack, child: Child) -> ChildProcess:
    """Starts a program. What it says is kept, and told only if it does not get ready."""
    lines: deque[str] = deque(maxlen=_LINES_KEPT)
    process = await ChildProcess.start(child, lambda _, line: lines.append(line))
    stack.push_async_callback(process.stop)
    try:
        await process.until_ready()
    except ChildFailed as failure:
        raise ChildFailed("\n".join([str(failure), *lines])) from None
    return process


@contextlib.contextmanager
def own_process(run: Callable[[Connection], None]) -> Iterator[tuple[Connection, int]]:
    """One of our own processes, and the pipe to it. It ends when the pipe is closed, however that comes about."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(run, theirs), daemon=True)
    process.start()
    theirs.close()
    assert process.pid is not None
    try:
        yield ours, process.pid
    finally:
        ours.close()
        process.join(5)
        if process.is_alive():
            process.kill()


def _run(run: Callable[[Connection], None], parent: Connection) -> None:
    """What runs in a process of our own. An interrupt from the terminal is for the parent, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run(parent)


async def hear(pipe: Connection) -> Any:
    """The next word of a process. Raises `ChildFailed` when it has ended instead."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(pipe.recv), _START_TIMEOUT_S)
    except EOFError:
        raise ChildFailed("a process of the testbed ended by itself") from None


async def _ask(pipe: Connection, word: object) -> Any:
    pipe.send(word)
    return await hear(pipe)


async def generate(load: Connection, job: Job, started: Callable[[], None]) -> Sample:
    """Has a generator carry out a job; `started` is called when its warming up is over. Raises `RuntimeError`."""
    ready = await _ask(load, job)
    if isinstance(ready, Failed):
        raise RuntimeError(ready.text)
    started()
    sample = await _ask(load, None)
    if isinstance(sample, Failed):
        raise RuntimeError(sample.text)
    assert isinstance(sample, Sample)
    return sample
