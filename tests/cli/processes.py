"""`modelmuxer` as people run it: a process of its own, with an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

MODELMUXER = (sys.executable, "-m", "muxer")


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a process needs to run at all, and these variables; nothing of the tester's configuration."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {k: os.environ[k] for k in kept if k in os.environ} | {"COLUMNS": "200"} | dict(variables or {})


def run(
    *words: str, variables: Mapping[str, str] | None = None, timeout: float = 30
) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [*MODELMUXER, *words], env=environment(variables), capture_output=True, text=True, timeout=timeout, check=False
    )


class Up:
    """A running `modelmuxer up`."""

    def __init__(self, process: subprocess.Popen[str], log: Path, ready: Path) -> None:
        self.process = process
        self._log = log
        addresses = json.loads(ready.read_text())
        self.rest: str = addresses["rest"]
        self.grpc: str = addresses["grpc"]

    @property
    def output(self) -> str:
        """Everything it has said so far."""
        return self._log.read_text()

    @property
    def simulator(self) -> str:
        """The simulator's address."""
        found = re.search(r"simulator listening on (\S+)", self.output)
        assert found is not None
        return found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 30) -> int:
        """Tells it to stop, and waits; returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout)


@contextlib.contextmanager
def up(folder: Path, *words: str, variables: Mapping[str, str] | None = None) -> Iterator[Up]:
    """`modelmuxer up` on free ports."""
    log, ready = folder / "up.log", folder / "ready.json"
    command = [*MODELMUXER, "up", "--rest-port", "0", "--grpc-port", "0", "--data-dir", str(folder / "data")]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready), *words],
            env=environment(variables),
            stdout=out,
            stderr=out,
            text=True,
        )
    try:
        until(lambda: ready.exists() or process.poll() is not None, 30)
        assert ready.exists(), log.read_text()
        yield Up(process, log, ready)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(condition, timeout: float = 10.0) -> None:
    """Waits for a condition."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
