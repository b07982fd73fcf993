"""`modelmuxer classify`: what kind of request a prompt is, for one prompt or for a file of them."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from muxer.app import current_view, policy
from muxer.cli import label_lines
from muxer.cli.decide import print_json, request_of
from muxer.cli.plans import BAD_CONFIGURATION, explained, plan_for, plan_to_try
from muxer.cli.screen import complain, screen
from muxer.core.route import classify
from muxer.learn.watched_lines import STANDARD
from muxer.service import to_protobuf
from muxer.types.chat import RoutingOptions
from muxer.types.decision import Intent, IntentSignals


def run(prompt: str | None, source: Path | None, target: Path | None, config: Path | None, *, as_json: bool) -> int:
    """Labels either one prompt or all lines of a file; returns the exit code."""
    wrong = _wrong_arguments(prompt, source, target)
    if wrong:
        complain("Usage", wrong)
        return BAD_CONFIGURATION
    if source is not None:
        enabled = policy(plan_for(config)).intent_enabled
        return label_lines.run(source, target or STANDARD, enabled=enabled, config=config)
    return _show(prompt or "", config, as_json=as_json)


def _wrong_arguments(prompt: str | None, source: Path | None, target: Path | None) -> str:
    """What is wrong with this combination of arguments; empty when nothing is."""
    if prompt is None and source is None:
        return "give a PROMPT, or a file of prompts with --in"
    if prompt is not None and source is not None:
        return "give a PROMPT or --in, not both"
    if prompt is not None and target is not None:
        return "--out goes with --in; a single PROMPT is printed"
    return ""


def _show(prompt: str, config: Path | None, *, as_json: bool) -> int:
    plan = plan_to_try(config)
    with explained():
        intent, signals = classify(request_of(prompt, "auto", RoutingOptions()), current_view(plan))
    if as_json:
        return print_json(to_protobuf.intent(intent, signals))
    screen().print(_table(intent, signals))
    return 0


def _table(intent: Intent, signals: IntentSignals) -> Table:
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
