"""Feeds spoilt input to everything that reads a stranger's bytes: `python -m tools.fuzz --executions 1000000`.

Read are the recorded answers of tests/providers/goldens as streams and as whole bodies, error bodies, and requests of
callers; each is spoilt in a few places, and streams are cut at random. Only the failures that a reader announces may
come out of it, a stream must say the same cut and whole, and none may take longer than `LIMIT_MS` of processor time (a
busy machine makes nothing slow by that measure). Execution `i` depends on the seed and `i`
alone, so a finding is repeated by `--reader NAME --seed FOUND --executions 1`.

Exit status: 0 all is well, 1 something was found.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType

from msgspec import Struct
from muxer.errors import BadRequest, ProviderFailed
from muxer.ports import Dialect, ProviderSpec, StreamDecoder
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.registry import DIALECTS
from muxer.service.openai_wire import read
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tools.fuzz_corpus import ERRORS, REQUESTS
from tools.fuzz_mutations import spoil

GOLDENS = Path(__file__).resolve().parent.parent / "tests/providers/goldens"
LIMIT_MS = 100.0
HANG_S = 5.0
"""Seconds of processor time after which an execution is broken off."""
BATCH = 1_000
MOST_CUTS = 12
STATUSES = (200, 302, 400, 401, 403, 404, 408, 413, 422, 429, 498, 500, 503, 529)
MODEL = ModelSpec("prov", "the-model", ())

Execution = Callable[[bytes, Random], bool]
"""Reads once, and tells whether without a failure. Its choices are by the generator."""
OpenDecoder = Callable[[ProviderSpec, ModelSpec], StreamDecoder]


class Hung(BaseException):
    """An execution has not come to an end. No `Exception`, so that nobody takes it for a failure of their own."""


class Reader(Struct, frozen=True):
    """Something that reads a stranger's bytes, and what it is fed to begin with."""

    name: str
    samples: Sequence[bytes]
    run: Execution


class Finding(Struct, frozen=True):
    """What went wrong, and how to see it again."""

    reader: str
    seed: int
    data: bytes
    what: str

    def __str__(self) -> str:
        again = f"python -m tools.fuzz --reader {self.reader} --seed {self.seed} --executions 1"
        return f"{self.reader}: {self.what}\n  again: {again}\n  input: {base64.b64encode(self.data).decode()}"


class Tally(Struct):
    """What came of one reader's executions."""

    executions: int = 0
    read: int = 0  # without a failure
    findings: list[Finding] = []
    slowest_ms: float = 0.0
    seconds: float = 0.0


def readers() -> list[Reader]:
    """All of them: three per dialect, for streams, whole answers and errors, and the one for callers' requests."""
    found = [Reader("request", REQUESTS, lambda data, _: _is_read(read, data))]
    for name, dialect in DIALECTS.items():
        places = [row.spec("") for row in PROVIDERS.values() if row.dialect == name]
        places = places or [ProviderSpec("prov", name, "")]
        streams = [path.read_bytes() for path in sorted((GOLDENS / name).glob("*.sse"))]
        bodies = [path.read_bytes() for path in sorted((GOLDENS / name).glob("*.json"))]
        found += [
            Reader(f"{name}-stream", streams, streamed(dialect.stream_decoder, places)),
            Reader(f"{name}-body", bodies, _body(dialect, places)),
            Reader(f"{name}-error", ERRORS, _error(dialect, places)),
        ]
    return found


def _is_read(call: Callable[..., object], *arguments: object) -> bool:
    try:
        call(*arguments)
    except (BadRequest, ProviderFailed):
        return False
    return True


def streamed(open_decoder: OpenDecoder, places: Sequence[ProviderSpec]) -> Execution:
    """Reads a stream twice, whole and cut at random, which must make no difference."""

    def run(data: bytes, rng: Random) -> bool:
        place = rng.choice(places)
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(MOST_CUTS)))
        pieces = [data[start:end] for start, end in itertools.pairwise([0, *cuts, len(data)])]
        told, failed = _told(open_decoder(place, MODEL), pieces)
        if (told, failed) != _told(open_decoder(place, MODEL), [data]):
            raise AssertionError(f"cut at {cuts} it says something else")
        return not failed

    return run


def _told(decoder: StreamDecoder, pieces: Sequence[bytes]) -> tuple[list[ChatChunk], str]:
    """Every chunk, and the failure that the stream ends with, if any."""
    chunks: list[ChatChunk] = []
    try:
        for piece in pieces:
            chunks += decoder.feed(piece)
        while more := decoder.close():
            chunks += more
    except ProviderFailed as failure:
        return chunks, repr(failure)
    return chunks, ""


def _body(dialect: Dialect, places: Sequence[ProviderSpec]) -> Execution:
    return lambda data, rng: _is_read(dialect.decode, data, rng.choice(places), MODEL)


def _error(dialect: Dialect, places: Sequence[ProviderSpec]) -> Execution:
    def run(data: bytes, rng: Random) -> bool:
        headers = {"retry-after": rng.choice(("", "7", "1e999", "Wed, 21 Oct 2026 07:28:00 GMT", "x"))}
        status, place = rng.choice(STATUSES), rng.choice(places)
        failure = dialect.decode_error(status, headers, data, place, MODEL)
        if not isinstance(failure, ProviderFailed):
            raise TypeError(f"not a failure of the provider: {failure!r}")
        return True

    return run


def fuzz(reader: Reader, seeds: Sequence[int], tally: Tally, hang_s: float = HANG_S) -> None:
    """Runs one execution per seed. Raises nothing: what goes wrong is a finding."""
    begin = time.thread_time()
    for seed in seeds:
        data = spoil(Random(seed), reader.samples)
        was_read, what, took = _once(reader, data, seed, hang_s)
        if not what and took > min(LIMIT_MS, tally.slowest_ms):  # what is slow is slow again, or it was the machine
            took = min(took, *(_once(reader, data, seed, hang_s)[2] for _ in range(2)))
            what = f"took {took:.0f} ms" if took > LIMIT_MS else ""
        tally.executions += 1
        tally.read += was_read
        tally.slowest_ms = max(tally.slowest_ms, took)
        if what:
            tally.findings.append(Finding(reader.name, seed, data, what))
    tally.seconds += time.thread_time() - begin


def _once(reader: Reader, data: bytes, seed: int, hang_s: float) -> tuple[bool, str, float]:
    """Whether it was read without a failure, what went wrong, if anything, and the milliseconds of processor time."""
    was_read, what, rng = False, "", Random(~seed)
    signal.setitimer(signal.ITIMER_VIRTUAL, hang_s)
    start = time.thread_time_ns()
    try:
        was_read = reader.run(data, rng)
    except Hung:
        what = f"hung: broken off after {hang_s} s"
    except Exception as error:  # any other than those that `run` expects is a finding
        what = f"{type(error).__name__}: {str(error)[:200]}"
    took = (time.thread_time_ns() - start) / 1e6
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return was_read, what, took


@contextmanager
def breaking_off() -> Iterator[None]:
    """Within it, an execution that hangs is broken off. For the main thread only."""

    def break_off(_signal: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGVTALRM, break_off)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


def fuzz_all(chosen: Sequence[Reader], executions: int, seed: int, console: Console) -> dict[str, Tally]:
    """Divides the executions among the readers, evenly and in turns, and shows how far it is."""
    tallies = {reader.name: Tally() for reader in chosen}
    share, rest = divmod(executions, len(chosen))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with breaking_off(), Progress(*columns, console=console, refresh_per_second=2, transient=True) as progress:
        task = progress.add_task("executions", total=executions)
        for start in range(0, share + 1, BATCH):
            for position, reader in enumerate(chosen):
                seeds = range(seed + start, seed + min(start + BATCH, share + (position < rest)))
                fuzz(reader, seeds, tallies[reader.name])
                progress.advance(task, len(seeds))
    return tallies


def report(tallies: dict[str, Tally]) -> Table:
    """What came of it, as a table."""
    table = Table("reader", box=None, pad_edge=False)
    for column in ("executions", "read", "findings", "slowest ms", "per second"):
        table.add_column(column, justify="right")
    total = Tally(
        sum(t.executions for t in tallies.values()),
        sum(t.read for t in tallies.values()),
        [finding for t in tallies.values() for finding in t.findings],
        max(t.slowest_ms for t in tallies.values()),
        sum(t.seconds for t in tallies.values()),
    )
    for name, t in {**tallies, "all": total}.items():
        speed = f"{t.executions / t.seconds:,.0f}" if t.seconds else ""
        table.add_row(name, f"{t.executions:,}", f"{t.read:,}", str(len(t.findings)), f"{t.slowest_ms:.2f}", speed)
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    known = readers()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executions", type=int, default=100_000, help="in all, over all readers")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other input")
    parser.add_argument("--reader", choices=[reader.name for reader in known], help="this one only")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    chosen = [reader for reader in known if options.reader in (None, reader.name)]
    tallies = fuzz_all(chosen, options.executions, options.seed, console)
    console.print(report(tallies))
    findings = [finding for tally in tallies.values() for finding in tally.findings]
    for what in {(f.reader, f.what): f for f in reversed(findings)}.values():
        print(what)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
