"""Decisions in small worlds, one matter at a time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace
from muxer.core.route import classify, decide, estimate
from muxer.errors import BudgetExceeded, MuxerError
from muxer.types.catalog import Capabilities
from muxer.types.decision import Decision, LatencyPrior, Policy
from muxer.types.money import pico

from tests.core.builders import DOWN, PICTURE, TODAY, ask, model, view

CHEAP = model("alpha:cheap", (0.1, 0.5))
MIDDLING = model("beta:middling", (2, 10))
DEAR = model("gamma:dear", (10, 50))
WORLD = view(CHEAP, MIDDLING, DEAR)
HARD = "Prove that every continuous function on a closed interval is uniformly continuous."


def order(decision: Decision) -> list[tuple[str, str]]:
    return [(c.model.name, c.status) for c in decision.candidates]


def test_economy_tries_the_cheapest_first_and_quality_the_best() -> None:
    economy, quality = (decide(ask(HARD, preset=preset), WORLD) for preset in ("economy", "quality"))

    assert order(economy) == [("cheap", "selected"), ("middling", "fallback"), ("dear", "fallback")]
    assert order(quality) == [("dear", "selected"), ("middling", "fallback"), ("cheap", "fallback")]


def test_the_preset_of_the_model_field_counts_when_the_options_have_none() -> None:
    assert decide(ask(model="auto:quality"), WORLD).preset == "quality"
    assert decide(ask(model="auto:quality", preset="economy"), WORLD).preset == "economy"
    assert decide(ask(), WORLD).preset == "balanced"


def test_fast_prefers_what_was_measured_to_be_fast() -> None:
    quick = LatencyPrior(0.1, 0.2, tokens_per_s=1_000, samples=500, speed_samples=500)

    measured = decide(ask(preset="fast"), replace(WORLD, latency={"gamma:dear": quick}))

    assert measured.selected.model == DEAR
    assert measured.selected.latency.samples == 500


def test_a_limit_moves_the_choice_down_to_the_best_that_fits() -> None:
    decision = decide(ask(preset="quality", max_cost="0.006"), WORLD)

    assert order(decision) == [("middling", "selected"), ("cheap", "fallback"), ("dear", "rejected")]
    assert decision.candidates[-1].why.endswith(", above the limit of $0.006")


def test_a_limit_exactly_at_an_estimate_lets_it_pass() -> None:
    p90 = decide(ask(model="gamma:dear"), WORLD).selected.cost.p90

    at_limit = replace(WORLD, policy=Policy(max_cost=p90))
    below = replace(WORLD, policy=Policy(max_cost=type(p90)(p90 - 1)))

    assert decide(ask(model="gamma:dear"), at_limit).selected.model == DEAR
    with pytest.raises(BudgetExceeded):
        decide(ask(model="gamma:dear"), below)


def test_a_named_model_is_the_only_candidate() -> None:
    decision = decide(ask(model="gamma:dear", preset="economy"), WORLD)

    assert decision.pinned
    assert order(decision) == [("dear", "selected")]


def test_a_bare_name_served_twice_falls_back_from_one_provider_to_the_other() -> None:
    twice = view(model("groq:x/oss", 1), model("together:x/oss", 3), CHEAP)

    assert [c.model.id for c in decide(ask(model="oss"), twice).plan] == ["groq:x/oss", "together:x/oss"]
    down = view(model("groq:x/oss", 1), model("together:x/oss", 3), providers={"groq": DOWN})
    assert decide(ask(model="oss"), down).selected.model.id == "together:x/oss"


def test_a_retired_model_is_never_chosen_but_may_be_named() -> None:
    old = model("alpha:old", 0.1, until=TODAY - dt.timedelta(days=1))
    world = view(old, DEAR)

    decision = decide(ask(preset="economy"), world)

    assert order(decision) == [("dear", "selected"), ("old", "rejected")]
    assert decision.candidates[1].why == "retired by its provider after 2026-11-22"
    assert decide(ask(model="alpha:old"), world).selected.model == old


def test_a_picture_goes_to_a_model_that_sees() -> None:
    decision = decide(ask("What is this?", PICTURE), view(CHEAP, model("beta:eye", 10, can=Capabilities(vision=True))))

    assert order(decision) == [("eye", "selected"), ("cheap", "rejected")]
    assert decision.candidates[1].why == "does not take pictures"


def test_prices_of_the_day_decide() -> None:
    assert decide(ask(), WORLD).price_version == "test"


def test_the_simulator_is_owned_up_to() -> None:
    assert decide(ask(), replace(WORLD, simulated=frozenset({"openai"}))).simulated == {"openai"}
    assert not decide(ask(), WORLD).simulated


def test_a_request_without_any_text_is_decided_too() -> None:
    assert decide(ask(""), WORLD).selected.cost.expected > 0


def test_classification_can_be_switched_off() -> None:
    intent, signals = classify(ask("Hello there"), replace(WORLD, policy=Policy(intent_enabled=False)))

    assert (intent.label, intent.confidence, intent.method) == ("unknown", 0.0, "disabled")
    assert signals.token_length_est > 0


def test_the_kind_of_request_is_classified_alike_by_all_three() -> None:
    request = ask("Translate into German: the weather is fine.")

    intent, signals = classify(request, WORLD)

    assert (decide(request, WORLD).intent, decide(request, WORLD).signals) == (intent, signals)
    assert estimate(request, WORLD)[1:] == (intent, signals)


def test_an_estimate_leaves_out_what_cannot_serve_and_marks_what_may_not_now() -> None:
    seeing = Capabilities(vision=True)
    world = view(
        CHEAP,
        model("beta:eye", 2, can=seeing),
        model("beta:sharp-eye", 50, can=seeing),
        model("gamma:eye", 1, can=seeing),
        providers={"gamma": DOWN},
    )

    candidates, _, _ = estimate(ask("What is this?", PICTURE, max_cost="0.01"), world)

    assert [(c.model.id, c.status) for c in candidates] == [
        ("gamma:eye", "rejected"),
        ("beta:eye", "selected"),
        ("beta:sharp-eye", "rejected"),
    ]


@pytest.mark.parametrize("unreachable", [{"max_cost": "0"}, {"min_quality": 1.0}])
def test_an_estimate_is_given_beyond_the_budget_and_below_the_quality_too(unreachable: dict[str, Any]) -> None:
    candidates, _, _ = estimate(ask(**unreachable), WORLD)

    assert [(c.model.name, c.status) for c in candidates] == [
        ("cheap", "rejected"),
        ("middling", "rejected"),
        ("dear", "rejected"),
    ]


def test_an_estimate_that_no_model_could_serve_is_refused_as_the_decision_is() -> None:
    with pytest.raises(MuxerError) as by_estimate:
        estimate(ask("Look", PICTURE), WORLD)
    with pytest.raises(MuxerError) as by_decide:
        decide(ask("Look", PICTURE), WORLD)

    assert by_estimate.value.reason is by_decide.value.reason


def test_max_tokens_lowers_the_estimate() -> None:
    free, capped = (decide(ask(model="gamma:dear", max_tokens=limit), WORLD).selected.cost for limit in (None, 10))

    assert capped.expected < free.expected
    assert capped.ceiling <= pico("0.01") < free.ceiling
