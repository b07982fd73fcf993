"""What requests say of the length of their answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.features import Features, extract
from muxer.core.length_hint import (
    FIRST_WORDS,
    LAST_WORDS,
    LEAST,
    LIST_ITEM,
    LONG_FORM,
    LONG_WORK,
    NO_HINT,
    length_hint,
)

from tests.core.builders import ask, words


def features(text: str) -> Features:
    return extract(ask(text), words)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Explain gravity in one sentence.", 25),
        ("Summarise this 5000 word essay in 3 sentences.", 75),
        ("Write a 2,000-word story about a fox.", 2_800),
        ("Describe the water cycle in about 100 words.", 140),
        ("Write five short paragraphs on whales.", 450),
        ("Give me an overview of Rome in no more than two pages.", 1_200),
        ("Fasse den Text in drei Sätzen zusammen, und zwar auf Deutsch.", 75),
        ("Résume ce texte en 100 mots.", 182),
        ("Escribe un ensayo de 300 palabras sobre el mar.", 546),
        ("Опиши Москву в двух предложениях.", 65),
        ("写一篇500字的文章", 400),
        ("写一篇500字的文章。" + "文，" * 80, 400),
        ("次の文章を200文字以内で要約してください", 160),
    ],
)
def test_a_length_that_is_wished_for_is_read(text: str, tokens: float) -> None:
    hint = length_hint(features(text))

    assert hint.stated
    assert hint.tokens == pytest.approx(tokens, rel=0.31)  # a short text's language may be taken for another one


@pytest.mark.parametrize(
    "text",
    [
        "John read 20 pages on Monday and 12 pages on Tuesday. How many pages has he read?",
        "She can write 40 words per minute.",
        "In other words, what is it?",
        "What does the following 300 word text mean?",
        "What is 5% of 200?",
        "Bob typed 1000 characters.",
    ],
)
def test_a_length_that_is_told_of_is_no_wish(text: str) -> None:
    assert length_hint(features(text)) == NO_HINT


@pytest.mark.parametrize(
    ("text", "items"),
    [("Give me five reasons to run.", 5), ("List 10 countries.", 10), ("Name three countries.", 3)],
)
def test_a_number_of_things_tells_the_length_roughly(text: str, items: int) -> None:
    hint = length_hint(features(text))

    assert hint.tokens == items * LIST_ITEM
    assert not hint.stated


def test_a_word_about_length_scales_the_answer() -> None:
    assert length_hint(features("Explain briefly why the sky is blue.")).scale < 1
    assert length_hint(features("Give a detailed account of why the sky is blue.")).scale > 1


def test_what_is_to_be_written_is_long_and_what_is_to_be_read_is_not() -> None:
    assert length_hint(features("Write an essay on tea.")).least == LONG_FORM
    assert length_hint(features("What is this essay about?")).least == 0


@pytest.mark.parametrize("text", ["Write a novel", "Please write me a complete fantasy novel.", "Schreibe einen Roman"])
def test_a_novel_is_longer_than_an_essay(text: str) -> None:
    assert length_hint(features(text)).least == LONG_WORK


def test_chapters_are_counted() -> None:
    assert length_hint(features("Write a 10-chapter novel.")).tokens == 9_000


@pytest.mark.parametrize(
    "text",
    [
        "Write a summary of this novel.",
        "Write a book review.",
        "Write a title for my essay.",
        "Generate ideas for a novel.",
    ],
)
def test_a_text_that_something_else_is_about_is_not_written(text: str) -> None:
    assert length_hint(features(text)).least == 0


def test_nothing_is_expected_to_be_shorter_than_a_few_tokens() -> None:
    assert length_hint(features("Answer in one word: is it raining?")).tokens == LEAST


def test_the_wish_may_stand_behind_a_long_text_but_not_in_its_midst() -> None:
    padding = "lorem ipsum " * FIRST_WORDS

    assert length_hint(features(f"{padding} Summarise it in two sentences.")).stated
    assert not length_hint(features(f"{padding} Summarise it in two sentences. {padding}")).stated


def test_words_that_are_not_neighbours_are_not_read_together() -> None:
    head = "lorem ipsum " * (FIRST_WORDS // 2 - 1)
    tail = "lorem " * (LAST_WORDS - 1)

    assert length_hint(features(f"{head} in two sentences {tail}")).stated
    assert not length_hint(features(f"{head} in two {'dolor ' * 40} sentences {tail}")).stated


@given(st.text(max_size=300))
def test_whatever_is_asked_the_hint_is_a_sane_number(text: str) -> None:
    hint = length_hint(features(text))

    assert hint.tokens == 0 or LEAST <= hint.tokens < 10**8
    assert 0.1 < hint.scale < 10
    assert hint.least in (0, LONG_FORM)
