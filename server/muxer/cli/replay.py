"""`modelmuxer replay`: recorded requests, routed again under other settings, and what would have changed by it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct, structs

from muxer.app import current_view
from muxer.cli import replay_tables
from muxer.cli.plans import BAD_CONFIGURATION, REFUSED, plan_to_try
from muxer.cli.screen import complain, screen
from muxer.errors import MuxerError
from muxer.learn.served import RouterUnusable, load
from muxer.learn.watched_lines import watched
from muxer.plan import Plan
from muxer.replay.compare import Comparison, compare
from muxer.replay.picture import draw
from muxer.replay.recorded import Recorded, read
from muxer.replay.router import Router
from muxer.replay.summary import Summary, Tally
from muxer.service.bounds import validate
from muxer.types.chat import ChatRequest, Message, RoutingOptions
from muxer.types.decision import View

STANDARD = Path("-")
"""Stands for standard input."""

TOLD = 10
"""Bad lines that are told one by one; of the rest the number is told."""


class Trial(Struct, frozen=True):
    """The settings that are tried: of requests that do not say so themselves, a router file, a configuration file."""

    wishes: RoutingOptions = RoutingOptions()
    router: Path | None = None
    config: Path | None = None


class Baseline(Struct, frozen=True):
    """What requests without a recorded decision are compared with, or all of them: what is decided with the environment
    and this configuration file."""

    always: bool = False
    config: Path | None = None


class Sinks(Struct, frozen=True):
    """The files to write: a line for each request, and a picture."""

    lines: Path | None = None
    picture: Path | None = None


def run(recorded: Path, trial: Trial, baseline: Baseline, sinks: Sinks, *, limit: int | None, as_json: bool) -> int:
    """Prints what would have changed; returns the exit code, `REFUSED` when lines had to be left out."""
    try:
        validate(ChatRequest((Message("user", "any"),), routing=trial.wishes))
        plan = plan_to_try(trial.config)
        same = trial.config == baseline.config
        was = cache(lambda: Router(current_view(plan if same else plan_to_try(baseline.config))))

        def before(line: Recorded) -> Router | None:
            return was() if baseline.always or not line.decided else None

        summary, bad = _replay(recorded, _router(plan, trial), before, sinks.lines, limit)
        if not summary.requests and not bad:
            raise ValueError(f"{recorded} has no lines")
        _show(summary, as_json=as_json)
        if sinks.picture is not None:
            sinks.picture.write_text(draw(summary), encoding="utf-8")
    except (OSError, ValueError, MuxerError) as error:
        complain("Cannot replay", str(error))
        return BAD_CONFIGURATION
    return REFUSED if bad else 0


def _show(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        screen().out(msgspec.json.format(msgspec.json.encode(summary)).decode())
    else:
        replay_tables.show(summary, screen())


def _router(plan: Plan, trial: Trial) -> Router:
    """Decides under these settings. Raises `RouterUnusable`."""
    view = current_view(plan)
    if trial.router is not None:
        try:
            view = structs.replace(view, quality=load(trial.router, plan.prices.catalog).quality)
        except RouterUnusable as error:
            raise RouterUnusable(f"--router: {error}") from None
    return Router(_wished(view, trial.wishes), trial.wishes.min_quality)


def _wished(view: View, wishes: RoutingOptions) -> View:
    """The view of an operator who has laid this down."""
    policy: dict[str, Any] = {
        "default_preset": wishes.preset or None,
        "max_cost": wishes.max_cost,
        "price_share": wishes.max_price_share,
    }
    given = {name: value for name, value in policy.items() if value is not None}
    return structs.replace(view, policy=structs.replace(view.policy, **given))


def _replay(
    source: Path, now: Router, before: Callable[[Recorded], Router | None], out: Path | None, limit: int | None
) -> tuple[Summary, int]:
    """What it comes to, and how many lines were left out. Each of these is told of on stderr, without its words.
    `before` is what to compare a request with; None: with what is recorded."""
    tally, bad = Tally(), 0
    with ExitStack() as files:
        lines: BinaryIO = sys.stdin.buffer if source == STANDARD else files.enter_context(source.open("rb"))
        if out is not None and source != STANDARD and out.exists() and out.samefile(source):
            raise ValueError(f"{out} would be written over while it is read")
        sink = None if out is None else files.enter_context(out.open("wb"))
        for number, recorded in _read(islice(watched(lines), limit)):
            if isinstance(recorded, str):
                bad += 1
                if bad <= TOLD:
                    complain("Left out", f"line {number}: {recorded}")
                continue
            comparison = compare(recorded, now, before(recorded))
            tally.add(comparison)
            if sink is not None:
                sink.write(_line(number, comparison))
    if bad > TOLD:
        complain("Left out", f"{bad - TOLD} lines more")
    return tally.summary(), bad


def _read(lines: Iterator[bytes]) -> Iterator[tuple[int, Recorded | str]]:
    """Each line that is not blank, with its number: the request, or what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, read(line)
        except ValueError as error:
            yield number, str(error)


def _line(number: int, comparison: Comparison) -> bytes:
    fields = {"line": number, "changed": comparison.changed, **msgspec.to_builtins(comparison)}
    return msgspec.json.encode(fields) + b"\n"
