"""Generates load, in a process of its own, so that what it costs is on no account but its own.

The parent sends a `Job`; the process connects, warms up, says that it is ready, waits for a word, and tells a `Sample`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

import uvloop

from benchmarks.gateway.grpc_client import GrpcClient
from benchmarks.gateway.http_client import HttpClient
from benchmarks.gateway.load import Client, Failed, Job, Sample

_Exchange = tuple[float, float]
"""Seconds until the first byte, and until the end."""


def run(parent: Connection) -> None:
    """The process: job after job, until the parent is gone."""
    uvloop.run(_work(parent))


async def _work(parent: Connection) -> None:
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            job: Job = await asyncio.to_thread(parent.recv)
            try:
                told: Sample | Failed = await _generate(job, parent)
            except (EOFError, ConnectionError):
                raise
            except Exception:  # of whatever kind: the parent is told
                told = Failed(traceback.format_exc())
            parent.send(told)


async def _generate(job: Job, parent: Connection) -> Sample:
    client: Client = GrpcClient(job) if job.method else await HttpClient.connect(job)
    try:
        rounds = itertools.count()
        await _keep_busy(client, job.concurrency, lambda: next(rounds) < job.warm_up)
        parent.send(None)
        await asyncio.to_thread(parent.recv)
        started = time.perf_counter()
        end = started + job.seconds
        exchanges = await _keep_busy(client, job.concurrency, lambda: time.perf_counter() < end)
        return _sample(exchanges, time.perf_counter() - started)
    finally:
        await client.close()


async def _keep_busy(client: Client, concurrency: int, more: Callable[[], bool]) -> list[_Exchange]:
    """Keeps so many requests going while there are to be more; what was begun is finished and counted."""
    exchanges: list[_Exchange] = []

    async def slot(number: int) -> None:
        while more():
            started = time.perf_counter()
            first = await client.exchange(number)
            exchanges.append((first - started, time.perf_counter() - started))

    await asyncio.gather(*[slot(number) for number in range(concurrency)])
    return exchanges


def _sample(exchanges: list[_Exchange], seconds: float) -> Sample:
    totals = sorted(total for _, total in exchanges)
    firsts = sorted(first for first, _ in exchanges)
    return Sample(
        requests=len(exchanges),
        seconds=seconds,
        p50_ms=_quantile(totals, 0.50) * 1000,
        p99_ms=_quantile(totals, 0.99) * 1000,
        first_p50_ms=_quantile(firsts, 0.50) * 1000,
    )


def _quantile(ordered: list[float], share: float) -> float:
    """Nearest-rank quantile of a sorted list that is not empty."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
