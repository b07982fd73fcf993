"""What is read out of a request, how much of it is read, and that nothing a caller sends can break the reading."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.features import Features, extract
from muxer.core.text.sample import TURN_CHARS
from muxer.core.tokens import count
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ResponseFormat,
    TextPart,
    Tool,
)

IMAGE = ImagePart(url="https://example.org/a.png")


def read(*messages: Message, **fields: object) -> Features:
    """The features of a request with these messages."""
    return extract(ChatRequest(messages=messages, **fields), count)  # type: ignore[arg-type]  # any field of a request


def said(text: str) -> Features:
    """The features of a single user turn."""
    return read(Message("user", content=text))


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Write a Python function that adds two numbers", "code"),
        ("用Python写一个函数", "code"),
        ("```\nx = 1\n```", "code"),
        ("Translate this to French", "translation"),
        ("Переведи на английский: привет", "translation"),
        ("把这句话翻译成英文", "translation"),
        ("What is in this picture?", "vision"),
        ("この画像は何ですか", "vision"),
        ("How do I build a bomb?", "safety"),
        ("如何制造炸弹", "safety"),
    ],
)
def test_a_request_shows_the_signal_of_its_task(text: str, signal: str) -> None:
    assert getattr(said(text).signals.signals, signal)


def test_small_talk_shows_no_signal_at_all() -> None:
    signals = said("hi, how was your day?").signals

    assert (signals.has_code_fence, signals.has_programming_keywords) == (False, False)
    assert not any(getattr(signals.signals, name) for name in ("code", "translation", "vision", "safety"))


def test_a_code_fence_is_told_from_a_quotation_mark() -> None:
    assert said("look:\n```python\nprint(1)\n```").signals.has_code_fence
    assert not said("he said `hello`").signals.has_code_fence


def test_the_token_estimate_is_that_of_the_whole_prompt_by_the_counter_given() -> None:
    request = ChatRequest(messages=(Message("system", content="abcd"), Message("user", content="abcdef")))

    assert extract(request, len).signals.token_length_est == 3 + 4 + 4 + 4 + 6


def test_the_last_user_turn_is_judged_and_the_one_before_is_at_hand() -> None:
    features = read(
        Message("user", content="Translate 'good night' to Polish."),
        Message("assistant", content="Dobranoc."),
        Message("user", content="and in Czech?"),
    )

    assert (features.text, features.follow_up) == ("and in Czech?", True)
    assert features.earlier == "Translate 'good night' to Polish."


def test_a_chain_of_follow_ups_leads_back_to_the_turn_that_set_the_task() -> None:
    features = read(
        Message("user", content="Write a function that parses dates."),
        Message("assistant", content="..."),
        Message("user", content="now in Go"),
        Message("assistant", content="..."),
        Message("user", content="and in Rust"),
    )

    assert features.earlier == "Write a function that parses dates."


def test_a_turn_with_a_subject_of_its_own_is_no_follow_up() -> None:
    features = read(
        Message("user", content="Translate 'good night' to Polish."),
        Message("assistant", content="Dobranoc."),
        Message("user", content="Who was the first king of Poland?"),
    )

    assert not features.follow_up


def test_attachments_are_seen_and_those_of_the_last_turn_told_apart() -> None:
    features = read(
        Message("user", parts=(TextPart("look"), IMAGE, AudioPart(data="AAAA", format="wav"))),
        Message("assistant", content="a cat"),
        Message("user", parts=(TextPart("thanks"), FilePart(file_id="f1"))),
    )

    assert (features.has_image, features.has_audio, features.has_file) == (True, True, True)
    assert not features.turn_has_image


def test_tools_their_results_and_the_answer_format_are_seen() -> None:
    features = read(
        Message("user", content="weather?"),
        Message("tool", content="12 degrees", tool_call_id="c1"),
        tools=(Tool(name="weather"),),
        response_format=ResponseFormat(kind="json_object"),
    )

    assert (features.has_tools, features.has_tool_results, features.response_format) == (True, True, "json_object")


def test_plain_text_is_no_answer_format() -> None:
    assert read(Message("user", content="hi"), response_format=ResponseFormat()).response_format == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the best way to do this?", "en"),
        ("Wie kann ich das am besten machen?", "de"),
        ("Quelle est la meilleure façon de le faire ?", "fr"),
        ("¿Cuál es la mejor manera de hacer esto?", "es"),
        ("Как это лучше сделать?", "ru"),
        ("怎么做比较好？", "zh"),
        ("これはどうすればいいですか", "ja"),
        ("어떻게 하면 좋을까요?", "ko"),
        ("كيف أفعل ذلك؟", "ar"),
        ("मैं यह कैसे करूँ?", "hi"),
        ("Làm thế nào để tôi làm điều này?", "vi"),
        ("xyzzy", ""),
    ],
)
def test_the_language_is_guessed(text: str, language: str) -> None:
    assert language == said(text).language


def test_structure_is_counted() -> None:
    features = said("Solve 3x + 5 = 20.\nA) 3\nB) 5")

    assert (features.lines, features.maths, features.options, features.number_count >= 4) == (3, True, True, True)
    assert features.operator_count == 2


@given(st.text("ab 12.,é\n", max_size=60))
def test_every_word_is_counted_in_the_order_of_first_places(text: str) -> None:
    features = said(text)
    distinct = dict.fromkeys(features.words)

    assert [(word, features.words.count(word)) for word in distinct] == list(features.counts.items())
    assert (features.number_count, features.sign_count) == (
        sum(word.isdigit() for word in features.words),
        sum(len(word) == 1 and not word.isalnum() for word in features.words),
    )


def test_a_question_is_one_by_its_mark_or_by_its_words() -> None:
    assert said("you are well?").question
    assert said("who wrote Emma").question
    assert not said("Write a poem.").question


def test_a_long_turn_is_sampled_with_its_beginning_and_its_end() -> None:
    features = said("Translate this. " + "x y z " * 100_000 + " Into French, please.")

    assert len(features.text) <= TURN_CHARS + 1
    assert features.text.startswith("Translate this.")
    assert features.text.endswith("Into French")
    assert features.turn_chars > 600_000


def test_reading_half_a_megabyte_costs_no_more_than_a_few_times_the_sample() -> None:
    def seconds(size: int) -> float:
        request = ChatRequest(messages=(Message("user", content=("lorem ipsum dolor " * (size // 18 + 1))[:size]),))
        times = []
        for _ in range(5):
            start = time.perf_counter()
            extract(request, count)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(500_000) < 20 * seconds(TURN_CHARS)


def test_a_request_without_a_user_turn_is_read_as_empty() -> None:
    features = read(Message("system", content="You are terse."))

    assert (features.text, features.user_turns, features.system) == ("", 0, "You are terse.")


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), st.text()), max_size=6))
def test_no_text_breaks_the_reading_and_it_always_reads_the_same(turns: list[tuple[str, str]]) -> None:
    request = ChatRequest(messages=tuple(Message(role, content=text) for role, text in turns))

    assert extract(request, count) == extract(request, count)
