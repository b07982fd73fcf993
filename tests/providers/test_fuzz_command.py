"""The fuzz command finds nothing in the readers there are, and finds what is wrong with others."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from muxer.ports import ProviderSpec
from muxer.providers.registry import DIALECTS
from muxer.types.chat import ChatChunk
from rich.console import Console

from tools import fuzz
from tools.fuzz_mutations import LARGEST, MUTATIONS, Mutation, spoil

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = [b'{"error":{"code":7}}', b'data: {"a":[1,2]}\n\ndata: [DONE]\n\n', b""]


def tally(run: fuzz.Execution, seeds: Sequence[int], *, hang_s: float = fuzz.HANG_S) -> fuzz.Tally:
    found = fuzz.Tally()
    with fuzz.breaking_off():
        fuzz.fuzz(fuzz.Reader("some-reader", SAMPLES, run), seeds, found, hang_s)
    return found


def spin(milliseconds: float) -> bool:
    """Reads nothing, for so much processor time."""
    end = time.thread_time_ns() + milliseconds * 1e6
    while time.thread_time_ns() < end:
        pass
    return True


def test_the_command_finds_nothing_and_says_what_it_ran() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tools.fuzz", "--executions", "1603"],
        cwd=REPOSITORY,
        text=True,
        capture_output=True,
        check=False,
    )
    rows = {line.split()[0]: line.split()[1] for line in ran.stdout.splitlines() if line.strip()}

    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert rows.pop("reader") == "executions"
    assert rows.pop("all") == "1,603"
    assert rows.keys() == {"request"} | {f"{name}-{kind}" for name in DIALECTS for kind in ("stream", "body", "error")}
    assert set(rows.values()) == {"100", "101"}


def test_every_reader_reads_some_of_what_it_is_fed() -> None:
    tallies = fuzz.fuzz_all(fuzz.readers(), 1600, 5, Console(quiet=True))

    assert [name for name, found in tallies.items() if found.read < 10] == []


def test_an_error_that_no_reader_announces_is_found_and_comes_again() -> None:
    def run(data: bytes, rng: Random) -> bool:
        return bool(data[3] and rng.random())

    first = tally(run, range(200)).findings[0]
    (again,) = tally(run, [first.seed]).findings

    assert first.what == "IndexError: index out of range"
    assert again == first
    assert f"--reader some-reader --seed {first.seed} --executions 1" in str(first)
    assert f"input: {base64.b64encode(first.data).decode()}" in str(first)


def test_what_is_slow_each_time_is_found() -> None:
    found = tally(lambda data, rng: spin(fuzz.LIMIT_MS + 1), [7])

    assert found.slowest_ms > fuzz.LIMIT_MS
    assert [finding.what[:5] for finding in found.findings] == ["took "]


def test_what_is_slow_once_is_put_down_to_the_machine() -> None:
    delays = [fuzz.LIMIT_MS + 1, 0.0, 0.0]
    found = tally(lambda data, rng: spin(delays.pop(0)), [7])

    assert (found.findings, delays) == ([], [])
    assert found.slowest_ms < fuzz.LIMIT_MS


def test_what_hangs_is_broken_off_and_found() -> None:
    found = tally(lambda data, rng: spin(1e6), [7], hang_s=0.05)

    assert [finding.what for finding in found.findings] == ["hung: broken off after 0.05 s"]


class Forgetful:
    """A decoder that tells how much it was fed at once."""

    done = False
    usage = None

    def feed(self, data: bytes) -> Sequence[ChatChunk]:
        return [ChatChunk("", len(data), "the-model")]

    def close(self) -> Sequence[ChatChunk]:
        return []


def test_a_stream_that_says_something_else_when_cut_is_found() -> None:
    run = fuzz.streamed(lambda provider, model: Forgetful(), [ProviderSpec("prov", "openai", "")])
    found = tally(run, range(40))

    assert {finding.what.partition(" [")[0] for finding in found.findings} == {"AssertionError: cut at"}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_each_way_of_spoiling_changes_something_and_always_in_the_same_way(mutation: Mutation) -> None:
    spoilt = [mutation(Random(seed), sample, SAMPLES) for seed in range(50) for sample in SAMPLES]
    again = [mutation(Random(seed), sample, SAMPLES) for seed in range(50) for sample in SAMPLES]

    assert spoilt == again
    assert set(spoilt) - set(SAMPLES)


def test_what_is_spoilt_stays_small_and_some_is_left_whole() -> None:
    spoilt = [spoil(Random(seed), SAMPLES) for seed in range(2000)]

    assert max(map(len, spoilt)) <= LARGEST
    assert set(SAMPLES) < set(spoilt)
