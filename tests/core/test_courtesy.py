"""Greetings, pleas and thanks around a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core import difficulty, tokens
from muxer.core.features import extract
from muxer.core.text.courtesy import without_courtesy

from tests.core.builders import ask

POEM = "Write a poem about rain"


@pytest.mark.parametrize(
    "text",
    [
        f"Hi! {POEM}",
        f"Good morning, please {POEM}",
        f"{POEM}, please.",
        f"{POEM}. Thank you very much!",
        f"{POEM} Thanks!",
        f"HELLO THERE: {POEM}\n\nThanks in advance",
        f"你好，{POEM}。谢谢！",
        f"Hallo, bitte {POEM}, danke!",
        f"  \n{POEM}\n",
    ],
)
def test_courtesy_is_left_out(text: str) -> None:
    assert without_courtesy(text).rstrip(".。") == POEM


@pytest.mark.parametrize(
    "text",
    [
        "Hello World in Rust",
        "How do you say thank you",
        "How do you say please?",
        "Translate: thank you",
        "Is this polite: 'Thanks!'",
        "Hint: it is blue.",
        "Thanks!",
        "Hi",
        "Please",
        "please, thank you!",
        "İ, thanks",
    ],
)
def test_what_may_be_meant_stays(text: str) -> None:
    assert without_courtesy(text) == text


@given(st.text(), st.sampled_from(("", "Hi! ", "please ", "Hello, ")), st.sampled_from(("", ", thanks.", " Danke!")))
def test_something_of_the_text_is_always_left(middle: str, before: str, after: str) -> None:
    text = before + middle + after
    kept = without_courtesy(text)

    assert kept in text
    assert bool(kept) == bool(text.strip())


def test_a_request_is_no_harder_or_easier_for_being_polite() -> None:
    plain, polite = (extract(ask(text), tokens.count) for text in (POEM, f"Hi there! Please {POEM}, thank you."))

    assert difficulty.log_odds(plain) == difficulty.log_odds(polite)
