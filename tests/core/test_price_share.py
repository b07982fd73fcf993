"""The knob `share of the strongest model's price`."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.preset import cost_term
from muxer.core.price_share import SHARES, Choice, Ladder, ladder, look_up, promised, smallest_weight, table
from muxer.core.route import decide
from muxer.errors import MuxerError
from muxer.state.price_shares import CAPACITY, ENOUGH, EVERY, TENANTS, MemoryPriceShares
from muxer.types.catalog import CostEstimate, LatencyEstimate
from muxer.types.chat import ChatRequest, RoutingOptions
from muxer.types.decision import Candidate, Policy, RoutingRule, View
from muxer.types.money import PicoUsd, pico

from tests.core.builders import ask, model, requests, view, views
from tests.core.shipped import WORLD

shares = st.floats(0.001, 1)
choices = st.lists(
    st.builds(
        Choice,
        quality=st.floats(0, 1),
        worth=st.floats(-1, 1),
        cost=st.integers(0, 10**13).map(PicoUsd) | st.sampled_from([PicoUsd(0), PicoUsd(10**9), PicoUsd(10**10)]),
    ),
    min_size=1,
    max_size=12,
)
ladders = st.lists(choices.map(ladder), min_size=1, max_size=8)


def on_top(given_choices: Sequence[Choice], weight: float) -> float:
    """The best score at a weight, found by looking at all."""
    return max(c.worth - weight * cost_term(c.cost) for c in given_choices)


def cost_at(steps: Ladder, weight: float) -> PicoUsd:
    """What is chosen costs, at a weight that is no corner."""
    return [cost for start, cost in steps.rungs if start <= weight][-1]


@given(choices, st.floats(0, 5))
def test_a_ladder_tells_what_is_chosen_at_every_weight(given_choices: list[Choice], weight: float) -> None:
    cost = cost_at(ladder(given_choices), weight)

    best = max(c.worth - weight * cost_term(c.cost) for c in given_choices if c.cost == cost)
    assert best == pytest.approx(on_top(given_choices, weight), abs=1e-9)


@given(choices)
def test_a_ladder_only_goes_down(given_choices: list[Choice]) -> None:
    steps = ladder(given_choices)

    weights, costs = [w for w, _ in steps.rungs], [c for _, c in steps.rungs]
    assert weights[0] == 0
    assert weights == sorted(set(weights))
    assert costs == sorted(set(costs), reverse=True)


@given(choices)
def test_the_strongest_model_is_the_cheapest_of_those_of_the_highest_quality(given_choices: list[Choice]) -> None:
    best = max(c.quality for c in given_choices)

    assert ladder(given_choices).strongest == min(c.cost for c in given_choices if c.quality == best)


@given(ladders, shares)
def test_the_weight_keeps_the_share_where_any_weight_does(steps: list[Ladder], share: float) -> None:
    weight = smallest_weight(share, steps)

    allowed = share * sum(each.strongest for each in steps)
    if sum(each.rungs[-1][1] for each in steps) <= allowed:
        assert sum(cost_at(each, weight) for each in steps) <= allowed
    else:
        assert all(cost_at(each, weight) == each.rungs[-1][1] for each in steps)


@given(ladders, shares, shares)
def test_a_smaller_share_never_has_a_smaller_weight(steps: list[Ladder], one: float, other: float) -> None:
    small, large = sorted((one, other))

    assert smallest_weight(small, steps) >= smallest_weight(large, steps)
    assert look_up(small, table(steps)) >= look_up(large, table(steps))


@given(ladders, shares)
def test_a_share_is_looked_up_to_within_a_hundredth_and_never_more_is_spent(steps: list[Ladder], share: float) -> None:
    weight = look_up(share, table(steps))

    assert weight >= smallest_weight(max(share, SHARES[0]), steps)
    assert weight <= smallest_weight(max(share, SHARES[0]) * 0.98, steps)


def choice(request: ChatRequest, world: View, share: float) -> Candidate | None:
    asked = replace(request, routing=replace(request.routing, max_price_share=share))
    try:
        return decide(asked, world).selected
    except MuxerError:
        return None


def strongest(plan: Sequence[Candidate]) -> Candidate:
    return min(plan, key=lambda c: (-c.quality, c.cost.expected))


@given(requests(), views(), shares, shares, st.booleans())
def test_a_smaller_share_never_picks_a_dearer_model(
    request: ChatRequest, world: View, one: float, other: float, calibrated: bool
) -> None:
    if calibrated:
        world = replace(world, cost_weights=((0.1, 0.9), (0.2, 0.3), (0.5, 0.1), (1.0, 0.0)))
    small, large = (choice(request, world, share) for share in sorted((one, other)))

    assert (small is None) == (large is None)
    if small and large:
        assert small.cost.expected <= large.cost.expected


@given(requests(), views(), shares)
def test_before_it_is_calibrated_every_single_request_keeps_the_share_or_takes_the_cheapest_choice(
    request: ChatRequest, world: View, share: float
) -> None:
    asked = replace(request, routing=replace(request.routing, max_price_share=share))
    try:
        decision = decide(asked, world)
    except MuxerError:
        return
    allowed = share * strongest(decision.plan).cost.expected
    rungs = ladder(Choice(c.quality, c.quality - c.latency_penalty, c.cost.expected) for c in decision.plan).rungs
    assert decision.selected.cost.expected <= max(allowed, rungs[-1][1])


@given(requests(), views(), shares, st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_changes_nothing(
    request: ChatRequest, world: View, share: float, rng: random.Random
) -> None:
    shuffled = list(world.catalog.models.items())
    rng.shuffle(shuffled)
    other = replace(world, catalog=replace(world.catalog, models=dict(shuffled)))

    assert choice(request, world, share) == choice(request, other, share)


CHEAP, DEAR = model("alpha:cheap", 0.1), model("beta:dear", 10)


def test_the_reason_says_what_the_knob_did() -> None:
    request = replace(ask("Hello"), routing=RoutingOptions(preset="quality", max_price_share=0.5))

    alone = decide(request, view(CHEAP, DEAR))
    recent = decide(request, replace(view(CHEAP, DEAR), cost_weights=((0.5, 0.25), (1.0, 0.1))))

    assert (alone.selected.model.id, recent.selected.model.id) == ("alpha:cheap", "alpha:cheap")
    assert " with preset quality at 0.5 of the price of beta:dear (weight on cost " in alone.reason
    assert ", by this request alone): alpha:cheap has" in alone.reason
    assert " (weight on cost 0.250, by recent requests): " in recent.reason
    assert recent.selected.cost_penalty == pytest.approx(0.25 * cost_term(recent.selected.cost.expected))


def test_a_share_of_one_needs_no_weight_on_cost_and_takes_the_best() -> None:
    decision = decide(replace(ask(), routing=RoutingOptions(max_price_share=1.0)), view(CHEAP, DEAR))

    assert decision.selected.model.id == "beta:dear"
    assert "(weight on cost none, by this request alone)" in decision.reason


def test_the_operators_share_holds_for_those_who_name_none() -> None:
    world = view(CHEAP, DEAR, policy=Policy(price_share=1.0))

    assert decide(ask(preset="economy"), world).selected.model.id == "beta:dear"
    assert decide(replace(ask(), routing=RoutingOptions(max_price_share=0.5)), world).selected.model.id == "alpha:cheap"


def test_a_named_model_is_not_held_to_a_share() -> None:
    decision = decide(ask(model="beta:dear"), view(CHEAP, DEAR, policy=Policy(price_share=0.01)))

    assert decision.selected.model.id == "beta:dear"
    assert "of the price of" not in decision.reason


def test_only_decisions_that_the_knob_made_are_held_to_the_share_on_average() -> None:
    policy = Policy(rules=(RoutingRule("ours", "prefer", ("beta:*",)), RoutingRule("not-it", "forbid", ("gamma:*",))))
    world = view(CHEAP, DEAR, policy=policy)
    knob = RoutingOptions(max_price_share=0.5)
    free, preferred, named = (
        decide(ask(), view(CHEAP, DEAR)),
        decide(ask(), world),
        decide(ask(model="beta:dear"), world),
    )
    elsewhere = decide(replace(ask(), routing=RoutingOptions(denied_models=("beta:*",))), world)

    assert promised(free, knob, Policy()) == 0.5
    assert promised(free, RoutingOptions(), Policy(price_share=0.4)) == 0.4
    assert promised(free, RoutingOptions(), Policy()) is None
    assert promised(preferred, knob, policy) is None
    assert promised(named, knob, policy) is None
    assert promised(elsewhere, knob, policy) == 0.5


def test_a_decision_for_want_of_time_is_not_held_to_the_share() -> None:
    knob = RoutingOptions(max_price_share=0.5)
    decision = decide(replace(ask(), routing=knob), replace(view(CHEAP, DEAR), time_left_s=0.01))

    assert "nothing is sure to be done within 10 ms" in decision.reason
    assert "of the price of" not in decision.reason
    assert promised(decision, knob, Policy()) is None


MODELS = [model(f"p:m{i:02}", 0.05 * 10 ** (i / 4)) for i in range(12)]


def plan_of(rng: random.Random, difficulty: float, weight: float | None, share: float) -> list[Candidate]:
    """A request of about this difficulty and of any length, decided at a weight; None: by itself. Dearer models are
    abler, with exceptions that differ from request to request."""
    tokens = rng.lognormvariate(6, 1)
    own = difficulty + rng.gauss(0, 1.5)
    qualities = [1 / (1 + math.exp(own - i / 3 + rng.gauss(0, 0.3))) for i in range(len(MODELS))]
    costs = [PicoUsd(int(tokens * spec.prices[0].rates.output)) for spec in MODELS]
    if weight is None:
        weight = smallest_weight(share, [ladder(map(Choice, qualities, qualities, costs))])
    candidates = [
        Candidate(
            model=spec,
            quality=quality,
            cost=CostEstimate(cost, cost, cost, 0, 0),
            latency=LatencyEstimate(0, 0, 0),
            score=quality - weight * cost_term(cost),
            status="",
            why="",
        )
        for spec, quality, cost in zip(MODELS, qualities, costs, strict=True)
    ]
    return sorted(candidates, key=lambda c: -c.score)


def spend(
    memory: MemoryPriceShares, share: float, rng: random.Random, difficulty: float, count: int
) -> list[tuple[int, int]]:
    """Decides one request after the other, as a server would; expected costs of the choice and of the strongest."""
    spent: list[tuple[int, int]] = []
    for _ in range(count):
        weights = memory.snapshot("")
        plan = plan_of(rng, difficulty, look_up(share, weights) if weights else None, share)
        memory.observe("", plan, share)
        spent.append((plan[0].cost.expected, strongest(plan).cost.expected))
    return spent


def realised(spent: Sequence[tuple[int, int]]) -> float:
    return sum(chosen for chosen, _ in spent) / sum(best for _, best in spent)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4, 0.6, 0.8])
def test_once_calibrated_the_realised_share_is_within_a_tenth_of_the_wish(share: float) -> None:
    spent = spend(MemoryPriceShares(), share, random.Random(1), difficulty=1.0, count=2_000)

    assert realised(spent[:ENOUGH]) <= share
    assert realised(spent[300:]) == pytest.approx(share, rel=0.1)


@pytest.mark.parametrize(("before", "after"), [(-2.0, 2.0), (2.0, -2.0)])
def test_when_the_traffic_changes_the_weights_follow_until_the_share_is_kept_again(before: float, after: float) -> None:
    rng = random.Random(1)
    memory = MemoryPriceShares()
    spend(memory, 0.3, rng, before, 600)
    tuned = look_up(0.3, memory.snapshot(""))

    spend(memory, 0.3, rng, after, 3 * EVERY * CAPACITY)  # what was overspent meanwhile has been made good by then
    spent = spend(memory, 0.3, rng, after, 1_500)

    assert (look_up(0.3, memory.snapshot("")) > tuned) == (after > before)
    assert realised(spent) == pytest.approx(0.3, rel=0.1)


def test_what_was_spent_beyond_the_share_is_made_good() -> None:
    rng = random.Random(1)
    kept, beyond = MemoryPriceShares(), MemoryPriceShares()
    for _ in range(200):
        plan = plan_of(rng, 1.0, 0.0, 1.0)
        kept.observe("", plan, 1.0)
        beyond.observe("", plan, 0.5)

    assert all(strict >= loose for (_, strict), (_, loose) in zip(beyond.snapshot(""), kept.snapshot(""), strict=True))
    assert look_up(0.5, beyond.snapshot("")) > look_up(0.5, kept.snapshot(""))


def test_with_the_shipped_prices_a_stream_of_requests_keeps_its_share() -> None:
    memory = MemoryPriceShares()
    rng = random.Random(1)
    spent: list[tuple[int, int]] = []
    for _ in range(500):
        size = rng.randint(1, 60)
        text = rng.choice(
            (
                "Hello, " + "how are you today? " * size,
                "Translate into German: " + "the sea is blue. " * size,
                f"Prove that infinitely many primes are {size} modulo {size + 3}." + " Consider every case." * size,
            )
        )
        request = replace(ask(text), routing=RoutingOptions(preset="quality", max_price_share=0.2))
        plan = decide(request, replace(WORLD, cost_weights=memory.snapshot("")), with_rejected=False).plan
        memory.observe("", plan, 0.2)
        spent.append((plan[0].cost.expected, strongest(plan).cost.expected))

    assert memory.snapshot("")
    assert realised(spent) <= 0.2 * 1.1


def test_little_traffic_says_nothing_yet() -> None:
    memory = MemoryPriceShares()
    plan = decide(ask("Hello"), WORLD).plan

    for _ in range(ENOUGH - 1):
        memory.observe("", plan, 0.3)
    assert memory.snapshot("") == ()

    memory.observe("", plan, 0.3)
    assert [share for share, _ in memory.snapshot("")] == list(SHARES)


def test_free_models_alone_need_no_weight() -> None:
    assert smallest_weight(0.1, (ladder([Choice(0.5, 0.5, pico(0)), Choice(0.4, 0.4, pico(0))]),)) < 1e-6


def test_what_one_tenant_asks_changes_nothing_for_another() -> None:
    rng = random.Random(1)
    alone, shared = MemoryPriceShares(), MemoryPriceShares()
    for _ in range(200):
        own, others = plan_of(rng, -1.0, None, 0.3), plan_of(rng, 4.0, None, 0.3)
        alone.observe("legal", own, 0.3)
        shared.observe("legal", own, 0.3)
        shared.observe("sales", others, 0.3)

    assert shared.snapshot("legal") == alone.snapshot("legal") != ()
    assert shared.snapshot("sales") != shared.snapshot("legal")
    assert shared.snapshot("") == ()


def test_only_the_tenants_that_used_the_knob_last_are_kept() -> None:
    memory = MemoryPriceShares()
    plan = plan_of(random.Random(1), 1.0, None, 0.3)
    for _ in range(ENOUGH):
        memory.observe("first", plan, 0.3)
    for number in range(TENANTS - 1):
        memory.observe(f"tenant {number}", plan, 0.3)
    assert memory.snapshot("first") != ()

    memory.observe("one too many", plan, 0.3)
    assert memory.snapshot("first") == ()
