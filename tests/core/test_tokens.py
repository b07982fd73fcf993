"""The estimate of tokens against true counts of o200k_base, and the framing of whole requests."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.route import decide
from muxer.core.tokens import (
    EXACT_CHARS,
    EXACT_TOKENS,
    SAMPLE_CHARS,
    SLICE_CHARS,
    SLICES,
    TOKENS_PER_IMAGE,
    TOKENS_PER_MESSAGE,
    TOKENS_PER_REPLY,
    WHOLE_CHARS,
    WHOLE_TOKENS,
    count,
    measure,
    prompt_tokens,
)
from muxer.errors import BadRequest, BudgetExceeded
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    RefusalPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
)
from muxer.types.money import PicoUsd

from tests.core.builders import model, view, with_limit

TRUE_COUNTS = [
    ("The museum was founded in 1887 by the painter Elsa Brandt, in the old granary of the town.", 24),
    ('def area(radius: float) -> float:\n    """Area of a circle."""\n    return 3.14159 * radius ** 2\n', 29),
    ('{"user": {"id": 7, "name": "Lena Vogt", "roles": ["admin", "editor"]}, "active": true}', 33),
    ("Der Zug nach Hamburg hat wegen einer Störung am Gleis etwa vierzig Minuten Verspätung.", 21),
    ("Le musée est fermé le lundi, mais le jardin reste ouvert toute la semaine.", 16),
    ("El tren sale a las ocho y cuarto de la estación del norte, andén número dos.", 19),
    ("Поезд на Казань отправляется с третьего пути в восемь часов пятнадцать минут.", 21),
    ("博物馆星期一不开门，但是花园每天都对游客开放。", 16),
    ("美術館は月曜日が休みですが、庭園は毎日開いています。", 20),
    ("박물관은 월요일에 문을 닫지만 정원은 매일 열려 있습니다.", 21),
    ("المتحف مغلق يوم الاثنين لكن الحديقة مفتوحة كل يوم.", 15),
    ("संग्रहालय सोमवार को बंद रहता है लेकिन बगीचा हर दिन खुला रहता है।", 20),
    ("Viện bảo tàng đóng cửa vào thứ hai nhưng khu vườn mở cửa mỗi ngày.", 20),
    ("| city | temp |\n|---|---|\n| Oslo | 3.5 |\n| Rome | 17.25 |\n", 26),
]


@pytest.mark.parametrize(("text", "tokens"), TRUE_COUNTS)
def test_the_estimate_is_within_a_third_of_the_true_count(text: str, tokens: int) -> None:
    assert 0.67 * tokens - 1 <= count(text) <= 1.33 * tokens + 1


def test_the_estimates_are_right_to_a_tenth_on_the_whole() -> None:
    estimated, true = sum(count(text) for text, _ in TRUE_COUNTS), sum(tokens for _, tokens in TRUE_COUNTS)

    assert 0.9 * true <= estimated <= 1.1 * true


def test_nothing_is_no_token() -> None:
    assert count("") == 0


def test_a_long_text_counts_as_its_sample_does_in_proportion() -> None:
    text = "The quick brown fox jumps over the lazy dog. "
    once = count(text * 100)

    assert abs(count(text * 10_000) - 100 * once) <= once


@given(st.text(min_size=1))
def test_any_text_is_at_least_one_token_and_at_most_its_bytes(text: str) -> None:
    assert 1 <= count(text) <= max(2, 2 * len(text.encode("utf-8", "replace")))


@given(st.text(max_size=200), st.text(max_size=200))
@example("0AAAAA\u2e80", "A")
def test_more_text_is_not_fewer_tokens(first: str, second: str) -> None:
    assert count(first + second) >= max(count(first), count(second)) - 2


def test_each_message_and_the_reply_are_framed() -> None:
    request = ChatRequest(messages=(Message("system", content="ab"), Message("user", content="abc")))

    assert prompt_tokens(request, len) == TOKENS_PER_REPLY + 2 * TOKENS_PER_MESSAGE + 5


def test_pictures_and_files_are_flat_and_sound_goes_by_its_length() -> None:
    parts = (
        TextPart("abc"),
        RefusalPart("no"),
        ImagePart(url="https://example.org/a.png"),
        FilePart(file_id="f"),
        AudioPart(data="A" * 8_000, format="mp3"),
    )
    request = ChatRequest(messages=(Message("user", parts=parts),))

    expected = TOKENS_PER_REPLY + TOKENS_PER_MESSAGE + 3 + 2 + 2 * TOKENS_PER_IMAGE + 1 + 4
    assert expected == prompt_tokens(request, len)


def test_an_inline_picture_does_not_count_by_its_bytes() -> None:
    picture = ImagePart(url="data:image/png;base64," + "A" * 1_000_000)
    request = ChatRequest(messages=(Message("user", parts=(picture,)),))

    assert prompt_tokens(request) == TOKENS_PER_REPLY + TOKENS_PER_MESSAGE + TOKENS_PER_IMAGE


def test_tools_calls_and_schemas_count_by_their_text() -> None:
    plain = ChatRequest(messages=(Message("user", content="x"),))
    full = ChatRequest(
        messages=(Message("user", content="x", tool_calls=(ToolCall(id="1", name="abc", arguments="{}"),)),),
        tools=(Tool(name="ab", description="cd", parameters="{}"),),
        response_format=ResponseFormat(kind="json_schema", schema='{"a":1}'),
    )

    expected = (TOKENS_PER_MESSAGE + 3 + 2) + (TOKENS_PER_MESSAGE + 2 + 2 + 2) + 7
    assert expected == prompt_tokens(full, len) - prompt_tokens(plain, len)


def test_the_sample_is_much_smaller_than_the_longest_prompts() -> None:
    assert SAMPLE_CHARS < 50_000


def test_a_prompt_of_many_long_messages_is_not_counted_to_its_end() -> None:
    counted: list[str] = []

    def count_and_note(text: str) -> int:
        counted.append(text)
        return len(text) // 4

    messages = tuple(Message("user", "word " * 4_000) for _ in range(500))
    total = prompt_tokens(ChatRequest(messages=messages), count_and_note)
    assert sum(map(len, counted)) <= WHOLE_CHARS + SLICES * SLICE_CHARS
    assert abs(total - 500 * (5_000 + TOKENS_PER_MESSAGE)) <= 600


ENGLISH = "The committee met at nine and discussed the budget for the coming year. "
CHINESE = "这个问题的关键在于我们如何理解经济增长与环境保护之间的关系。"
CODE = "    if left is not None and time.p50_ms > left:\n        return Hurdle.DEADLINE\n"


def exact(text: str) -> int:
    """Counts as a vocabulary does that has words of ASCII and single bytes of anything else."""
    return sum(1 if word.isascii() else len(word.encode()) for word in text.split())


MIXTURES = {
    "blanks, then Chinese": (" " * 262_144, CHINESE * 8_000),
    "Chinese, then blanks": (CHINESE * 8_000, " " * 262_144),
    "English, then Chinese": (ENGLISH * 4_000, CHINESE * 10_000),
    "one text of both": (ENGLISH * 4_000 + CHINESE * 10_000,),
    "many messages in turns": (ENGLISH * 15, CHINESE * 35, CODE * 14) * 350,
    "a text that keeps step": ((ENGLISH * 40 + CHINESE * 94) * 120,),
    "mostly one, a little of another": (ENGLISH * 9_000, CHINESE * 2_000),
}


@pytest.mark.parametrize("texts", MIXTURES.values(), ids=MIXTURES)
def test_a_long_prompt_of_several_densities_is_estimated_to_some_percent(texts: tuple[str, ...]) -> None:
    prompt = measure(ChatRequest(tuple(Message("user", text) for text in texts)), exact)
    true = TOKENS_PER_REPLY + sum(TOKENS_PER_MESSAGE + exact(text) for text in texts)

    assert prompt.expected == pytest.approx(true, rel=0.05)
    assert true <= prompt.p90 <= 1.15 * true
    assert true <= prompt.most


def test_each_message_of_a_long_prompt_has_its_own_share() -> None:
    messages = (Message("system", " " * 262_144), Message("user", CHINESE * 8_000), Message("user", "go"))

    blank, chinese, short = measure(ChatRequest(messages), exact).messages

    assert chinese > 2 * blank
    assert short == 1


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4), st.integers(1, 9_000))
def test_no_text_has_more_tokens_than_the_most_that_is_told_of_it(texts: list[str], times: int) -> None:
    def bytewise(text: str) -> int:
        return len(text.encode("utf-8", "surrogatepass"))

    long = [text * times for text in texts]
    prompt = measure(ChatRequest(tuple(Message("user", text) for text in long)), bytewise)

    assert prompt.expected <= prompt.p90 <= prompt.most
    assert sum(map(bytewise, long)) <= prompt.most


@given(st.text(min_size=1, max_size=20), st.integers(1, 9_000))
def test_the_three_figures_are_in_order_whatever_counts(text: str, times: int) -> None:
    prompt = measure(ChatRequest((Message("user", text * times),)))

    assert 0 < prompt.expected <= prompt.p90 <= prompt.most


def test_what_hides_between_the_slices_cannot_pass_the_most() -> None:
    places, looked_at = [chr(0x20000 + at) for at in range(70_000)], set[str]()

    def note(text: str) -> int:
        looked_at.update(text)
        return 1

    measure(ChatRequest((Message("user", "".join(places)),)), note)
    hidden = "".join([" " if place in looked_at else "\u4e7e" for place in places])
    prompt = measure(ChatRequest((Message("user", hidden),)), exact)

    assert prompt.expected < 100
    assert exact(hidden) <= prompt.most


def test_a_prompt_that_was_counted_whole_has_one_figure() -> None:
    prompt = measure(ChatRequest((Message("user", ENGLISH * 500), Message("user", CHINESE * 100))), exact)

    assert prompt.expected == prompt.p90 == prompt.most


def test_a_count_that_may_be_a_guess_is_not_the_most() -> None:
    request = ChatRequest((Message("user", CHINESE * 700),))

    assert measure(request, lambda text: EXACT_TOKENS).most > 60_000
    assert measure(request).most > measure(request).expected


def test_dense_texts_are_not_counted_to_their_end_either() -> None:
    counted: list[str] = []

    def count_and_note(text: str) -> int:
        counted.append(text)
        return 4 * len(text)

    measure(ChatRequest(tuple(Message("user", "\U00020000" * 4_000) for _ in range(60))), count_and_note)

    assert 4 * sum(map(len, counted)) <= WHOLE_TOKENS + 16_000 + 4 * SLICES * SLICE_CHARS
    assert max(map(len, counted)) <= EXACT_CHARS


HIDING = ChatRequest((Message("system", " " * 262_144), Message("user", CHINESE * 8_000)))


def test_a_dense_end_of_a_long_prompt_counts_towards_the_limit_of_cost() -> None:
    world = replace(view(model("p:m", 2.0)), count_tokens=exact)
    true = exact(CHINESE * 8_000)
    cost = decide(HIDING, world).selected.cost

    assert cost.expected == pytest.approx(2_000_000 * true, rel=0.05)
    assert 2_000_000 * true <= cost.p90 <= cost.ceiling
    with pytest.raises(BudgetExceeded):
        decide(with_limit(HIDING, PicoUsd(2_000_000 * true)), world)


def test_a_dense_end_of_a_long_prompt_counts_towards_the_context() -> None:
    world = replace(view(model("p:m", window=700_000)), count_tokens=exact)

    with pytest.raises(BadRequest):
        decide(HIDING, world)
