"""Routing recorded requests again: nothing changes under the same settings, and what changes under others adds up."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from msgspec.structs import replace
from muxer.core.preset import PRESETS
from muxer.dispatch.settlement import Attempt
from muxer.replay.compare import Comparison, Figures, Refusal, compare
from muxer.replay.picture import draw
from muxer.replay.recorded import read
from muxer.replay.router import Router
from muxer.replay.summary import Summary, Tally
from muxer.types.chat import ChatRequest, Usage
from muxer.types.decision import Intent, Policy, View
from muxer.types.money import PicoUsd

from tests.core.builders import ask, views
from tests.core.shipped import WORLD
from tests.replay.records import COST, REQUESTS, in_time, line
from tests.test_intent_classifier import LABELLED

LINES = [line(ask(text), WORLD) for _, text in LABELLED]


def with_policy(**wanted: object) -> View:
    return replace(WORLD, policy=Policy(**wanted))


def replayed(now: Router, lines: list[bytes] = LINES, baseline: Router | None = None) -> Summary:
    tally = Tally()
    for written in lines:
        tally.add(compare(read(written), now, baseline))
    return tally.summary()


def test_the_same_settings_change_nothing():
    summary = replayed(Router(WORLD))

    assert (summary.requests, summary.compared, summary.changed, summary.moves) == (len(LINES), len(LINES), 0, ())
    assert summary.all is not None
    assert summary.all.before == summary.all.now


@given(REQUESTS, views())
def test_the_same_world_leads_to_the_same_choice_or_refusal(request: ChatRequest, world: View) -> None:
    comparison = compare(read(line(request, world)), Router(world), None)

    assert not comparison.changed
    assert comparison.was_refused == (comparison.refused is not None)
    assert comparison.before == comparison.now


def test_economy_costs_less_and_quality_is_better():
    economy, quality = (replayed(Router(with_policy(default_preset=name))) for name in ("economy", "quality"))

    assert economy.all is not None
    assert quality.all is not None
    assert economy.all.now.cost_usd < economy.all.before.cost_usd < quality.all.now.cost_usd
    assert economy.all.now.quality < economy.all.before.quality < quality.all.now.quality


@pytest.mark.parametrize("preset", PRESETS)
def test_moves_and_intents_add_up_to_the_whole(preset):
    summary = replayed(Router(with_policy(default_preset=preset)))
    whole = summary.all

    assert whole is not None
    assert sum(move.requests for move in summary.moves) == sum(kind.changed for kind in summary.intents)
    assert sum(move.requests for move in summary.moves) == whole.changed == summary.changed
    gained = whole.now.cost_usd - whole.before.cost_usd
    assert sum(move.cost_usd for move in summary.moves) == pytest.approx(gained, abs=1e-12)
    by_kind = sum(kind.requests * (kind.now.quality - kind.before.quality) for kind in summary.intents)
    assert by_kind == pytest.approx(len(LINES) * (whole.now.quality - whole.before.quality), abs=1e-9)


def test_the_bills_that_were_paid_stand_beside_it():
    summary = replayed(Router(WORLD))

    assert summary.billed == len(LINES)
    assert summary.bill_usd == pytest.approx(len(LINES) * COST / 1e12)


def test_a_share_of_the_strongest_models_price_is_kept_on_average():
    lines = LINES * 3
    dear = replayed(Router(with_policy(price_share=1.0)), lines).all
    cheap = replayed(Router(with_policy(price_share=0.1)), lines).all

    assert cheap is not None
    assert dear is not None
    assert cheap.now.cost_usd < 0.3 * dear.now.cost_usd


def test_a_quality_floor_holds_for_requests_that_name_none():
    lines = [line(ask("Hello"), WORLD), line(ask("Hello", min_quality=0.01), WORLD)]
    first, second = (compare(read(written), Router(WORLD, min_quality=0.99), None).now for written in lines)

    assert first is not None
    assert second is not None
    assert first.quality >= 0.99 > second.quality


def test_requests_without_a_decision_are_compared_with_the_baseline():
    body = b'{"messages": [{"role": "user", "content": "Prove that the square root of 2 is irrational."}]}'
    summary = replayed(Router(with_policy(default_preset="quality")), [body], Router(WORLD))

    assert (summary.compared, summary.changed, summary.billed) == (1, 1, 0)


def test_a_new_refusal_is_counted_with_its_reason():
    summary = replayed(Router(with_policy(max_cost=PicoUsd(1))))

    assert summary.compared == 0
    assert summary.all is None
    assert [(r.reason, r.requests) for r in summary.refused] == [("insufficient_budget", len(LINES))]
    assert "above the limit" in summary.refused[0].example


def test_a_refusal_of_then_is_answered_now_or_refused_again():
    strict = with_policy(max_cost=PicoUsd(1))
    lines = [line(ask(text), strict) for text in ("Hello", "Good morning")]
    eased, still = replayed(Router(WORLD), lines), replayed(Router(strict), lines)

    assert (eased.refused_before, eased.refused_both, eased.compared) == (2, 0, 0)
    assert (still.refused_before, still.refused_both, still.refused) == (0, 2, ())


def test_a_model_that_is_gone_is_counted_apart():
    less = replace(WORLD.catalog, models={k: v for k, v in WORLD.catalog.models.items() if not k.startswith("openai:")})
    pinned = line(ask("Hello", allowed=("openai:*",)), WORLD)
    gone = read(pinned).choice
    open_now = read(pinned.replace(b'"allowed_models":["openai:*"]', b'"allowed_models":[]'))
    comparison = compare(open_now, Router(replace(WORLD, catalog=less)), None)
    tally = Tally()
    tally.add(comparison)

    assert (comparison.before, comparison.changed) == (None, False)
    assert comparison.now is not None
    assert tally.summary().gone == {gone: 1}


def test_a_label_that_a_model_was_asked_for_is_kept_and_its_cost_counts():
    asked = Attempt("openai:gpt-4o-mini", "ok", 0.2, Usage(400, 3), PicoUsd(60_000), "intent")
    written = line(ask("Could you do that for me?"), WORLD, question=asked)
    told = Intent("deep_reason", 0.75, "llm")
    recorded = replace(read(written), told=told)
    limited = Router(with_policy(max_cost=PicoUsd(60_000)))

    assert read(written).spent == 60_000
    assert Router(WORLD).decide(recorded).intent == told
    assert Router(with_policy(intent_enabled=False)).decide(recorded).intent.label == "unknown"
    assert compare(recorded, limited, None).refused is not None


def test_only_a_models_label_is_taken_over():
    assert read(line(ask("Hello"), WORLD)).told is None


def test_the_tenant_and_the_time_left_are_those_of_the_record():
    recorded = replace(read(line(ask("Hello"), WORLD)), time_left_s=0.0001)
    seen = compare(recorded, Router(in_time(WORLD)), None)

    assert seen.now is not None
    assert seen.now.eta_ms == min(
        c.latency.p50_ms for c in Router(WORLD).decide(replace(recorded, time_left_s=None)).candidates
    )


def test_the_95th_percentile_is_the_nearest_rank():
    tally = Tally()
    for ms in range(1, 101):
        figures = Figures("a:m", 0.5, PicoUsd(1), float(ms))
        tally.add(Comparison("", "chat_lite", figures, figures))
    whole = tally.summary().all

    assert whole is not None
    assert (whole.now.eta_mean_ms, whole.now.eta_p95_ms) == (50.5, 95.0)


def test_the_picture_shows_every_kind_and_all():
    summary = replayed(Router(with_policy(default_preset="quality")))
    picture = draw(summary)

    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert [kind.intent for kind in summary.intents if f">{kind.intent}<" not in picture] == []
    assert ">all<" in picture


def test_there_is_no_picture_of_nothing():
    tally = Tally()
    tally.add(Comparison("", "", None, None, Refusal("insufficient_budget", "too dear")))
    free = Figures("a:m", 0.5, PicoUsd(0), 1.0)
    tally.add(Comparison("", "chat_lite", free, free))

    with pytest.raises(ValueError, match="nothing to draw"):
        draw(tally.summary())
