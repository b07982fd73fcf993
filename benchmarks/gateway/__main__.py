"""`python -m benchmarks.gateway`: measures, and prints tables; see the README beside the package."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
import uvloop
from muxer.edge.child import ChildFailed
from muxer.edge.envoy import envoy_version, find_envoy
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.gateway.measurement import SLICES_PER_ROUND, Effort, measure
from benchmarks.gateway.processes import Cpus, busy_s, cpu_s, rss_mb
from benchmarks.gateway.report import Memory, Report, show, show_profile
from benchmarks.gateway.stages import FACES, Profile, profile
from benchmarks.gateway.summary import summarise
from benchmarks.gateway.testbed import running_testbed

_THOROUGH = Effort(rounds=5, seconds=0.6, warm_up=100)
_QUICK = Effort(rounds=2, seconds=0.1, warm_up=32)
_FILE_WIDTH = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints what it found; returns the exit code."""
    options = _parser().parse_args(argv)
    default = _QUICK if options.quick else _THOROUGH
    effort = Effort(options.rounds or default.rounds, options.seconds or default.seconds, default.warm_up)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)  # in a file nothing need be folded
    if sys.platform != "linux":
        console.print("This reads what processes use in ways that only Linux has.")
        return 2
    # Unix sockets cannot have long names, hence the short prefix.
    with tempfile.TemporaryDirectory(prefix="mm-") as name:
        try:
            found = _profile(effort, Path(name), console) if options.profile else _measure(effort, Path(name), console)
        except (ChildFailed, RuntimeError) as error:
            console.print(f"[bold red]Cannot measure:[/] {error}", highlight=False)
            return 1
        except KeyboardInterrupt:
            return 130
    if isinstance(found, Profile):
        show_profile(found, console)
    else:
        show(found, console)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description="What the gateway costs.")
    parser.add_argument("--quick", action="store_true", help="a look of 20 seconds instead of 3 minutes")
    parser.add_argument("--profile", action="store_true", help="instead: where the time of a unary request goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often everything is measured")
    parser.add_argument("--seconds", type=float, metavar="S", help="for how long each time")
    return parser


def _measure(effort: Effort, directory: Path, console: Console) -> Report:
    async def run(done: Callable[[], None]) -> Report:
        async with running_testbed(directory) as testbed:
            ours = [os.getpid(), *testbed.pids]
            gateway, envoy = testbed.servers["rest"].gateway_pid, testbed.servers["rest"].envoy_pid
            assert gateway is not None
            assert envoy is not None
            at_start = {"gateway": rss_mb(gateway), "Envoy": rss_mb(envoy)}
            started, foreign = time.monotonic(), busy_s() - sum(map(cpu_s, ours))
            rounds = await measure(testbed, effort, done)
            foreign = busy_s() - sum(map(cpu_s, ours)) - foreign
            at_end = {"gateway": rss_mb(gateway), "Envoy": rss_mb(envoy)}
            return Report(
                versions=_versions(),
                cpus=len(os.sched_getaffinity(0)),
                pinned=bool(Cpus.of_machine().gateway),
                effort=effort,
                others_busy=max(0.0, foreign / (time.monotonic() - started)),
                memory_mb={name: Memory(at_start[name], at_end[name]) for name in at_start},
                results=summarise(rounds),
            )

    with _progress(console, effort.rounds * SLICES_PER_ROUND) as done:
        return asyncio.run(run(done))


def _profile(effort: Effort, directory: Path, console: Console) -> Profile:
    with (
        _progress(console, effort.rounds * len(FACES)) as done,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(profile(effort, directory, done))


def _versions() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        "ModelMuxer": version("modelmuxer"),
        "grpcio": version("grpcio"),
        "aiohttp": version("aiohttp"),
        "Envoy": ".".join(map(str, envoy_version(find_envoy()))),
    }


@contextlib.contextmanager
def _progress(console: Console, steps: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, gone at the end; gives what is to be called after each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, refresh_per_second=2) as bar:
        task = bar.add_task("measuring", total=steps)
        yield lambda: bar.advance(task)


if __name__ == "__main__":
    sys.exit(main())
