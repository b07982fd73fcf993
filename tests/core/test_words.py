"""Cutting a text into words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from muxer.core.text.words import words_of

NOT_ASCII = "\u7684"


@given(st.text(st.characters(max_codepoint=127)) | st.text(st.sampled_from("aB'9. \n\x1c\x1f\x00\x7f-")))
def test_a_text_in_ascii_has_the_same_words_as_it_has_beside_other_letters(text: str) -> None:
    assert [*words_of(text), NOT_ASCII] == words_of(f"{text} {NOT_ASCII}")


def test_words_are_lower_case_numbers_are_whole_and_signs_are_single() -> None:
    assert words_of("Don't pay $12.50 -- NOW!") == ["don't", "pay", "$", "12", ".", "50", "-", "-", "now", "!"]
