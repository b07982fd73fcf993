from __future__ import annotations

from muxer.dispatch.failure_pause import FAILURES, PAUSE_S, FailurePause

from tests.fakes.clock import ManualClock


def paused(clock: ManualClock) -> FailurePause:
    pause = FailurePause(clock)
    for _ in range(FAILURES):
        pause.failed()
    return pause


def test_single_failures_do_not_pause():
    pause = FailurePause(ManualClock())
    for _ in range(10):
        for _ in range(FAILURES - 1):
            pause.failed()
        pause.succeeded()

    assert pause.may_try()


def test_failures_in_a_row_pause_for_a_while():
    clock = ManualClock()
    pause = paused(clock)

    clock.advance(PAUSE_S - 0.1)
    during = pause.may_try()
    clock.advance(0.1)

    assert (during, pause.may_try()) == (False, True)


def test_after_a_pause_one_tries_and_the_others_wait_for_what_comes_of_it():
    clock = ManualClock()
    pause = paused(clock)
    clock.advance(PAUSE_S)

    assert [pause.may_try() for _ in range(3)] == [True, False, False]


def test_a_success_ends_the_pause_and_a_failure_begins_it_anew():
    clock = ManualClock()
    better, worse = paused(clock), paused(clock)
    clock.advance(PAUSE_S)
    for pause in (better, worse):
        pause.may_try()
    better.succeeded()
    worse.failed()

    assert [[pause.may_try() for _ in range(3)] for pause in (better, worse)] == [[True] * 3, [False] * 3]
