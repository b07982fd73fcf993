"""Reads what processes use, and keeps them on their CPUs. Linux only: elsewhere nobody tells these things.

CPU time is read from the process's own clock, exact to the nanosecond: `/proc/PID/stat` counts in steps of 10 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct


def cpu_s(pid: int) -> float:
    """Seconds of CPU, user and system, that a process has used so far, all its threads together."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise ProcessLookupError(error, os.strerror(error), str(pid))
    return time.clock_gettime(clock.value)


def rss_mb(pid: int) -> float:
    """Resident memory of a process, in MB of 1,000,000 bytes."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise ProcessLookupError(pid)
    return int(found[1]) * 1024 / 1e6


def busy_s() -> float:
    """Seconds of CPU that the whole machine has used so far, of all its CPUs and by everyone."""
    words = Path("/proc/stat").read_text().split(maxsplit=9)
    user, nice, system, _idle, _iowait, interrupts, soft_interrupts, stolen = map(int, words[1:9])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


class Cpus(Struct, frozen=True):
    """Who runs where: the gateway on one CPU, everything else on the others. Empty sets: wherever the kernel likes."""

    gateway: frozenset[int]
    others: frozenset[int]

    @classmethod
    def of_machine(cls) -> Cpus:
        """The plan for this machine; with a single CPU there is nothing to keep apart."""
        mine = sorted(os.sched_getaffinity(0))
        if len(mine) < 2:
            return cls(frozenset(), frozenset())
        return cls(frozenset(mine[:1]), frozenset(mine[1:]))


@contextlib.contextmanager
def started_on(cpus: frozenset[int]) -> Iterator[None]:
    """Processes that are started meanwhile stay on these CPUs, with all their threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
