"""`modelmuxer route` and `estimate`: decisions without a server and without a provider."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message as ProtobufMessage
from rich.markup import escape
from rich.table import Table

from muxer.app import current_view
from muxer.cli.plans import explained, plan_to_try
from muxer.cli.screen import NARROW, screen
from muxer.core import explain, quality
from muxer.core import route as core
from muxer.service import to_protobuf
from muxer.service.amounts import max_cost
from muxer.service.bounds import validate
from muxer.types.chat import ChatRequest, Message, RoutingOptions
from muxer.types.decision import Candidate, Decision
from muxer.types.money import usd

_STATUS_STYLE = {"selected": "bold green", "fallback": "", "rejected": "dim"}


def options(
    preset: str, max_cost_usd: float | None, price_share: float | None, min_quality: float | None
) -> RoutingOptions:
    """What the options of a command say about the routing. Ends the command when the limit is none."""
    with explained():
        return RoutingOptions(
            preset=preset,
            min_quality=min_quality,
            max_cost=max_cost(max_cost_usd),
            max_price_share=price_share,
        )


def route(prompt: str, model: str, routing: RoutingOptions, config: Path | None, *, as_json: bool) -> int:
    """Prints a decision."""
    plan = plan_to_try(config)
    with explained():
        decision = core.decide(request_of(prompt, model, routing), current_view(plan))
    if as_json:
        return print_json(to_protobuf.decision(decision, "", decision.candidates))
    console = screen()
    console.print(_headline(decision), soft_wrap=True)
    console.print(_table(decision.candidates, scores=True, narrow=console.width < NARROW))
    console.print(_abilities(decision), style="dim", highlight=False)
    return 0


def estimate(prompt: str, model: str, config: Path | None, *, as_json: bool) -> int:
    """Prints cost and latency on every model."""
    plan = plan_to_try(config)
    with explained():
        candidates, _, _ = core.estimate(request_of(prompt, model, RoutingOptions()), current_view(plan))
    if as_json:
        for candidate in to_protobuf.candidates(candidates):
            print_json(candidate, indent=None)
        return 0
    console = screen()
    console.print(_table(candidates, scores=False, narrow=console.width < NARROW))
    return 0


def request_of(prompt: str, model: str, routing: RoutingOptions) -> ChatRequest:
    """A user's single turn as a request. Raises `MuxerError` when no server would take it."""
    return validate(ChatRequest((Message("user", prompt),), model=model, routing=routing))


def print_json(message: ProtobufMessage, indent: int | None = 2) -> int:
    """Prints a message as the REST API would show it, defaults included; returns the exit code."""
    text = MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=indent
    )
    screen().out(text)
    return 0


def _headline(decision: Decision) -> str:
    return f"[bold green]{decision.selected.model.id}[/]  {escape(decision.reason)}"


def _abilities(decision: Decision) -> str:
    """Where the predicted qualities come from."""
    others = (quality.ROUTER_FILE, quality.OPERATOR, quality.PRICE_AND_CLASS)
    sources = [c.ability_source if c.ability_source in others else "published results" for c in decision.candidates]
    counts = ", ".join(f"{source} ({count})" for source, count in Counter(sources).most_common())
    chosen = decision.selected
    return f"\nQuality is predicted from: {counts}; that of {chosen.model.id} from {escape(chosen.ability_source)}."


def _table(candidates: tuple[Candidate, ...], *, scores: bool, narrow: bool) -> Table:
    """Every model that was considered. A narrow one leaves out the upper estimate and the score."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    for name in ("quality", "cost USD", *(() if narrow else ("p90 USD",)), "ready s"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    if scores and not narrow:
        table.add_column("score", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for c, reason in zip(candidates, explain.reasons(candidates), strict=True):
        cells = [c.model.id, f"{c.quality:.2f}", f"{usd(c.cost.expected):.6f}"]
        cells += [] if narrow else [f"{usd(c.cost.p90):.6f}"]
        cells += [f"{c.latency.p50_ms / 1000:.1f}"]
        if scores and not narrow:
            cells.append("" if c.status == "rejected" else f"{c.score:.3f}")
        table.add_row(*cells, escape(reason), style=_STATUS_STYLE[c.status])
    return table
