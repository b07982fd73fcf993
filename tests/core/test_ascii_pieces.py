"""The fast count of an ASCII text's pieces against the regular expressions that say what a piece is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from muxer.core.text.ascii_pieces import pieces

WORD = re.compile(r"[^\s\d!-/:-@\[-`{-~]+")
PIECE = re.compile(rf"{WORD.pattern}|\d{{1,3}}|[!-/:-@\[-`{{-~]+\n*|\n+|[ \t]{{2,}}")

TEXTS = st.text(st.sampled_from("abcdefgh  \t\t\n\n\n123..,_-'{}\r\x1c\x7f\x00"), max_size=80) | st.text(
    st.characters(max_codepoint=127), max_size=80
)


@given(TEXTS, st.integers(0, 20))
def test_pieces_and_the_rest_of_long_words_are_those_that_the_patterns_find(text: str, long_word: int) -> None:
    beyond = sum(max(0, len(word) - long_word) for word in WORD.findall(text))

    assert (len(PIECE.findall(text)), beyond) == pieces(text, long_word)


def test_a_line_of_code_is_cut_into_words_numbers_signs_and_indentation() -> None:
    # "    ", "return", "12", ".", "345", "6", "*", "factorial", "()\n"
    assert pieces("    return 12.3456 * factorial()\n", 7) == (9, 2)
