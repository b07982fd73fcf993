"""The stopwatch of the profile: what a stage takes is its own, without the stages inside it."""

from __future__ import annotations

import time
from types import SimpleNamespace

from benchmarks.gateway.stopwatch import Stopwatch

MS = 1_000_000


def work(ms: int) -> None:
    end = time.thread_time_ns() + ms * MS
    while time.thread_time_ns() < end:
        pass


async def test_inner_stages_are_not_charged_to_the_outer_one():
    watch = Stopwatch()
    inner = watch.timed("inner", lambda: work(20))

    async def outer() -> str:
        work(5)
        inner()
        return "done"

    assert await watch.timed("outer", outer)() == "done"
    assert watch.spent["inner"] >= 20 * MS
    assert 5 * MS <= watch.spent["outer"] < 20 * MS


def test_methods_are_timed_only_while_the_watch_is_attached():
    watch = Stopwatch()
    module = SimpleNamespace(work=work)
    with watch.attached("stage", module, ["work"]):
        module.work(1)
    spent = watch.spent["stage"]
    module.work(1)

    assert module.work is work
    assert watch.spent["stage"] == spent >= MS


def test_a_stage_that_fails_is_charged_too():
    watch = Stopwatch()

    def fail() -> None:
        work(1)
        raise ValueError

    try:
        watch.timed("stage", fail)()
    except ValueError:
        assert watch.spent["stage"] >= MS
    else:
        raise AssertionError("the exception was swallowed")
