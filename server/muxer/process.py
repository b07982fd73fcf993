"""The life of a server process: from its logs and ports to the signal that ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec

from muxer.app import VERSION, Server
from muxer.plan import Plan
from muxer.telemetry.exposition import Exposition
from muxer.telemetry.logs import start_logging
from muxer.telemetry.metrics import Metrics
from muxer.vocabulary.counter import Counter

_LOG = logging.getLogger("muxer")

Serving = Coroutine[Any, Any, int]


async def serve(plan: Plan, addresses: Sequence[str], ready_file: str, human_logs: bool | None) -> int:
    """Runs a server until SIGINT or SIGTERM; returns the exit code.

    `ready_file` gets the ports as a JSON list once the server serves. `human_logs` None: by whether stderr is a
    terminal.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    exposition = Exposition()
    metrics = Metrics(
        exposition.registry,
        models=plan.prices.catalog.models,
        providers={m.provider for m in plan.prices.catalog.models.values()},
        version=VERSION,
    )
    keys = [provider.api_key for name, provider in plan.providers.items() if name not in plan.simulated]
    secrets = [*keys, *(entry.rpartition(":")[2].strip() for entry in plan.settings.api_keys.split(","))]
    logs = start_logging(
        level=plan.settings.log_level,
        secrets=[s for s in secrets if s],
        human=human_logs,
        on_drop=lambda count: metrics.dropped("log_line", count),
    )
    close_metrics = None
    try:
        server = Server(plan, logs, metrics, exposition)
        ports = await server.start(addresses)
        if plan.settings.metrics_port >= 0:
            host = plan.settings.metrics_host
            port, close_metrics = exposition.serve(host, plan.settings.metrics_port)
            _LOG.info("metrics on http://%s:%d/metrics", host, port)
        _report(plan, server.counter, addresses, ports)
        _spare_the_collector()
        if ready_file:
            await asyncio.to_thread(Path(ready_file).write_bytes, msgspec.json.encode(ports))
        await stopping.wait()
        _LOG.info("stopping: waiting for the calls in progress")
        done = await server.stop()
        _LOG.info("stopped" if done else "stopped: some calls were cut, their grace was over")
        return 0
    finally:
        if close_metrics is not None:
            close_metrics()
        logs.close()


def _spare_the_collector() -> None:
    """Keeps what has been loaded out of garbage collections: it stays until the end, and going through all of it would
    hold up the calls in progress for some 10 ms each time."""
    gc.collect()
    gc.freeze()


def _report(plan: Plan, counter: Counter, addresses: Sequence[str], ports: Sequence[int]) -> None:
    for address, port in zip(addresses, ports, strict=True):
        _LOG.info("gRPC on %s", address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}")
    if counter.exact:
        _LOG.info("tokens are counted exactly, in %s", counter.name)
    else:
        _LOG.warning("tokens are estimated, 7 %% off on average: toktok-rs is not installed")
    for text in plan.warnings:
        _LOG.warning("%s", text)
    for warning in plan.prices.warnings:
        _LOG.warning("price table: %s", warning)
    if plan.providers:
        _LOG.info("providers: %s%s", ", ".join(sorted(plan.providers)), " (simulated)" if plan.simulated else "")
    else:
        _LOG.warning(
            "no provider is configured: chat requests are answered with 503. Set a key, such as OPENAI_API_KEY"
        )
