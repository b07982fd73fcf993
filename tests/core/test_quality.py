"""Ability, difficulty, and what comes of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.intent import LABELS
from muxer.core.quality import DIFFICULTY, ability, difficulty, predict
from muxer.types.decision import Intent

prices = st.floats(0, 10**9)


@given(prices, prices, st.booleans())
def test_a_dearer_model_is_never_taken_for_less_able(one: float, other: float, reasoning: bool) -> None:
    cheap, dear = sorted((one, other))

    assert ability(cheap, reasoning=reasoning) <= ability(dear, reasoning=reasoning)


@given(prices)
def test_a_model_that_reasons_is_taken_for_abler(price: float) -> None:
    assert ability(price, reasoning=True) > ability(price, reasoning=False)


def test_a_tenfold_price_and_reasoning_add_what_the_fits_found() -> None:
    assert math.isclose(0.8, ability(10_000_000, reasoning=False) - ability(1_000_000, reasoning=False))
    assert math.isclose(1.8, ability(1_000_000, reasoning=True) - ability(1_000_000, reasoning=False))


def test_every_intent_has_a_difficulty() -> None:
    assert {*LABELS, "unknown"} == set(DIFFICULTY)


def test_the_less_sure_the_intent_the_nearer_its_difficulty_to_that_of_an_unknown_one() -> None:
    sure, unsure, clueless = (difficulty(Intent("deep_reason", c, "rules"), 10) for c in (1.0, 0.5, 0.0))

    assert (sure, unsure, clueless) == (1.0, 0.25, -0.5)


@pytest.mark.parametrize(("tokens", "extra"), [(0, 0.0), (100, 0.0), (1_000, 0.5), (10_000, 1.0), (10**6, 1.0)])
def test_longer_prompts_are_harder_up_to_a_point(tokens: int, extra: float) -> None:
    assert math.isclose(DIFFICULTY["unknown"] + extra, difficulty(Intent("unknown", 0.0, "disabled"), tokens))


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_quality_lies_between_nothing_and_perfection(able: float, hard: float) -> None:
    assert 0 < predict(able, hard) < 1


def test_quality_is_even_odds_where_ability_meets_difficulty_and_73_percent_one_above() -> None:
    assert predict(2.0, 2.0) == 0.5
    assert round(predict(2.0, 1.0), 2) == 0.73


def test_models_hardly_differ_on_small_talk_and_differ_much_on_hard_problems() -> None:
    weak, strong = ability(100_000, reasoning=True), ability(30_000_000, reasoning=True)
    chat, proof = (difficulty(Intent(label, 1.0, "rules"), 1_000) for label in ("chat_lite", "deep_reason"))

    assert predict(strong, chat) - predict(weak, chat) < 0.12
    assert predict(strong, proof) - predict(weak, proof) > 0.3
