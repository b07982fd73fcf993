"""Dots and exclamation marks at the end of a request change nothing; those that may mean something stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.difficulty import log_odds
from muxer.core.features import extract
from muxer.core.text.flourish import without_flourish
from muxer.core.tokens import count
from muxer.types.chat import ChatRequest, Message

REQUESTS = (
    "Who painted the ceiling of the Sistine Chapel?",
    "Write a Rust function that merges two sorted lists.",
    "how do you say lighthouse in Danish",
    "为什么天空是蓝色的",
    "Докажи, что корень из трёх иррационален.",
)


@pytest.mark.parametrize("flourish", ["...", "!", "!!!", "\u2026", " ...", "\uff01\uff01", "...!"])
@pytest.mark.parametrize("text", REQUESTS)
def test_flourish_at_the_end_changes_neither_what_is_read_nor_the_difficulty(text: str, flourish: str) -> None:
    plain, adorned = (extract(ChatRequest((Message("user", turn),)), count) for turn in (text, text + flourish))

    assert (plain.text, plain.words, plain.turn_chars) == (adorned.text, adorned.words, adorned.turn_chars)
    assert log_odds(plain) == log_odds(adorned)


@pytest.mark.parametrize(
    "text", ["5!", "What is 10!", "n!", "(n + 1)!", "2, 4, 8, ...", "...", "!!!", "Stop.", "Why?", "a..b"]
)
def test_what_may_mean_something_stays(text: str) -> None:
    assert without_flourish(text) == text


@given(st.text(alphabet="ab1 .!?\u2026\uff01)", max_size=60))
def test_only_marks_at_the_end_are_left_out(text: str) -> None:
    left = without_flourish(text)

    assert text.startswith(left)
    assert set(text[len(left) :]) <= set(" .!\u2026\uff01")
    assert not text.strip(" .!\u2026\uff01") or left
