"""Runs the simulator as a process of its own: `python -m muxer.simulator`."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path

import uvloop

from muxer.simulator.prices import read_catalog
from muxer.simulator.server import Simulator

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    options = _options().parse_args()
    if options.exit_with_parent:
        end_with_parent()
    uvloop.run(_run(options))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m muxer.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes any that is free")
    parser.add_argument("--ready-file", type=Path, help="file to write the address to, once the simulator listens")
    parser.add_argument("--prices", type=Path, help="price table: bill money, and know only the models in it")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds between two events of a stream")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the parent process ends (Linux)")
    return parser


async def _run(options: argparse.Namespace) -> None:
    catalog = read_catalog(options.prices.read_bytes()) if options.prices else None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Simulator.start(host=options.host, port=options.port, catalog=catalog, pace_s=options.pace) as simulator:
        if options.ready_file:
            _write_at_once(options.ready_file, f"{simulator.url}\n")
        print(f"simulator listening on {simulator.url}", flush=True)  # noqa: T201 - the line that starters wait for
        await stop.wait()


def _write_at_once(path: Path, text: str) -> None:
    """Writes a file that no reader ever sees half-written."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


def end_with_parent() -> None:
    """Has the kernel send SIGTERM to this process when its parent ends; does nothing outside of Linux."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew
        sys.exit(0)


if __name__ == "__main__":
    main()
