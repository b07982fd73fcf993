"""`modelmuxer`: the commands and their options. What a command needs is imported when it runs: help is quick."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from muxer.cli import learn_commands
from muxer.cli.price_commands import prices
from muxer.cli.shared_options import (
    AsJson,
    ConfigOption,
    MaxCost,
    MinQuality,
    ModelOption,
    PresetOption,
    PriceShare,
    Prompt,
)

app = typer.Typer(
    name="modelmuxer",
    help="The LLM router: sends each chat request to the model that answers it best for the money, and shows why.",
    epilog="Start with [bold]modelmuxer up[/]. It serves from a simulator until a key such as OPENAI_API_KEY is set.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=True,
)

_RUN = "Run"
_ASK = "Ask without calling a provider"
_LOOK = "Look"
_LEARN = "Learn from your own traffic"


@app.command(rich_help_panel=_RUN)
def up(
    rest_port: Annotated[
        int, typer.Option(min=0, max=65535, help="REST and gRPC through Envoy; 0: any free port.")
    ] = 8000,
    grpc_port: Annotated[int, typer.Option(min=0, max=65535, help="gRPC directly; 0: any free port.")] = 50051,
    data_dir: Annotated[Path, typer.Option(metavar="DIR", help="Where sockets and logs are kept.")] = Path(
        ".modelmuxer"
    ),
    config: ConfigOption = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="Use the simulator even where keys are set.")] = False,
    local: Annotated[
        bool, typer.Option("--local", help="Run a small real model beside it: no key, no network.")
    ] = False,
    ready_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the addresses there once everything answers.")
    ] = None,
) -> None:
    """Start the server with Envoy in front, and the simulator when no provider key is set."""
    from muxer.cli.up import run

    raise typer.Exit(run(rest_port, grpc_port, data_dir, config, simulate=simulate, local=local, ready_file=ready_file))


@app.command(rich_help_panel=_RUN)
def serve(
    grpc: Annotated[
        list[str] | None,
        typer.Option("--grpc", metavar="ADDRESS", help="Address to serve on, `host:port` or `unix:path`; repeatable."),
    ] = None,
    config: ConfigOption = None,
    ready_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the ports there.")] = None,
) -> None:
    """Start the server alone, for a sidecar or a cluster. Never simulates."""
    from muxer.cli.serve import run

    raise typer.Exit(run(grpc or ["127.0.0.1:50051"], config, ready_file))


@app.command(rich_help_panel=_LOOK)
def check(
    config: ConfigOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Also ask each configured provider's cheapest model, for real money.")
    ] = False,
) -> None:
    """Validate configuration, prices, keys and Envoy, without starting anything."""
    from muxer.cli.check import run

    raise typer.Exit(run(config, live=live))


@app.command(rich_help_panel=_ASK)
def route(
    prompt: Prompt,
    model: ModelOption = "auto",
    preset: PresetOption = "",
    max_cost_usd: MaxCost = None,
    price_share: PriceShare = None,
    min_quality: MinQuality = None,
    config: ConfigOption = None,
    json: AsJson = False,
) -> None:
    """Show which model a prompt would go to, and why not to the others."""
    from muxer.cli.decide import options
    from muxer.cli.decide import route as run

    routing = options(preset, max_cost_usd, price_share, min_quality)
    raise typer.Exit(run(prompt, model, routing, config, as_json=json))


@app.command(rich_help_panel=_ASK)
def classify(
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="What the user says.", show_default=False)
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FILE",
            help="Label JSONL lines with id, text or messages, and has_image instead; `-` for standard input.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write id, label and confidence; standard output by default."),
    ] = None,
    config: ConfigOption = None,
    json: AsJson = False,
) -> None:
    """Show what kind of request a prompt is, or label a file of prompts."""
    from muxer.cli.classify import run

    raise typer.Exit(run(prompt, source, out, config, as_json=json))


@app.command(rich_help_panel=_ASK)
def estimate(prompt: Prompt, model: ModelOption = "auto", config: ConfigOption = None, json: AsJson = False) -> None:
    """Show what a prompt would cost, and how long it would take, on every model."""
    from muxer.cli.decide import estimate as run

    raise typer.Exit(run(prompt, model, config, as_json=json))


@app.command(rich_help_panel=_LOOK)
def models(config: ConfigOption = None, json: AsJson = False) -> None:
    """List the models with their prices, limits and abilities."""
    from muxer.cli.models import run

    raise typer.Exit(run(config, as_json=json))


@app.command(rich_help_panel=_LOOK)
def version() -> None:
    """Print the versions of ModelMuxer and of what it runs on."""
    from muxer.cli.version import run

    raise typer.Exit(run())


app.command(rich_help_panel=_LEARN)(learn_commands.fit)
app.command(rich_help_panel=_LEARN)(learn_commands.predict)
app.command(rich_help_panel=_LEARN)(learn_commands.replay)
app.add_typer(prices, name="prices", rich_help_panel=_LOOK)


@app.command(name="_server", hidden=True)
def server_child(
    grpc: Annotated[list[str], typer.Option("--grpc")],
    ready_file: Annotated[Path, typer.Option()],
    config: ConfigOption = None,
    simulator_url: Annotated[str, typer.Option()] = "",
    local_url: Annotated[str, typer.Option()] = "",
    human_logs: Annotated[bool, typer.Option("--human-logs")] = False,
) -> None:
    """The server as a child of `up`."""
    from muxer.cli.serve import run_child

    raise typer.Exit(
        run_child(grpc, config, ready_file, simulator_url=simulator_url, local_url=local_url, human_logs=human_logs)
    )
