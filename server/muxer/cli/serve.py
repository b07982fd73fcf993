"""`modelmuxer serve`, and the server as a child of `modelmuxer up`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from muxer import process
from muxer.cli.plans import BAD_CONFIGURATION, plan_for
from muxer.cli.screen import complain
from muxer.plan import Plan


def run(grpc: Sequence[str], config: Path | None, ready_file: Path | None) -> int:
    """Runs the server until it is told to stop; returns the exit code."""
    return _serve(plan_for(config), grpc, ready_file)


def run_child(
    grpc: Sequence[str],
    config: Path | None,
    ready_file: Path,
    *,
    simulator_url: str,
    local_url: str,
    human_logs: bool,
) -> int:
    """The same below `up`, where nobody balances load between servers: there is nothing to wait for before draining."""
    plan = plan_for(config, simulator_url=simulator_url, local_url=local_url)
    plan = structs.replace(plan, settings=structs.replace(plan.settings, drain_delay_s=0.0))
    return _serve(plan, grpc, ready_file, human_logs=human_logs or None)


def _serve(plan: Plan, grpc: Sequence[str], ready_file: Path | None, *, human_logs: bool | None = None) -> int:
    try:
        return _run(process.serve(plan, grpc, "" if ready_file is None else str(ready_file), human_logs))
    except (OSError, RuntimeError) as error:
        complain("Cannot serve", str(error))
        return BAD_CONFIGURATION


def _run(serving: process.Serving) -> int:
    """On uvloop where there is one: gRPC's own loop costs a tenth more per call."""
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return asyncio.run(serving)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serving)
