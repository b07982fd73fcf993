"""The stages of a decision can be watched, and watching changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace
from muxer.core.route import Reading, decide, read
from muxer.types.decision import Intent
from muxer.types.money import pico

from tests.core.builders import ask, model, view

WORLD = view(model("alpha:cheap", (0.1, 0.5)), model("gamma:dear", (10, 50)))
STAGES = ["route.features", "route.intent", "route.estimate", "route.select"]


class Watched:
    """Notes each stage when it ends, and how many were open at once."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.open = 0
        self.most_open = 0

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        yield
        self.open -= 1
        self.ended.append(stage)


def test_each_stage_is_entered_once_and_in_order() -> None:
    watch = Watched()

    watched = decide(ask(), WORLD, watch=watch)

    assert (watch.ended, watch.most_open) == (STAGES, 1)
    assert watched == decide(ask(), WORLD)


def test_what_was_read_is_not_read_again() -> None:
    watch = Watched()
    reading = read(ask(), WORLD)

    assert decide(ask(), WORLD, reading=reading, watch=watch) == decide(ask(), WORLD)
    assert watch.ended == STAGES[2:]


def test_an_intent_from_elsewhere_takes_the_place_of_the_requests_own() -> None:
    reading = replace(read(ask(), WORLD), intent=Intent("deep_reason", 0.75, "llm"))

    decision = decide(ask(), WORLD, reading=reading)

    assert decision.intent == Intent("deep_reason", 0.75, "llm")
    assert decision.signals == decide(ask(), WORLD).signals
    assert decision.selected.quality != decide(ask(), WORLD).candidates[0].quality


def test_what_was_spent_on_finding_out_counts_towards_the_limit() -> None:
    request = ask(max_cost="0.001")
    plain = read(request, WORLD)
    spent = Reading(plain.features, plain.intent, pico("0.000999"))

    cheap, dear = decide(request, WORLD), decide(ask(), WORLD, reading=spent)
    assert [c.status for c in cheap.candidates] == ["selected", "rejected"]
    assert [c.status for c in dear.candidates] == ["selected", "fallback"]  # without a limit, nothing is too dear
    rest = decide(request, WORLD, reading=Reading(plain.features, plain.intent, pico("0.0001")))
    assert "above the limit of $0.001, of which $0.0001 went into asking" in rest.candidates[-1].why
