"""`modelmuxer replay`: recorded requests, routed again under other settings, and what would have changed by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from muxer.app import current_view
from muxer.cli import replay_tables
from muxer.cli.left_out import LeftOut
from muxer.cli.plans import BAD_CONFIGURATION, plan_to_try
from muxer.cli.screen import complain, screen
from muxer.cli.targets import Target, check_targets, open_target
from muxer.errors import MuxerError
from muxer.learn.served import RouterUnusable, load
from muxer.learn.watched_lines import open_lines, watched
from muxer.learn.whole_file import write_whole
from muxer.plan import Plan
from muxer.replay.compare import Comparison, compare
from muxer.replay.picture import draw
from muxer.replay.recorded import Recorded, read
from muxer.replay.router import Router
from muxer.replay.summary import Summary, Tally
from muxer.service.bounds import validate
from muxer.types.chat import ChatRequest, Message, RoutingOptions
from muxer.types.decision import View


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

    def targets(self) -> list[Target]:
        """The files, and the options that name them."""
        lines = [] if self.lines is None else [Target("--out", self.lines)]
        return lines if self.picture is None else [*lines, Target("--picture", self.picture, whole=True)]


def run(recorded: Path, trial: Trial, baseline: Baseline, sinks: Sinks, *, limit: int | None, as_json: bool) -> int:
    """Prints what would have changed; returns the exit code, `REFUSED` when lines had to be left out."""
    try:
        validate(ChatRequest((Message("user", "any"),), routing=trial.wishes))
        plan = plan_to_try(trial.config)
        check_targets((recorded, trial.router, *_configured(plan, trial, baseline)), sinks.targets())
        same = trial.config == baseline.config
        was = cache(lambda: Router(current_view(plan if same else plan_to_try(baseline.config))))

        def before(line: Recorded) -> Router | None:
            return was() if baseline.always or not line.decided else None

        left_out = LeftOut()
        summary = _replay(recorded, _router(plan, trial), before, sinks.lines, limit, left_out)
        code = left_out.exit_code()
        if not summary.requests and not left_out.count:
            raise ValueError(f"{recorded} has no lines")
        _show(summary, as_json=as_json)
        if sinks.picture is not None:
            write_whole(sinks.picture, draw(summary).encode())
    except (OSError, ValueError, MuxerError) as error:
        complain("Cannot replay", str(error))
        return BAD_CONFIGURATION
    return code


def _configured(plan: Plan, trial: Trial, baseline: Baseline) -> list[Path]:
    """The files that the settings are from."""
    names = (plan.settings.router_model_path, plan.settings.price_table_path)
    return [path for path in (trial.config, baseline.config, *(Path(name) for name in names if name)) if path]


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
    source: Path,
    now: Router,
    before: Callable[[Recorded], Router | None],
    out: Path | None,
    limit: int | None,
    left_out: LeftOut,
) -> Summary:
    """What it comes to. `before` is what to compare a request with; None: with what is recorded."""
    tally = Tally()
    with ExitStack() as files:
        lines = files.enter_context(open_lines(source))
        sink = None if out is None else files.enter_context(open_target(out))
        for number, recorded in _read(islice(watched(lines), limit), left_out):
            comparison = compare(recorded, now, before(recorded))
            tally.add(comparison)
            if sink is not None:
                sink.write(_line(number, comparison))
    return tally.summary()


def _read(lines: Iterator[bytes], left_out: LeftOut) -> Iterator[tuple[int, Recorded]]:
    """Each line that is not blank and can be read, with its number."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            recorded = read(line)
        except ValueError as error:
            left_out.add(number, str(error))
            continue
        yield number, recorded


def _line(number: int, comparison: Comparison) -> bytes:
    fields = {"line": number, "changed": comparison.changed, **msgspec.to_builtins(comparison)}
    return msgspec.json.encode(fields) + b"\n"
