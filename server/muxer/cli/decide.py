"""`modelmuxer route`, `classify` and `estimate`: decisions without a server and without a provider."""

from __future__ import annotations

from pathlib import Path

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message as ProtobufMessage
from rich.markup import escape
from rich.table import Table

from muxer.app import current_view
from muxer.cli.plans import explained, plan_to_try
from muxer.cli.screen import NARROW, screen
from muxer.core import route as core
from muxer.service import to_protobuf
from muxer.service.bounds import validate
from muxer.types.chat import ChatRequest, Message, RoutingOptions
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals
from muxer.types.money import pico, usd

_STATUS_STYLE = {"selected": "bold green", "fallback": "", "rejected": "dim"}


def route(
    prompt: str, model: str, preset: str, max_cost_usd: float | None, config: Path | None, *, as_json: bool
) -> int:
    """Prints a decision."""
    plan = plan_to_try(config)
    with explained():
        limit = None if max_cost_usd is None else pico(max_cost_usd)
        request = _request(prompt, model, RoutingOptions(preset=preset, max_cost=limit))
        decision = core.decide(request, current_view(plan))
    if as_json:
        return _json(to_protobuf.decision(decision, "", decision.candidates))
    console = screen()
    console.print(_headline(decision), soft_wrap=True)
    console.print(_table(decision.candidates, scores=True, narrow=console.width < NARROW))
    return 0


def classify(prompt: str, config: Path | None, *, as_json: bool) -> int:
    """Prints what kind of request a prompt is."""
    plan = plan_to_try(config)
    with explained():
        intent, signals = core.classify(_request(prompt, "auto", RoutingOptions()), current_view(plan))
    if as_json:
        return _json(to_protobuf.intent(intent, signals))
    screen().print(_intent_table(intent, signals))
    return 0


def estimate(prompt: str, model: str, config: Path | None, *, as_json: bool) -> int:
    """Prints cost and latency on every model."""
    plan = plan_to_try(config)
    with explained():
        candidates, _, _ = core.estimate(_request(prompt, model, RoutingOptions()), current_view(plan))
    if as_json:
        for candidate in candidates:
            _json(to_protobuf.candidate(candidate), indent=None)
        return 0
    console = screen()
    console.print(_table(candidates, scores=False, narrow=console.width < NARROW))
    return 0


def _request(prompt: str, model: str, routing: RoutingOptions) -> ChatRequest:
    return validate(ChatRequest((Message("user", prompt),), model=model, routing=routing))


def _json(message: ProtobufMessage, indent: int | None = 2) -> int:
    text = MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=indent
    )
    screen().out(text)
    return 0


def _headline(decision: Decision) -> str:
    return f"[bold green]{decision.selected.model.id}[/]  {escape(decision.reason)}"


def _table(candidates: tuple[Candidate, ...], *, scores: bool, narrow: bool) -> Table:
    """Every model that was considered. A narrow one leaves out the upper estimate and the score."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    for name in ("quality", "cost USD", *(() if narrow else ("p90 USD",)), "ready s"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    if scores and not narrow:
        table.add_column("score", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for c in candidates:
        cells = [c.model.id, f"{c.quality:.2f}", f"{usd(c.cost.expected):.6f}"]
        cells += [] if narrow else [f"{usd(c.cost.p90):.6f}"]
        cells += [f"{c.latency.p50_ms / 1000:.1f}"]
        if scores and not narrow:
            cells.append("" if c.status == "rejected" else f"{c.score:.3f}")
        table.add_row(*cells, escape(c.reason), style=_STATUS_STYLE[c.status])
    return table


def _intent_table(intent: Intent, signals: IntentSignals) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("intent", f"[bold green]{intent.label}[/]")
    table.add_row("confidence", f"{intent.confidence:.2f} ({intent.method})")
    table.add_row("tokens", str(signals.token_length_est))
    seen = signals.signals
    named = {"code": seen.code, "translation": seen.translation, "vision": seen.vision, "safety": seen.safety}
    table.add_row("signals", ", ".join(name for name, on in named.items() if on) or "none")
    table.add_row("code fence", "yes" if signals.has_code_fence else "no")
    table.add_row("programming words", "yes" if signals.has_programming_keywords else "no")
    return table
