"""Shows the figures: tables for people, and the whole as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.gateway.measurement import Effort
from benchmarks.gateway.stages import BUDGET, Profile
from benchmarks.gateway.summary import Figure, Result

_NAMES: Mapping[str, str] = {
    "upstream": "the upstream alone",
    "passthrough": "Envoy alone",
    "floor": "grpc.aio alone",
    "grpc": "[bold]gateway, gRPC[/]",
    "rest": "[bold]gateway, REST[/]",
}
_BUSY_MACHINE = 0.1


class Memory(Struct, frozen=True):
    """Resident memory in MB, before the first request and after the last."""

    before: float
    after: float


class Report(Struct, frozen=True, tag_field="kind", tag="measurement"):
    """A whole run. `others_busy` is how many CPUs processes that are no part of it used on average."""

    versions: Mapping[str, str]
    cpus: int
    pinned: bool
    effort: Effort
    others_busy: float
    memory_mb: Mapping[str, Memory]
    results: Sequence[Result]


def show(report: Report, console: Console) -> None:
    """Prints the tables: one for each scene, then memory, then what to make of them."""
    for scene in _scenes(report.results):
        console.print(_stream_table(scene) if scene[0].events else _unary_table(scene))
    console.print(_memory_table(report.memory_mb))
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    where = "the gateway on one of them, everything else on the others" if report.pinned else "shared by all"
    console.print(
        "`us`: CPU per request, user and system. `+`: longer than the upstream alone. `busy`: of the gateway's CPU."
    )
    console.print(f"{_effort(report.effort)} {report.cpus} CPUs, {where}. {versions}.", highlight=False)
    if report.others_busy > _BUSY_MACHINE:
        console.print(
            f"[bold yellow]Other processes kept {report.others_busy:.1f} CPUs busy meanwhile: "
            "latency and throughput are worth little, and CPU times are too high.[/]"
        )


def show_profile(found: Profile, console: Console) -> None:
    """Prints the lines of the budget with their stages."""
    title = "unary 1 kB, 1 at a time: microseconds of the gateway's CPU"
    table = _table(title, "stage", *found.stages_us, "budget")
    faces = found.stages_us.values()
    for share in BUDGET:
        sums = [sum(stages[stage].median for stage in share.stages) for stages in faces]
        table.add_row(f"[bold]{share.name}[/]", *[f"[bold]{total:,.0f}[/]" for total in sums], f"{share.budget_us}")
        for stage in share.stages if len(share.stages) > 1 else ():
            table.add_row(f"  {stage}", *[_cell(stages[stage]) for stages in faces], "")
    table.add_section()
    totals = [sum(figure.median for figure in stages.values()) for stages in faces]
    table.add_row("all", *[f"{total:,.0f}" for total in totals], f"{sum(share.budget_us for share in BUDGET)}")
    console.print(table)
    console.print(_effort(found.effort), highlight=False)


def _effort(effort: Effort) -> str:
    return f"Medians of {effort.rounds} interleaved rounds of {effort.seconds:g} s each, ± half of their range."


def _scenes(results: Iterable[Result]) -> list[list[Result]]:
    scenes: dict[tuple[str, int, float], list[Result]] = {}
    for result in results:
        scenes.setdefault((result.workload, result.concurrency, result.pause_ms), []).append(result)
    return list(scenes.values())


def _title(result: Result) -> str:
    pace = ""
    if result.events:
        pace = f", one every {result.pause_ms:g} ms" if result.pause_ms else ", as fast as they are taken"
    return f"{result.workload}{pace}; {result.concurrency} at a time"


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=box.SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _unary_table(scene: Sequence[Result]) -> Table:
    columns = ("gateway us", "Envoy us", "p50 + ms", "p99 + ms", "requests/s", "busy")
    table = _table(_title(scene[0]), "path", *columns)
    for result in scene:
        table.add_row(
            _NAMES[result.path],
            _cell(result.gateway_cpu_us),
            _cell(result.envoy_cpu_us),
            _cell(result.added_p50_ms, digits=2),
            _cell(result.added_p99_ms, digits=2),
            _cell(result.requests_per_s),
            _percent(result.gateway_busy),
        )
    return table


def _stream_table(scene: Sequence[Result]) -> Table:
    columns = ("gateway us/event", "Envoy us/event", "first + ms", "whole + ms", "events/s", "busy")
    table = _table(_title(scene[0]), "path", *columns)
    for result in scene:
        per_event = 1 / result.events
        table.add_row(
            _NAMES[result.path],
            _cell(result.gateway_cpu_us, per_event, digits=1),
            _cell(result.envoy_cpu_us, per_event, digits=1),
            _cell(result.added_first_ms, digits=2),
            _cell(result.added_p50_ms, digits=2),
            _cell(result.requests_per_s, result.events),
            _percent(result.gateway_busy),
        )
    return table


def _memory_table(memory: Mapping[str, Memory]) -> Table:
    table = _table("Resident memory, MB", "process", "at the start", "at the end")
    for process, used in memory.items():
        table.add_row(process, f"{used.before:,.0f}", f"{used.after:,.0f}")
    return table


def _cell(figure: Figure | None, factor: float = 1.0, *, digits: int = 0) -> str:
    """The median, and half of the range that the rounds span."""
    if figure is None:
        return ""
    spread = (figure.high - figure.low) / 2
    return f"{figure.median * factor:,.{digits}f} [dim]±{spread * factor:,.{digits}f}[/]"


def _percent(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.median:.0%}"
