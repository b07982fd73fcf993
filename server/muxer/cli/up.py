"""`modelmuxer up`: simulator and local model as needed, server and Envoy as one, and a first request ready to paste."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct
from rich.console import Console

from muxer.assets import asset
from muxer.cli.plans import BAD_CONFIGURATION, plan_for
from muxer.cli.screen import complain
from muxer.edge.child import Child
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import Envoy, EnvoyMissing
from muxer.edge.supervisor import Supervisor
from muxer.local.parts import LocalModelMissing, weights
from muxer.local.provider import MODEL, NAME
from muxer.plan import Plan
from muxer.settings import Settings

STOP_ORDER = ("server", "envoy", "simulator", "local")
"""The server drains while Envoy still answers `/health`, and the providers last until nobody can ask them."""

_BACKSTOP_S = 30.0
"""How far Envoy's own timeouts are above the server's, so that they only end what the server could not."""


class Options(Struct, frozen=True):
    """What the command line says."""

    rest_port: int
    grpc_port: int
    data_dir: Path
    config: Path | None
    simulate: bool
    local: bool
    ready_file: Path | None


def run(
    rest_port: int,
    grpc_port: int,
    data_dir: Path,
    config: Path | None,
    *,
    simulate: bool,
    local: bool,
    ready_file: Path | None,
) -> int:
    """Runs everything until SIGINT or SIGTERM, or until a part fails; returns the exit code."""
    plan = plan_for(config)
    simulate = simulate or (plan.settings.provider_adapters_enabled and not plan.providers)
    options = Options(rest_port, grpc_port, data_dir, config, simulate, local, ready_file)
    data_dir.mkdir(parents=True, exist_ok=True)
    # Unix sockets have short names at most, and a data directory may be anywhere.
    with tempfile.TemporaryDirectory(prefix="modelmuxer-") as sockets:
        try:
            if local:
                weights()
            return asyncio.run(_Stack(options, plan, Path(sockets)).run())
        except (EnvoyMissing, LocalModelMissing, OSError) as error:
            complain("Cannot start", str(error))
            return BAD_CONFIGURATION


class _Stack:
    """The processes of one `up`."""

    def __init__(self, options: Options, plan: Plan, sockets: Path) -> None:
        self._options = options
        self._plan = plan
        self._sockets = sockets
        self._envoy = Envoy(_edge(options, plan.settings, sockets), options.data_dir.resolve())

    async def run(self) -> int:
        providers = [self._simulator()] if self._options.simulate else []
        if self._options.local:
            providers.append(self._local())
        children = [*providers, self._server(), self._envoy.child()]
        names = {child.name for child in children}
        order = [name for name in STOP_ORDER if name in names]
        return await Supervisor(children, stop_order=order).run(self._ready)

    def _simulator(self) -> Child:
        ready = self._sockets / "simulator.url"
        argv = (sys.executable, "-m", "muxer.simulator", "--port", "0", "--ready-file", str(ready))
        return Child(name="simulator", argv=(*argv, "--prices", str(asset("prices/prices.json"))), ready=_exists(ready))

    def _local(self) -> Child:
        ready = self._sockets / "local.url"
        argv = (sys.executable, "-m", "muxer.local", "--port", "0", "--ready-file", str(ready))
        return Child(name="local", argv=argv, ready=_exists(ready), start_timeout_s=60.0)

    def _server(self) -> Child:
        ready = self._sockets / "server.json"
        settings = self._plan.settings

        def argv() -> list[str]:
            words = [sys.executable, "-m", "muxer", "_server", "--ready-file", str(ready)]
            words += ["--grpc", f"unix:{self._sockets / 'server.sock'}"]
            words += ["--grpc", f"127.0.0.1:{self._options.grpc_port}"]
            if sys.stdout.isatty():
                words.append("--human-logs")
            if self._options.config is not None:
                words += ["--config", str(self._options.config)]
            if self._options.simulate:
                words += ["--simulator-url", (self._sockets / "simulator.url").read_text().strip()]
            if self._options.local:
                words += ["--local-url", (self._sockets / "local.url").read_text().strip()]
            return words

        return Child(
            name="server",
            argv=argv,
            ready=_exists(ready),
            start_timeout_s=30.0,
            stop_timeout_s=settings.drain_grace_s + settings.drain_delay_s + 10.0,
        )

    def _ready(self) -> None:
        grpc_port = json.loads((self._sockets / "server.json").read_text())[1]
        rest, grpc = self._envoy.url, f"127.0.0.1:{grpc_port}"
        _welcome(Console(highlight=False, soft_wrap=True), rest, grpc, self._options, self._plan)
        if self._options.ready_file is not None:
            draft = self._options.ready_file.with_suffix(".draft")
            draft.write_text(json.dumps({"rest": rest, "grpc": grpc}))
            draft.replace(self._options.ready_file)


def _edge(options: Options, settings: Settings, sockets: Path) -> EdgeConfig:
    longest_s = settings.max_request_timeout_ms / 1000
    return EdgeConfig(
        listen=f"127.0.0.1:{options.rest_port}",
        upstreams=(f"unix:{sockets / 'server.sock'}",),
        admin=f"unix:{sockets / 'admin.sock'}",
        # What is a little too large is read whole, so that its sender reads the refusal instead of a broken pipe.
        max_body_bytes=2 * settings.max_request_bytes,
        chat_idle_timeout_s=longest_s + _BACKSTOP_S,
    )


def _exists(path: Path) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await asyncio.to_thread(path.exists)

    return ready


def _welcome(console: Console, rest: str, grpc: str, options: Options, plan: Plan) -> None:
    """Where everything listens, and requests to paste: on lines of their own, never broken."""
    console.print("\n[bold green]ModelMuxer is ready.[/]")
    if options.simulate:
        why = "as asked" if plan.providers else "no provider key is set"
        console.print(f"[yellow]Answers are simulated ({why}): no provider is called and nothing is charged.[/]")
    else:
        console.print(f"Providers: {', '.join(sorted(plan.providers)) or 'none'}")
    if options.local:
        console.print(
            f"A real model of this machine's own answers as [bold]{NAME}:{MODEL}[/]: free, small, often wrong."
        )
    console.print(f"\n[bold]REST[/]  {rest}\n[bold]gRPC[/]  {grpc}")
    for title, text in _first_requests(rest, grpc):
        console.print(f"\n[bold]{title}[/]")
        console.out(text, highlight=False)
    console.print()


def _first_requests(rest: str, grpc: str) -> tuple[tuple[str, str], ...]:
    body = '{"messages": [{"role": "user", "content": "Hello"}]}'
    return (
        ("curl", f"curl {rest}/v1/chat/completions -d '{body}'"),
        (
            "openai-python",
            f"python -c \"import openai; print(openai.OpenAI(base_url='{rest}/v1', api_key='any')"
            ".chat.completions.create(model='auto', messages=[{'role': 'user', 'content': 'Hello'}]))\"",
        ),
        (
            "buf curl",
            "buf curl --protocol grpc --http2-prior-knowledge --reflect --reflect-protocol grpc-v1alpha "
            f"-d '{body}' http://{grpc}/modelmuxer.v1.RouterService/ChatCompletion",
        ),
    )
