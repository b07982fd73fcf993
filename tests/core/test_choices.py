"""What the presets bring about with the prices that are shipped: the choices that a person would expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from muxer.core import tokens
from muxer.core.prices import load_catalog
from muxer.core.route import decide
from muxer.types.decision import Candidate, Decision, Policy, View
from muxer.types.money import pico

from tests.core.builders import PICTURE, TODAY, UP, ask

CATALOG = load_catalog((Path(__file__).parents[2] / "prices" / "prices.json").read_bytes(), today=TODAY).catalog
WORLD = View(
    catalog=CATALOG,
    providers={model.provider: UP for model in CATALOG.models.values()},
    latency={},
    policy=Policy(),
    today=TODAY,
    count_tokens=tokens.count,
)
HELLO = "Hello"
PROOF = (
    "Prove that there are infinitely many primes congruent to 3 modulo 4, and then generalise the argument as far as "
    "you can. Derive each step with full rigour, and explain why the case 1 modulo 4 is harder."
)
CODE = "Refactor this module:\n```python\n" + "def f(x):\n    return [g(y) for y in x]\n\n" * 300 + "```"
PRESETS = ("economy", "balanced", "fast", "quality")


def chosen(text: str, preset: str) -> Candidate:
    return decide(ask(text, preset=preset), WORLD).selected


def price(candidate: Candidate) -> float:
    """US dollars per million tokens, input and output averaged."""
    rates = candidate.model.prices[0].rates
    return (rates.input + rates.output) / 2e6


@pytest.mark.parametrize("preset", ["economy", "balanced", "fast"])
def test_small_talk_goes_to_a_cheap_model(preset: str) -> None:
    assert price(chosen(HELLO, preset)) < 0.5
    assert chosen(HELLO, preset).cost.expected < pico("0.0002")


@pytest.mark.parametrize("text", [PROOF, CODE])
def test_hard_problems_go_to_a_top_model_when_quality_is_wanted(text: str) -> None:
    assert price(chosen(text, "quality")) > 20


@pytest.mark.parametrize("text", [PROOF, CODE])
def test_hard_problems_go_to_a_model_that_reasons_whatever_is_wanted(text: str) -> None:
    assert all(chosen(text, preset).model.capabilities.reasoning for preset in PRESETS)


@pytest.mark.parametrize("text", [PROOF, CODE])
def test_balanced_lies_between_economy_and_quality(text: str) -> None:
    economy, balanced, quality = (chosen(text, preset) for preset in ("economy", "balanced", "quality"))

    assert economy.cost.expected <= balanced.cost.expected < quality.cost.expected
    assert economy.quality <= balanced.quality < quality.quality


@pytest.mark.parametrize("text", [HELLO, PROOF, CODE])
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
    assert any("the limit is 131072" in c.reason for c in book.candidates)


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
