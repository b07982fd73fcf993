"""What counting a text may cost at most, told by what is counted, and how exact it stays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.tokens import EXACT_CHARS, EXACT_TOKENS
from muxer.vocabulary.counter import load_counter
from muxer.vocabulary.long_text import (
    RULERS,
    SLICE_CHARS,
    SLICES,
    STEP_CHARS,
    bounded,
)

PROSE = "The ferry to the island leaves at nine, and nobody knows whether it returns before dark.\n"
CHINESE = "渡轮九点开往小岛，没有人知道它是否会在天黑之前回来。"
MOST_CHARS = EXACT_CHARS + STEP_CHARS + SLICES * (SLICE_CHARS + 128)

count = load_counter().count
unbounded = import_module("toktok")._encoding("o200k_base").count


class Recorder:
    """Counts like the function that it is given, and notes what it was asked for."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self.texts: list[str] = []
        self._count = count

    def __call__(self, text: str) -> int:
        self.texts.append(text)
        return self._count(text)


def words(text: str) -> int:
    """A tokenizer of one token per word."""
    return len(text.split())


@pytest.mark.parametrize("size", [0, 1, 500, STEP_CHARS])
def test_an_ordinary_text_is_counted_by_one_call(size: int) -> None:
    seen = Recorder(words)
    text = ("word " * STEP_CHARS)[:size]

    assert bounded(seen)(text) == words(text)
    assert seen.texts == [text]


def test_a_longer_text_is_counted_whole_and_exactly() -> None:
    seen = Recorder(words)
    text = ("alpha beta\n" * EXACT_CHARS)[: EXACT_CHARS - 1]

    assert bounded(seen)(text) == words(text)
    assert "".join(seen.texts) == text


@pytest.mark.parametrize("sentence", [PROSE, CHINESE, "if x:\n\treturn [a, b]  # ---\n", "Привет, мир! " * 7])
@given(chars=st.integers(STEP_CHARS, 8 * STEP_CHARS))
def test_steps_end_where_the_vocabulary_cuts(sentence: str, chars: int) -> None:
    text = (sentence * (8 * STEP_CHARS // len(sentence) + 1))[:chars]

    assert count(text) == unbounded(text)


@pytest.mark.parametrize("size", [EXACT_CHARS + 1, 500_000, 4_000_000])
@pytest.mark.parametrize("unit", ["a", " ", "\n", "-", "word ", "哈", "😀", "ab-", "\x00", "é"])
def test_however_long_a_text_no_more_than_a_fixed_part_of_it_is_counted(unit: str, size: int) -> None:
    seen = Recorder(len)

    bounded(seen)((unit * size)[:size])

    assert sum(map(len, seen.texts)) <= EXACT_TOKENS + STEP_CHARS + SLICES * (SLICE_CHARS + 128)


def test_a_text_of_few_tokens_is_counted_up_to_the_limit_of_characters() -> None:
    seen = Recorder(lambda text: 1)

    bounded(seen)("word " * 1_000_000)

    assert EXACT_CHARS <= sum(map(len, seen.texts)) <= MOST_CHARS


@pytest.mark.parametrize("char", RULERS)
def test_long_rulers_are_handed_on_shortened_and_counted_in_full(char: str) -> None:
    seen = Recorder(lambda text: 3 * len(text) // 64)
    ruler = char * (64 * 20 + 17)

    counted = bounded(seen)(f"above {ruler} below")

    assert all(char * 128 not in text for text in seen.texts)
    assert counted == 3 * len(seen.texts[0]) // 64 + 19


@pytest.mark.parametrize(("char", "tokens"), [("-", 1_000), ("=", 1_000), ("*", 1_000), ("#", 1_000), ("/", 1_000)])
def test_a_ruler_of_64_characters_is_one_token_however_many_there_are(char: str, tokens: int) -> None:
    assert count(char * 64 * tokens) == tokens


def test_the_sample_follows_what_stands_in_the_middle_and_at_the_end() -> None:
    text = PROSE * 1_000 + CHINESE * 8_000 + PROSE * 2_000
    true = 1_000 * count(PROSE) + 8_000 * count(CHINESE) + 2_000 * count(PROSE)

    assert 0.9 * true <= count(text) <= 1.1 * true


def test_the_same_text_has_the_same_count() -> None:
    text = PROSE * 5_000

    assert {count(text) for _ in range(3)} == {count(text)}


def test_a_longer_text_of_the_same_kind_has_no_fewer_tokens() -> None:
    counts = [count(PROSE * times) for times in (1, 10, 100, 700, 800, 1_000, 5_000, 20_000)]

    assert counts == sorted(counts)
