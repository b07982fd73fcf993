"""The terms of a prompt are what router files were fitted with, for ever."""

from __future__ import annotations

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st
from muxer.learn.terms import terms_of


def test_terms_are_the_checksums_of_words_and_of_pairs() -> None:
    good, number, pair = crc32("gôod".encode()), crc32(b"#"), crc32(b"g\xc3\xb4od#")

    assert terms_of(["gôod", "42"]) == [good, number, pair]


@given(st.lists(st.text(st.characters(exclude_categories=()))))
def test_any_text_has_terms_halves_of_surrogate_pairs_too(words: list[str]) -> None:
    assert len(terms_of(words)) == max(0, 2 * len(words) - 1)
