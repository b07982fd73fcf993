"""What routing promises, as a newcomer would test it: `python -m pytest tests/test_routing.py`.

Laws hold for any request in any world (`tests/core/builders.py` makes both up); choices and rewordings are those of
the shipped prices. `tests/core` has what lies behind: `test_choices.py` the choices that each preset must bring about,
`test_route_laws.py` the form of a decision, `test_select.py` the weights.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core import capability
from muxer.core.policy import broken_rules
from muxer.core.preset import PRESETS
from muxer.core.route import decide
from muxer.types.catalog import Catalog
from muxer.types.chat import ChatRequest
from muxer.types.decision import Decision, View
from muxer.types.money import PicoUsd

from tests.core.builders import DOWN, ask, decided, limits, requests, views, with_limit
from tests.core.shipped import CATALOG, WORLD
from tests.core.test_intent import INNOCENT
from tests.rewordings import REWORDINGS, reworded
from tests.test_intent_classifier import EXAMPLES, LABELLED

PROMPTS = [*(text for _, text in LABELLED), *INNOCENT]
EASY, HARD = EXAMPLES["chat_lite"], EXAMPLES["deep_reason"]
KEPT = 0.95
"""Least share of rewordings that lead to the same model."""


def shipped(text: str, **wanted: object) -> Decision:
    """What is decided about a prompt with the shipped prices."""
    return decide(ask(text, **wanted), WORLD)


def mean_quality(texts: list[str], preset: str) -> float:
    """Mean ability of what is chosen, in log-odds."""
    return sum(shipped(text, preset=preset).selected.ability for text in texts) / len(texts)


@given(requests(), views())
def test_no_plan_passes_the_limit_of_caller_or_operator(request: ChatRequest, world: View) -> None:
    if decision := decided(request, world):
        for limit in (request.routing.max_cost, world.policy.max_cost):
            assert limit is None or all(c.cost.p90 <= limit for c in decision.plan)


@given(requests(), views())
def test_no_plan_holds_a_model_that_may_not_or_cannot_serve(request: ChatRequest, world: View) -> None:
    if decision := decided(request, world):
        needed, least = capability.needs(request), request.routing.min_quality or 0.0
        for candidate in decision.plan:
            model = candidate.model
            assert not broken_rules([model.id], request.routing)
            assert not needed & capability.lacks(model.capabilities)
            assert world.providers[model.provider].usable
            assert model.deprecation_date is None or model.deprecation_date >= world.today
            assert least <= candidate.quality <= 1


@given(requests(), views(), st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_changes_nothing(request: ChatRequest, world: View, rng: random.Random) -> None:
    shuffled = list(world.catalog.models.items())
    rng.shuffle(shuffled)
    other = replace(world, catalog=Catalog(models=dict(shuffled), version=world.catalog.version))

    assert decided(request, world) == decided(request, other)


@given(requests(), views(), limits, limits)
def test_a_higher_limit_never_makes_the_choice_worse(
    request: ChatRequest, world: View, one: PicoUsd | None, other: PicoUsd | None
) -> None:
    lower, higher = sorted((one, other), key=lambda limit: float("inf") if limit is None else limit)
    poor = decided(with_limit(request, lower), world)
    if poor:
        assert decide(with_limit(request, higher), world).selected.score >= poor.selected.score


@given(requests(), views(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_quality_floor_never_picks_a_model_of_lower_quality(
    request: ChatRequest, world: View, one: float, other: float
) -> None:
    lower, higher = (
        decided(replace(request, routing=replace(request.routing, min_quality=floor)), world)
        for floor in sorted((one, other))
    )
    assume(higher is not None)
    assert lower is not None
    assert higher is not None
    assert higher.selected.quality >= lower.selected.quality


@given(requests(), views(), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_smaller_share_of_the_strongest_models_price_never_picks_a_dearer_model(
    request: ChatRequest, world: View, one: float, other: float
) -> None:
    frugal, generous = (
        decided(replace(request, routing=replace(request.routing, max_price_share=share)), world)
        for share in sorted((one, other))
    )
    assume(frugal is not None and generous is not None)
    assert frugal is not None
    assert generous is not None
    assert frugal.selected.cost.expected <= generous.selected.cost.expected


@given(st.sampled_from(PROMPTS), st.sampled_from(list(PRESETS)), st.integers(0, 3))
def test_when_providers_fail_the_next_of_the_plan_that_is_left_is_chosen(text: str, preset: str, failed: int) -> None:
    plan = shipped(text, preset=preset).plan
    down = {candidate.model.provider for candidate in plan[:failed]}
    left = [candidate.model.id for candidate in plan if candidate.model.provider not in down]
    world = replace(WORLD, providers={name: DOWN if name in down else up for name, up in WORLD.providers.items()})
    assume(left)

    assert [candidate.model.id for candidate in decide(ask(text, preset=preset), world).plan] == left


@pytest.mark.parametrize("preset", PRESETS)
def test_hard_prompts_never_go_to_weaker_models_than_small_talk_on_average(preset: str) -> None:
    assert mean_quality(HARD, preset) >= mean_quality(EASY, preset)


def test_presets_differ_in_what_they_are_named_for() -> None:
    chosen = {preset: [shipped(text, preset=preset).selected for text in PROMPTS] for preset in PRESETS}
    cost = {preset: sum(c.cost.expected for c in found) for preset, found in chosen.items()}
    quality = {preset: sum(c.quality for c in found) for preset, found in chosen.items()}
    time = {preset: sum(c.latency.p50_ms for c in found) for preset, found in chosen.items()}

    assert min(cost, key=cost.__getitem__) == "economy"
    assert max(quality, key=quality.__getitem__) == "quality"
    assert min(time, key=time.__getitem__) == "fast"
    assert cost["economy"] <= cost["balanced"] < cost["quality"]


@pytest.mark.parametrize("name", list(CATALOG.models))
def test_a_model_that_is_named_is_taken_whatever_else_would_be_better(name: str) -> None:
    decision = shipped("Hello", model=name)

    assert (decision.selected.model.id, decision.pinned) == (name, True)


@pytest.mark.parametrize("preset", PRESETS)
def test_rewording_a_prompt_keeps_the_choice_nineteen_times_in_twenty(preset: str) -> None:
    cases, moved = 0, Counter[str]()
    for text in PROMPTS:
        chosen = shipped(text, preset=preset).selected.model.id
        for name, other in reworded(text):
            cases += 1
            moved[name] += shipped(other, preset=preset).selected.model.id != chosen

    assert cases == len(PROMPTS) * len(REWORDINGS)
    assert 1 - moved.total() / cases >= KEPT, moved.most_common()
