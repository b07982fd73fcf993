"""Answers JSON lines of prompts by JSON lines, one for each, in their order: `classify --in` and `predict` do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import msgspec
from msgspec import Struct

from muxer.cli.left_out import LeftOut
from muxer.cli.plans import BAD_CONFIGURATION
from muxer.cli.screen import complain
from muxer.cli.targets import Target, TargetRefused, check_targets, open_target
from muxer.learn.conversation import decode, encode
from muxer.learn.watched_lines import open_lines, watched
from muxer.types.chat import ChatRequest


class Asking(Protocol):
    """A line that asks for something."""

    def request(self) -> ChatRequest:
        """The same as a request. Raises `ValueError` when there is nothing to make one of."""
        ...


Line = TypeVar("Line", bound=Asking)


class Job(Struct, frozen=True):
    """What is read, and what is written; `-` is standard input or output. `others` are the other files that the command
    reads, and `problem` the headline of what goes wrong."""

    source: Path
    target: Path
    problem: str
    others: Sequence[Path | None] = ()


def run(job: Job, kind: type[Line], answer: Callable[[Line, ChatRequest], Struct]) -> int:
    """Answers all lines. Those that cannot be read are told of on stderr and left out; returns the exit code, `REFUSED`
    when there were such."""
    left_out = LeftOut()
    try:
        check_targets((job.source, *job.others), (Target("--out", job.target, standard=True),))
        with open_lines(job.source) as lines, open_target(job.target) as answers:
            for line, request in _asked(lines, kind, left_out):
                answers.write(encode(answer(line, request)) + b"\n")
            answers.flush()
    except (TargetRefused, OSError) as error:
        complain(job.problem, str(error))
        return BAD_CONFIGURATION
    return left_out.exit_code()


def _asked(lines: BinaryIO, kind: type[Line], left_out: LeftOut) -> Iterator[tuple[Line, ChatRequest]]:
    """Each line that is not blank and can be read, and its request."""
    decoder = msgspec.json.Decoder(kind)
    for number, text in enumerate(watched(lines), 1):
        if not text.strip():
            continue
        try:
            line = decode(text, decoder)
            request = line.request()
        except (ValueError, RecursionError) as error:
            left_out.add(number, str(error))
            continue
        yield line, request
