"""Difficulty: a number for anything, the same one every time, higher for harder requests."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core import weights
from muxer.core.difficulty import MODEL, difficulty, log_odds, parse
from muxer.core.features import Features, extract
from muxer.core.structure import STRUCTURE, structure
from muxer.types.chat import ChatRequest, ImagePart, Message

EASY = (
    "hi",
    "Thanks a lot!",
    "Write a poem about the rain in May.",
    "Who wrote Faust?",
    "Suggest a name for my cat.",
    "Act as a waiter in a small café and greet me.",
    "Translate into French: good morning",
)
HARD = (
    "Find all primes p such that p^2 + 2 is also prime, and prove that there are no others.",
    "A tank holds 240 litres. One pipe fills it in 3 hours, another empties it in 5. How long until it is half full?",
    "Implement a concurrent hash map in C++ without locks, and prove that lookups are linearizable.",
    "Let f(x) = (x^3 - 2x) / (x + 1). Determine the intervals on which f is increasing.",
    "Five guests sit at a round table. Ann sits opposite Bob, Cleo not next to Dan, Eve left of Ann. Who is where?",
)


def read(text: str) -> Features:
    return extract(ChatRequest((Message("user", text),)), lambda t: len(t) // 4)


def test_every_hard_request_is_harder_than_every_easy_one() -> None:
    easiest_hard = min(difficulty(read(text)) for text in HARD)
    hardest_easy = max(difficulty(read(text)) for text in EASY)
    assert hardest_easy < easiest_hard


@given(st.text(max_size=3000))
def test_any_text_has_a_difficulty_between_0_and_1(text: str) -> None:
    assert 0 < difficulty(read(text)) < 1


@pytest.mark.parametrize(
    "request_",
    [
        ChatRequest(()),
        ChatRequest((Message("user"),)),
        ChatRequest((Message("system", "Be kind."),)),
        ChatRequest((Message("user", parts=(ImagePart("https://example.org/a.png"),)),)),
        ChatRequest((Message("user", "a" * 1_000_000),)),
        ChatRequest((Message("user", "\x00\u202e\ud7ff" * 100),)),
    ],
    ids=["no message", "no text", "system alone", "picture alone", "one letter a million times", "control characters"],
)
def test_odd_requests_have_a_difficulty_too(request_: ChatRequest) -> None:
    assert 0 < difficulty(extract(request_, lambda t: len(t) // 4)) < 1


def test_difficulty_is_the_chance_that_a_model_of_ability_0_fails() -> None:
    features = read(HARD[0])
    assert math.isclose(difficulty(features), 1 / (1 + math.exp(-log_odds(features))))


def test_a_longer_problem_is_harder() -> None:
    clause = "Then {} passengers get off and {} get on. "
    short = read("A bus holds 50. " + clause.format(3, 4) + "How many are on the bus?")
    long = read("A bus holds 50. " + "".join(clause.format(i, i + 2) for i in range(8)) + "How many are on the bus?")
    assert difficulty(short) < difficulty(long)


def test_a_problem_of_more_steps_is_harder() -> None:
    few = read("Ina has 40 shells. She gives 12 of them to Joe. How many shells does Ina have left after that day?")
    many = read("Ina has 40 shells, twice as many as Joe. Each day she finds 5 more. How many have both in 7 days?")
    assert difficulty(few) < difficulty(many)


def test_sums_and_programs_are_harder_than_talk_of_the_same_length() -> None:
    talk = read("Write a warm letter to my aunt in Ohio, who has sent me a scarf for my birthday this year.")
    tasks = (
        "Write a function in Python that returns the k largest elements of a stream of n integers.",
        "A box holds 12 red and 8 green pens, and a third of them are dry. How many of the pens still write?",
        "If Al is taller than Bo and Bo is taller than Cy, who is the shortest of the three? Explain it.",
    )
    assert all(difficulty(talk) < difficulty(read(task)) for task in tasks)


@pytest.mark.parametrize("text", [*EASY, *HARD])
def test_case_and_blanks_move_difficulty_little(text: str) -> None:
    assert abs(difficulty(read(text)) - difficulty(read(f"  {text.lower()}\n"))) < 0.1


def test_structure_has_a_name_for_each_number() -> None:
    assert len(STRUCTURE) == len(set(STRUCTURE)) == len(structure(read(HARD[0])))


def test_words_that_are_repeated_count_each_time_and_numbers_once() -> None:
    shape = dict(
        zip(
            STRUCTURE, structure(read("Each of each two boxes holds remarkably remarkably 3 and 3 and 4.")), strict=True
        )
    )

    assert shape["relations"] == math.log1p(2)
    assert shape["distinct_numbers"] == math.log1p(2)
    assert shape["long_words"] == 2 / 10
    assert shape["distinct"] == 10 / 14


def test_weights_for_another_structure_are_refused() -> None:
    data = weights.read("difficulty.json").replace(b'"chars"', b'"letters"')
    with pytest.raises(ValueError, match="another version"):
        parse(data)


def test_no_word_of_the_shipped_model_outweighs_everything_else() -> None:
    assert max(map(abs, MODEL.words.values())) < 5
