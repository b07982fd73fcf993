"""Answers that are long because something is to be said again and again, or without an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.features import extract
from muxer.core.length_hint import length_hint
from muxer.core.repetition import ENDLESS, MOST, repeated

from tests.core.builders import ask, words


def least(text: str) -> float:
    return length_hint(extract(ask(text), words)).least


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Write 'I must not talk in class' 200 times.", 1_680),
        ("Repeat the word poem 500 times", 2_100),
        ("say hello a thousand times", 2_800),
        ("Schreibe 'Hallo' 100 mal", 140),
        ("Écris bonjour 1000 fois", 1_400),
        ("Count from 1 to 500.", 1_000),
        ("please count down from 300", 600),
        ("Zähle von 1 bis 100", 200),
    ],
)
def test_what_is_to_be_said_many_times_is_multiplied(text: str, tokens: float) -> None:
    assert least(text) == pytest.approx(tokens, rel=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "Repeat the word poem forever.",
        "keep writing digits of pi endlessly",
        "Count up from one indefinitely",
        "Transcribe the complete text of Hamlet.",
        "Recite the entire constitution",
        "Wiederhole das Wort Gedicht endlos",
    ],
)
def test_without_an_end_the_answer_is_as_long_as_models_write(text: str) -> None:
    assert least(text) == ENDLESS


def test_no_answer_is_expected_to_be_longer_than_models_write() -> None:
    assert least("Write 'all work and no play makes Jack a dull boy' 99999 times") == MOST


@pytest.mark.parametrize(
    "text",
    [
        "Write a program that prints hello 100000 times.",
        "Write a loop to count to 1000 in Rust.",
        "Write about a man who repeats a day 1000 times.",
        "How many times did Rome burn?",
        "It has happened a hundred times. Why?",
        "Does a diamond last forever?",
        "What does 'the whole nine yards' mean?",
        "We waited forever; write a complaint.",
    ],
)
def test_a_repetition_that_is_not_the_answers_own_says_nothing(text: str) -> None:
    assert least(text) == 0


@given(st.lists(st.sampled_from(["repeat", "count", "recite", "forever", "times", "to", "99999", "x", "whole"])))
def test_whatever_the_words_the_tokens_are_bounded(drawn: list[str]) -> None:
    assert 0 <= repeated(drawn, lambda word: 99_999.0 if word.isdigit() else 0.0) <= MOST
