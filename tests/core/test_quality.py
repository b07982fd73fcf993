"""Ability, difficulty, and what comes of them."""

from __future__ import annotations

import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core import tokens
from muxer.core.difficulty import log_odds
from muxer.core.features import extract
from muxer.core.intent import LABELS
from muxer.core.quality import DIFFICULTY, LEARNED, ability_for, agreed_difficulty, difficulty, predict, prior
from muxer.types.chat import ChatRequest, Message
from muxer.types.decision import Intent

from tests.core.test_intent_corpus import prompts

prices = st.floats(0, 10**9)
shares = st.floats(0, 1)
odds = st.floats(-5, 5)
labels = st.sampled_from((*LABELS, "unknown"))


def _request(turns: tuple[tuple[str, str], ...]) -> ChatRequest:
    return ChatRequest(tuple(Message(role, text) for role, text in turns))


@given(prices, prices, st.booleans())
def test_a_dearer_model_is_never_taken_for_less_able(one: float, other: float, reasoning: bool) -> None:
    cheap, dear = sorted((one, other))

    assert prior(cheap, reasoning=reasoning) <= prior(dear, reasoning=reasoning)


@given(prices)
def test_a_model_that_reasons_is_taken_for_abler(price: float) -> None:
    assert prior(price, reasoning=True) > prior(price, reasoning=False)


def test_a_tenfold_price_and_reasoning_add_what_the_fits_found() -> None:
    assert math.isclose(0.8, prior(10_000_000, reasoning=False) - prior(1_000_000, reasoning=False))
    assert math.isclose(1.8, prior(1_000_000, reasoning=True) - prior(1_000_000, reasoning=False))


@given(st.floats(0.01, 0.99), odds)
def test_a_share_done_well_becomes_the_ability_that_predicts_it(share: float, hard: float) -> None:
    assert math.isclose(share, predict(ability_for(share, hard), hard))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_doing_all_or_nothing_well_is_no_infinite_ability(share: float) -> None:
    assert abs(ability_for(share, 0.0)) < 7


def test_every_intent_has_a_difficulty() -> None:
    assert {*LABELS, "unknown"} == set(DIFFICULTY)


@pytest.mark.parametrize("label", LABELS)
def test_a_usual_request_of_an_intent_that_is_sure_is_as_hard_as_the_table_says(label: str) -> None:
    assert math.isclose(DIFFICULTY[label], difficulty(Intent(label, 1.0, "model"), LEARNED.get(label), 50))


@pytest.mark.parametrize("label", LEARNED)
def test_what_counts_as_usual_is_near_what_is_learned_of_our_own_prompts(label: str) -> None:
    """The corpus is terser than what people ask, by design, and terse requests are taken for easier: hence the room."""
    requests = [_request(prompt.turns) for prompt in prompts()[::5] if prompt.label == label]
    features = [extract(request, tokens.count) for request in requests]

    assert abs(LEARNED[label] - median(log_odds(f) for f in features if not f.follow_up)) < 1.2


@pytest.mark.parametrize("learned", [-3.0, 0.0, 1.5])
def test_without_an_intent_the_learned_model_decides_alone(learned: float) -> None:
    assert difficulty(Intent("unknown", 0.0, "disabled"), learned, 5_000) == learned


@pytest.mark.parametrize("label", LEARNED)
def test_of_two_requests_of_one_kind_the_one_that_is_learned_to_be_harder_is_harder_by_half_of_that(label: str) -> None:
    easy, hard = (difficulty(Intent(label, 1.0, "model"), learned, 50) for learned in (-2.0, -1.0))

    assert math.isclose(0.5, hard - easy)


@pytest.mark.parametrize("label", sorted(set(LABELS) - set(LEARNED)))
def test_requests_with_payloads_are_no_harder_for_what_is_learned_of_their_words(label: str) -> None:
    sure = Intent(label, 1.0, "model")

    assert difficulty(sure, -3.0, 50) == difficulty(sure, 3.0, 50)


@pytest.mark.parametrize(("tokens", "extra"), [(0, 0.0), (100, 0.0), (1_000, 0.5), (10_000, 1.0), (10**6, 1.0)])
def test_requests_with_payloads_are_harder_when_they_are_longer_up_to_a_point(tokens: int, extra: float) -> None:
    sure = Intent("json_extract", 1.0, "rules")

    assert math.isclose(DIFFICULTY["json_extract"] + extra, difficulty(sure, 2.0, tokens))


def test_a_request_of_which_nothing_is_learned_is_a_usual_one() -> None:
    assert difficulty(Intent("deep_reason", 1.0, "model"), None, 50) == DIFFICULTY["deep_reason"]
    assert difficulty(Intent("unknown", 0.0, "disabled"), None, 50) == DIFFICULTY["unknown"]


@given(labels, shares, shares, odds, st.integers(0, 10**6))
def test_a_little_less_certainty_makes_difficulty_only_a_little_different(
    label: str, one: float, other: float, learned: float, tokens: int
) -> None:
    first, second = (difficulty(Intent(label, c, "model"), learned, tokens) for c in (one, other))

    assert abs(first - second) <= abs(one - other) * 8 + 1e-9


@given(labels, shares, odds, odds, st.integers(0, 10**6))
def test_what_is_learned_to_be_harder_never_counts_as_easier(
    label: str, confidence: float, one: float, other: float, tokens: int
) -> None:
    easy, hard = sorted((one, other))
    intent = Intent(label, confidence, "model")

    assert difficulty(intent, easy, tokens) <= difficulty(intent, hard, tokens) + 1e-9


@given(odds, st.lists(odds, max_size=5))
def test_models_that_do_as_their_abilities_promise_confirm_the_difficulty(hard: float, abilities: list[float]) -> None:
    seen = [(hard + able / 2, predict(able / 2, 0)) for able in abilities]

    assert math.isclose(hard, agreed_difficulty(hard, seen), abs_tol=1e-9)


def test_a_model_that_does_worse_than_its_ability_promises_makes_the_request_harder_for_all() -> None:
    assert agreed_difficulty(0.0, [(0.0, 0.1)]) > 1 > agreed_difficulty(0.0, [(0.0, 0.1), (0.0, 0.9)]) > -0.1


@given(odds, odds)
def test_quality_lies_between_nothing_and_perfection(able: float, hard: float) -> None:
    assert 0 < predict(able, hard) < 1


def test_quality_is_even_odds_where_ability_meets_difficulty_and_73_percent_one_above() -> None:
    assert predict(2.0, 2.0) == 0.5
    assert round(predict(2.0, 1.0), 2) == 0.73


def test_models_hardly_differ_on_small_talk_and_differ_much_on_hard_problems() -> None:
    weak, strong = prior(100_000, reasoning=True), prior(30_000_000, reasoning=True)
    chat = difficulty(Intent("chat_lite", 1.0, "model"), -2.8, 10)
    proof = difficulty(Intent("deep_reason", 1.0, "model"), 1.0, 100)

    assert predict(strong, chat) - predict(weak, chat) < 0.12
    assert predict(strong, proof) - predict(weak, proof) > 0.18
