"""What is read of processes agrees with what the processes themselves know."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time

from benchmarks.gateway.processes import Cpus, busy_s, cpu_s, rss_mb, started_on


def test_the_cpu_time_of_a_process_is_what_it_reads_itself():
    before, ours = time.process_time(), cpu_s(os.getpid())

    assert before <= ours <= time.process_time()


def test_the_machine_is_busy_at_least_as_long_as_one_of_its_processes():
    assert busy_s() >= cpu_s(os.getpid())


def test_resident_memory_is_no_more_than_it_ever_was():
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6

    assert 1 < rss_mb(os.getpid()) <= most_mb * 1.01


def test_processes_stay_on_the_cpus_that_they_were_started_on():
    before = os.sched_getaffinity(0)
    one = frozenset(sorted(before)[:1])
    with started_on(one):
        child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(30,), daemon=True)
        child.start()
    try:
        assert os.sched_getaffinity(child.pid or 0) == one
        assert os.sched_getaffinity(0) == before
    finally:
        child.kill()
        child.join()


def test_the_gateway_shares_its_cpu_with_nothing_else_where_there_are_several():
    cpus = Cpus.of_machine()

    assert not cpus.gateway & cpus.others
    assert cpus.gateway | cpus.others in (set(), os.sched_getaffinity(0))
