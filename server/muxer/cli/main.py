"""`modelmuxer`: the commands and their options. What a command needs is imported when it runs: help is quick."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="modelmuxer",
    help="The LLM router: sends each chat request to the model that answers it best for the money, and shows why.",
    epilog="Start with [bold]modelmuxer up[/]. It serves from a simulator until a key such as OPENAI_API_KEY is set.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=True,
)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file, modelmuxer.yaml.", show_default=False),
]
ModelOption = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="`auto`, `auto:economy`, or `provider:model`.")
]
PresetOption = Annotated[str, typer.Option("--preset", metavar="NAME", help="balanced, economy, fast or quality.")]
Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="What the user says.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

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
    max_cost_usd: Annotated[float | None, typer.Option(min=0, help="Most that it may be estimated to cost.")] = None,
    price_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the strongest model's price to spend on average.")
    ] = None,
    min_quality: Annotated[
        float | None, typer.Option(min=0, max=1, help="Lowest predicted quality that will do.")
    ] = None,
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


@app.command(rich_help_panel=_LEARN)
def fit(
    outcomes: Annotated[
        Path,
        typer.Argument(
            metavar="OUTCOMES",
            help="JSONL or Parquet rows with prompt or messages, model, score 0 to 1; `-` for JSONL on standard input.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the router file.")],
    picture: Annotated[
        Path | None, typer.Option(metavar="SVG", help="Where to draw the curve; beside the router file by default.")
    ] = None,
) -> None:
    """Learn from recorded outcomes how good each model is at what, and say what that would have saved."""
    with _learning():
        from muxer.cli.fit import run

    raise typer.Exit(run(outcomes, out, picture))


@app.command(rich_help_panel=_LEARN)
def predict(
    questions: Annotated[
        Path,
        typer.Option(
            "--in", metavar="FILE", help="JSONL lines with id and prompt or messages; `-` for standard input."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="Where to write the predictions; `-` for standard output."),
    ],
    router: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A router file; without one, the shipped difficulty alone.")
    ] = None,
) -> None:
    """Predict difficulty, and quality by model, for many prompts."""
    with _learning():
        from muxer.cli.predict import run

    raise typer.Exit(run(questions, out, router))


@app.command(rich_help_panel=_LEARN)
def replay(
    recorded: Annotated[
        Path,
        typer.Argument(metavar="RECORDED", help="A decision log, or JSONL of chat requests; `-` for standard input."),
    ],
    preset: PresetOption = "",
    max_cost_usd: Annotated[float | None, typer.Option(min=0, help="Most that a request may cost.")] = None,
    price_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the strongest model's price to spend on average.")
    ] = None,
    min_quality: Annotated[
        float | None, typer.Option(min=0, max=1, help="Lowest predicted quality that will do.")
    ] = None,
    router: Annotated[Path | None, typer.Option(metavar="FILE", help="A router file made by `fit`.")] = None,
    config: ConfigOption = None,
    twice: Annotated[
        bool, typer.Option("--twice", help="Compare with what is decided today without these options, not with then.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same, with this modelmuxer.yaml.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after so many lines.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JSONL there, a line for each.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="SVG", help="Draw there how cost and quality move.")] = None,
    json: AsJson = False,
) -> None:
    """Route recorded requests again, with other settings, and show what would have changed."""
    from muxer.cli.decide import options
    from muxer.cli.replay import Baseline, Sinks, Trial, run

    trial = Trial(options(preset, max_cost_usd, price_share, min_quality), router, config)
    baseline = Baseline(always=twice or against is not None, config=against)
    raise typer.Exit(run(recorded, trial, baseline, Sinks(out, picture), limit=limit, as_json=json))


@contextmanager
def _learning() -> Iterator[None]:
    """For importing what `fit` and `predict` need. Ends the command when its packages are not installed."""
    from muxer.cli.plans import BAD_CONFIGURATION
    from muxer.cli.screen import complain

    try:
        yield
    except ModuleNotFoundError as error:
        complain("Missing", f"{error.name}: pip install 'modelmuxer[fit]'")
        raise typer.Exit(BAD_CONFIGURATION) from None


prices = typer.Typer(help="Check the price table, or make it anew.", no_args_is_help=True)
app.add_typer(prices, name="prices", rich_help_panel=_LOOK)

AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="As if it were that day.")]


@prices.command(name="check")
def prices_check(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A price table; the shipped one by default.", show_default=False),
    ] = None,
    as_of: AsOf = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 when there is anything to look at.")] = False,
) -> None:
    """Say what is wrong with a price table, what is odd, and what has had its day."""
    from muxer.cli.prices import check as run

    raise typer.Exit(run(file, as_of and as_of.date(), strict=strict))


@prices.command(name="update")
def prices_update(
    as_of: AsOf = None,
    offline: Annotated[
        Path | None,
        typer.Option("--offline", metavar="FILE", help="LiteLLM's wheel or an excerpt, instead of a download."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing, say what would change.")] = False,
) -> None:
    """Make prices/prices.json anew; for developers, in a checkout."""
    from muxer.cli.prices import update as run

    raise typer.Exit(run(as_of and as_of.date(), offline, check=check))


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
