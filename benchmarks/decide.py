"""How long a decision takes: `python -m benchmarks.decide [rounds]`.

Decides with the shipped price table, all providers up, in one thread. Two tables, in microseconds: the stages of a
decision about 500 characters with their targets, and decisions about ever longer prompts. Beyond the sampling limit the
time may not grow with the text.

Times are those of the thread's CPU clock, which does not run while other processes do: a decision waits for nothing, so
on an idle machine the wall clock shows the same. What it shows on this one stands in a column of its own.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct
from muxer.core import difficulty, explain, intent
from muxer.core.features import extract
from muxer.core.prices import load_catalog
from muxer.core.route import classify, decide
from muxer.types.chat import ChatRequest, Message
from muxer.types.decision import Policy, ProviderState, View
from muxer.vocabulary.counter import load_counter
from rich.console import Console
from rich.table import Table

from benchmarks.drawing import Drawing

ROOT = Path(__file__).parents[1]
SENTENCES = (
    "Explain to me in plain words how a refrigerator keeps food cold, and why it is warm behind. ",
    "Then compare it with an air conditioner: which parts are the same, and which are not? ",
    "My kitchen has 14 square metres, and the power bill was 112 euros last month. ",
)
ORDINARY = 500
LENGTHS = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 500_000)
ROUNDS = 3_000


class Times(Struct, frozen=True):
    """Median and 99th percentile of a call in microseconds: by the thread's CPU clock, and the latter by the wall
    clock, too."""

    p50: float
    p99: float
    wall_p99: float


class OfLength(Struct, frozen=True):
    """A prompt of so many characters: the whole decision, and the part of it that reads the text."""

    characters: int
    decision: Times
    reading: Times


def report(folder: Path, console: Console, rounds: int = ROUNDS) -> None:
    """Prints both tables, and draws the second into the folder."""
    view = world()
    title = f"microseconds: {ORDINARY} characters, {len(view.catalog.models)} candidates, {rounds:,} rounds"
    console.print(_stages(title, view, rounds))
    lengths = [of_length(characters, view, rounds // 10) for characters in LENGTHS]
    console.print(_lengths(lengths))
    folder.mkdir(parents=True, exist_ok=True)
    draw(lengths, folder / "speed.svg")
    console.print(f"Plot: {folder}/speed.svg", soft_wrap=True)


def world() -> View:
    """Every provider is up, and nothing was measured yet."""
    catalog = load_catalog((ROOT / "prices" / "prices.json").read_bytes()).catalog
    return View(
        catalog=catalog,
        providers={model.provider: ProviderState(usable=True) for model in catalog.models.values()},
        latency={},
        policy=Policy(),
        today=dt.date(2026, 11, 23),
        count_tokens=load_counter().count,
    )


def request_of(characters: int) -> ChatRequest:
    """Ordinary English of this length, without a line that occurs twice in a row."""
    text = "".join(SENTENCES) * (characters // sum(map(len, SENTENCES)) + 1)
    return ChatRequest(messages=(Message("user", text[:characters]),))


def of_length(characters: int, view: View, rounds: int) -> OfLength:
    """How long a prompt of this length takes."""
    request = request_of(characters)
    return OfLength(
        characters,
        decision=measure(partial(decide, request, view), rounds),
        reading=measure(partial(classify, request, view), rounds),
    )


def measure(call: Callable[[], object], rounds: int) -> Times:
    """Times a call, after a tenth as many rounds to warm up."""
    for _ in range(rounds // 10):
        call()
    at_work, on_the_wall = [], []
    for _ in range(rounds):
        wall, start = time.perf_counter_ns(), time.thread_time_ns()
        call()
        at_work.append(time.thread_time_ns() - start)
        on_the_wall.append(time.perf_counter_ns() - wall)
    at_work.sort()
    on_the_wall.sort()
    late = rounds * 99 // 100
    return Times(at_work[rounds // 2] / 1_000, at_work[late] / 1_000, on_the_wall[late] / 1_000)


def _stages(title: str, view: View, rounds: int) -> Table:
    request = request_of(ORDINARY)
    features = extract(request, view.count_tokens)
    rows: tuple[tuple[str, Callable[[], object], str, str], ...] = (
        ("counting tokens", partial(view.count_tokens, request.messages[0].content), "", ""),
        ("features, counting included", partial(extract, request, view.count_tokens), "", ""),
        ("intent", partial(intent.classify, features, request, enabled=True), "", ""),
        ("features and intent", partial(classify, request, view), "< 150", ""),
        ("difficulty", partial(difficulty.log_odds, features), "", ""),
        ("the whole decision", partial(decide, request, view), "< 300", "< 1,000"),
        ("its reason for each candidate", partial(explain.reasons, decide(request, view).candidates), "", ""),
    )
    table = _table(title, "", "p50", "target", "p99", "target", "p99 by the wall clock")
    for name, call, most_p50, most_p99 in rows:
        found = measure(call, rounds)
        table.add_row(name, f"{found.p50:,.0f}", most_p50, f"{found.p99:,.0f}", most_p99, f"{found.wall_p99:,.0f}")
    return table


def _lengths(lengths: Sequence[OfLength]) -> Table:
    columns = ("decision p50", "p99", "features and intent p50", "p99", "decision, ns per character")
    table = _table("microseconds by length of the prompt", "characters", *columns)
    for found in lengths:
        figures = (found.decision.p50, found.decision.p99, found.reading.p50, found.reading.p99)
        per_character = f"{1_000 * found.decision.p50 / found.characters:,.0f}"
        table.add_row(f"{found.characters:,}", *(f"{figure:,.0f}" for figure in figures), per_character)
    return table


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, title=f"\n{title}", title_justify="left", header_style="dim")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def draw(lengths: Sequence[OfLength], path: Path) -> None:
    """Medians over length, both logarithmic; the dashed line is what twice the time for twice the length looks like."""
    drawing = Drawing("Microseconds of a decision by characters of the prompt, medians", 760, 520)
    left, top, width, height = 80, 50, 480, 400
    low, high = math.log10(lengths[0].characters), math.log10(lengths[-1].characters)
    slowest = max(found.decision.p50 for found in lengths)
    bottom, decades = 1.0, max(3.0, math.log10(slowest) + 0.3) - 1.0

    def place(characters: float, microseconds: float) -> tuple[float, float]:
        x = (math.log10(characters) - low) / (high - low)
        y = (math.log10(microseconds) - bottom) / decades
        return left + width * x, top + height * (1 - y)

    for power in range(1, math.floor(bottom + decades) + 1):
        x, y = place(lengths[0].characters, 10**power)
        drawing.line(x, y, x + width, y)
        drawing.text(x - 8, y + 4, f"{10**power:,}", anchor="end")
    for found in lengths:
        x, _ = place(found.characters, 10)
        drawing.line(x, top, x, top + height)
        drawing.text(x, top + height + 20, f"{found.characters / 1_000:g}k", anchor="middle")
    first, most = lengths[0], 10 ** (bottom + decades)
    reach = min(lengths[-1].characters, first.characters * most / first.decision.p50)
    drawing.line(
        *place(first.characters, first.decision.p50),
        *place(reach, first.decision.p50 * reach / first.characters),
        kind="ideal",
    )
    drawing.curve([place(found.characters, found.decision.p50) for found in lengths], "first")
    drawing.curve([place(found.characters, found.reading.p50) for found in lengths], "second")
    for name, times in (("whole decision", lengths[-1].decision), ("features and intent", lengths[-1].reading)):
        x, y = place(lengths[-1].characters, times.p50)
        drawing.text(x + 8, y + 4, name)
    drawing.text(left + width / 2, top + height + 46, "characters", anchor="middle")
    drawing.save(path)


def main() -> None:
    """Runs it alone."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    report(Path("build/routing"), Console(width=110, highlight=False), rounds)


if __name__ == "__main__":
    main()
