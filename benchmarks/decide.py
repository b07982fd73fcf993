"""How long a decision takes: `python benchmarks/decide.py [rounds]`.

Decides with the shipped price table, all providers up, in one thread, and prints microseconds: median and 99th
percentile of `decide`, and of `classify`, which is the part of it that reads the text.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from muxer.core import tokens
from muxer.core.prices import load_catalog
from muxer.core.route import classify, decide
from muxer.types.chat import ChatRequest, Message
from muxer.types.decision import Policy, ProviderState, View

TABLE = Path(__file__).parents[1] / "prices" / "prices.json"
SENTENCE = "Explain to me in plain words how a refrigerator keeps food cold, and why it is warm behind. "
PROMPTS = {
    "short": "What is the capital of Australia?",
    "500 characters": (SENTENCE * 6)[:500],
    "20,000 characters": (SENTENCE * 250)[:20_000],
}


def microseconds(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and 99th percentile of a call, after a tenth as many rounds to warm up."""
    for _ in range(rounds // 10):
        call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - start)
    times.sort()
    return times[rounds // 2] / 1_000, times[rounds * 99 // 100] / 1_000


def main() -> None:
    """Prints a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    catalog = load_catalog(TABLE.read_bytes()).catalog
    view = View(
        catalog=catalog,
        providers={model.provider: ProviderState(usable=True) for model in catalog.models.values()},
        latency={},
        policy=Policy(),
        today=dt.date(2026, 11, 23),
        count_tokens=tokens.count,
    )
    print(f"{len(catalog.models)} candidates, {rounds} rounds, microseconds")
    print(f"{'prompt':20}{'decide p50':>12}{'p99':>8}{'classify p50':>15}{'p99':>8}")
    for name, prompt in PROMPTS.items():
        request = ChatRequest(messages=(Message("user", prompt),))
        whole = microseconds(partial(decide, request, view), rounds)
        reading = microseconds(partial(classify, request, view), rounds)
        print(f"{name:20}{whole[0]:12.0f}{whole[1]:8.0f}{reading[0]:15.0f}{reading[1]:8.0f}")


if __name__ == "__main__":
    main()
