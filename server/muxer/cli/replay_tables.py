"""What `modelmuxer replay` shows to people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from muxer.replay.summary import Change, Move, Summary, Totals

SHOWN_MOVES = 10


def show(summary: Summary, console: Console) -> None:
    """Prints everything: in all, by kind of request, the moves, and what could not be compared."""
    change = summary.all
    share = f": {summary.changed:,} go to another model ({summary.changed_share:.1%})" if change else ""
    console.print(f"[bold]{summary.requests:,} requests, {summary.compared:,} compared{share}[/]", soft_wrap=True)
    if change is not None:
        console.print(_totals(change))
        if summary.billed:
            console.print(f"Paid for {summary.billed:,} of them: {summary.bill_usd:.6f} USD.", style="dim")
        console.print(_kinds(summary))
    if summary.moves:
        console.print(_moves(summary.moves[:SHOWN_MOVES]))
        if len(summary.moves) > SHOWN_MOVES:
            console.print(f"{len(summary.moves) - SHOWN_MOVES} other moves", style="dim")
    for line in _apart(summary):
        console.print(line, soft_wrap=True)


def _totals(change: Change) -> Table:
    before, now = change.before, change.now
    table = _table("", "before", "now", "change")
    saved = f"{now.cost_usd / before.cost_usd - 1:+.1%}" if before.cost_usd else ""
    table.add_row("cost USD", f"{before.cost_usd:.6f}", f"{now.cost_usd:.6f}", saved)
    table.add_row("quality", f"{before.quality:.3f}", f"{now.quality:.3f}", f"{now.quality - before.quality:+.3f}")
    table.add_row("ready s, mean", *_seconds(before.eta_mean_ms, now.eta_mean_ms))
    table.add_row("ready s, p95", *_seconds(before.eta_p95_ms, now.eta_p95_ms))
    return table


def _seconds(before_ms: float, now_ms: float) -> tuple[str, str, str]:
    return f"{before_ms / 1000:.1f}", f"{now_ms / 1000:.1f}", f"{(now_ms - before_ms) / 1000:+.1f}"


def _kinds(summary: Summary) -> Table:
    table = _table("intent", "requests", "moved", "cost USD", "now", "quality", "now", "ready s", "now")
    for kind in summary.intents:
        counts = (f"{kind.requests:,}", f"{kind.changed:,}")
        figures = zip(_figures(kind.before), _figures(kind.now), strict=True)
        table.add_row(kind.intent, *counts, *[cell for pair in figures for cell in pair])
    return table


def _figures(totals: Totals) -> tuple[str, str, str]:
    return f"{totals.cost_usd:.6f}", f"{totals.quality:.3f}", f"{totals.eta_mean_ms / 1000:.1f}"


def _moves(moves: Sequence[Move]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="", title_justify="left")
    table.add_column("from", overflow="fold")
    table.add_column("to", overflow="fold")
    for name in ("requests", "cost USD", "quality", "ready s"):
        table.add_column(name, justify="right", no_wrap=True)
    for move in moves:
        figures = (f"{move.cost_usd:+.6f}", f"{move.quality:+.3f}", f"{move.eta_ms / 1000:+.1f}")
        table.add_row(escape(move.before), escape(move.now), f"{move.requests:,}", *figures)
    return table


def _apart(summary: Summary) -> list[str]:
    """Sentences about the requests that are in no figure."""
    said = [
        f"[yellow]Refused now:[/] {entry.requests:,} with {entry.reason}, such as: {escape(entry.example)}"
        for entry in summary.refused
    ]
    if summary.refused_before:
        said.append(f"Answered now: {summary.refused_before:,} that were refused before")
    if summary.refused_both:
        said.append(f"Refused before and now: {summary.refused_both:,}")
    if summary.gone:
        names = ", ".join(f"{escape(name)} ({count:,})" for name, count in summary.gone.items())
        said.append(f"[yellow]Not compared:[/] {names}: cannot be asked for any more")
    return said


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="", title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
