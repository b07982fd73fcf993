"""What the presets bring about with the prices that are shipped: the choices that a person would expect."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from muxer.core.abilities import published
from muxer.core.prepared import prepared
from muxer.core.quality import PRICE_AND_CLASS
from muxer.core.route import decide
from muxer.types.decision import Candidate, Decision, Policy
from muxer.types.money import pico

from tests.core.builders import PICTURE, ask
from tests.core.shipped import CATALOG, WORLD

HELLO = "Hello"
PROOF = (
    "Prove that there are infinitely many primes congruent to 3 modulo 4, and then generalise the argument as far as "
    "you can. Derive each step with full rigour, and explain why the case 1 modulo 4 is harder."
)
CODE = "Refactor this module:\n```python\n" + "def f(x):\n    return [g(y) for y in x]\n\n" * 300 + "```"
OLYMPIAD = "Find all positive integers n such that n^2 + 1 divides n^3 + n + 2, and prove that there are no others."
QUEUE = "Implement a lock-free queue for many producers and consumers in C++20, and argue that it is linearizable."
HARD = (PROOF, CODE, OLYMPIAD, QUEUE)
EASY = (
    HELLO,
    "Thanks, that helped a lot!",
    "Tell me a joke about cats.",
    "What is the capital of France?",
    "What should I cook tonight?",
    "Write a birthday wish for my aunt.",
    "Wie geht es dir heute?",
)
EASIER_AND_HARDER = (
    ("Write a Python function that prints FizzBuzz.", QUEUE),
    ("Explain quantum entanglement to a ten-year-old.", PROOF),
    ("What is the capital of France?", OLYMPIAD),
    ("Plan a three-day trip to Rome with two children.", OLYMPIAD),
)
ABLE = 2.0
"""Log-odds: what it takes to get nine of ten problems like MATH level 5 right."""

PRESETS = ("economy", "balanced", "fast", "quality")


def chosen(text: str, preset: str) -> Candidate:
    return decide(ask(text, preset=preset), WORLD).selected


def price(candidate: Candidate) -> float:
    """US dollars per million tokens, input and output averaged."""
    rates = candidate.model.prices[0].rates
    return (rates.input + rates.output) / 2e6


def able(candidate: Candidate) -> float:
    """How able a model is over all, in log-odds, whatever it is asked."""
    return prepared(CATALOG, WORLD.today)[candidate.model.id].ability


@pytest.mark.parametrize("preset", ["economy", "balanced", "fast"])
@pytest.mark.parametrize("text", EASY)
def test_small_talk_goes_to_a_cheap_model(text: str, preset: str) -> None:
    assert price(chosen(text, preset)) < 0.5
    assert chosen(text, preset).cost.expected < pico("0.0002")


@pytest.mark.parametrize("text", HARD, ids=lambda text: text[:20])
def test_hard_problems_go_to_a_top_model_when_quality_is_wanted(text: str) -> None:
    plan = decide(ask(text, preset="quality"), WORLD).plan

    assert plan[0].ability > max(candidate.ability for candidate in plan) - 0.5


@pytest.mark.parametrize("text", HARD, ids=lambda text: text[:20])
def test_hard_problems_go_to_an_able_model_that_reasons_whatever_is_wanted(text: str) -> None:
    for preset in PRESETS:
        assert chosen(text, preset).model.capabilities.reasoning
        assert chosen(text, preset).ability > ABLE


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("easier", "harder"), EASIER_AND_HARDER, ids=lambda text: text[:20])
def test_what_is_harder_counts_as_harder_and_goes_to_no_less_able_a_model(
    easier: str, harder: str, preset: str
) -> None:
    easy, hard = (decide(ask(text, preset=preset), WORLD) for text in (easier, harder))

    assert easy.difficulty < hard.difficulty
    assert able(easy.selected) <= able(hard.selected)


@pytest.mark.parametrize("preset", ["economy", "balanced"])
def test_without_classification_learned_difficulty_still_parts_small_talk_from_hard_problems(preset: str) -> None:
    unclassified = replace(WORLD, policy=Policy(intent_enabled=False))
    hello, proof = (decide(ask(text, preset=preset), unclassified).selected for text in (HELLO, PROOF))

    assert price(hello) < 0.5
    assert hello.ability < ABLE < proof.ability


def test_every_model_says_where_its_ability_is_from() -> None:
    sources = {c.model.id: c.ability_source for c in decide(ask(HELLO), WORLD).candidates}

    assert sources["anthropic:claude-fable-5-2"] == PRICE_AND_CLASS
    assert sources["openai:gpt-4o"] == published()["openai:gpt-4o"].source
    assert all(sources.values())


@pytest.mark.parametrize("text", [PROOF, CODE], ids=["proof", "code"])
def test_balanced_lies_between_economy_and_quality(text: str) -> None:
    economy, balanced, quality = (chosen(text, preset) for preset in ("economy", "balanced", "quality"))

    assert economy.cost.expected <= balanced.cost.expected < quality.cost.expected
    assert economy.quality <= balanced.quality < quality.quality


@pytest.mark.parametrize("text", [HELLO, PROOF, CODE], ids=["hello", "proof", "code"])
def test_economy_is_cheapest_quality_best_and_fast_quicker_than_balanced(text: str) -> None:
    by_preset = {preset: chosen(text, preset) for preset in PRESETS}

    assert min(by_preset.values(), key=lambda c: c.cost.expected) == by_preset["economy"]
    assert max(by_preset.values(), key=lambda c: c.quality) == by_preset["quality"]
    assert by_preset["fast"].latency.p50_ms <= by_preset["balanced"].latency.p50_ms
    assert by_preset["fast"].latency.p50_ms < by_preset["quality"].latency.p50_ms


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("text", [HELLO, PROOF])
def test_every_model_that_can_take_a_plain_text_stands_by(text: str, preset: str) -> None:
    decision = decide(ask(text, preset=preset), WORLD)

    assert len(decision.plan) == len(CATALOG.models)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_picture_goes_to_a_model_that_takes_pictures(preset: str) -> None:
    assert decide(ask("What is this?", PICTURE, preset=preset), WORLD).selected.model.capabilities.vision


def test_a_book_goes_to_a_model_with_a_long_context() -> None:
    book: Decision = decide(ask("It was the best of times. " * 40_000, preset="economy"), WORLD)

    assert all(c.model.max_input_tokens == 0 or c.model.max_input_tokens > 280_000 for c in book.plan)
    assert any("the limit is 131072" in c.why for c in book.candidates)


def test_a_limit_of_a_tenth_of_a_cent_moves_a_hard_problem_down() -> None:
    decision = decide(ask(PROOF, preset="quality", max_cost="0.01"), WORLD)

    assert decision.selected.cost.p90 <= pico("0.01")
    assert "would have been chosen" in decision.reason


def test_claudes_longer_token_counts_are_priced_in() -> None:
    sonnet, sol = (
        decide(ask(PROOF * 20, model=name, max_tokens=1), WORLD).selected.cost.expected
        for name in ("anthropic:claude-sonnet-5-5", "openai:gpt-6-sol")
    )

    assert 1.5 < sonnet / sol < 1.7
