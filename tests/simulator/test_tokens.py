"""Tokens are whole and deterministic, and repeated beginnings of prompts are found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.simulator.ask import Segment
from muxer.simulator.prompt_cache import PromptCache
from muxer.simulator.scenario import Scenario, choose, markers, parse, without_markers
from muxer.simulator.tokens import Tokens, count, split

LONG = Segment("word " * 1_500)
SHORT = Segment("word " * 100)


@given(st.text())
def test_tokens_joined_are_the_text_again(text: str) -> None:
    assert "".join(split(text)) == text
    assert count(text) == len(split(text))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The quick brown fox jumps over the lazy dog, and then it runs away into the forest.", 16, 22),
        ("def add(a: int, b: int) -> int:\n    return a + b\n", 14, 26),
        ("東京は日本の首都です。", 5, 12),
        ("", 0, 0),
    ],
)
def test_counts_are_realistic(text: str, low: int, high: int) -> None:
    assert low <= count(text) <= high


def test_a_prompt_is_cached_from_its_second_use_on() -> None:
    cache = PromptCache()
    first = cache.automatic("m", [LONG, Segment("one")], bills_writes=True)
    second = cache.automatic("m", [LONG, Segment("two")], bills_writes=True)

    assert first == Tokens(input=first.prompt - 1_408, write_5m=1_408)
    assert second == Tokens(input=first.prompt - 1_408, cached=1_408)


@pytest.mark.parametrize(("segments", "scope"), [([SHORT], "m"), ([LONG], "other"), ([SHORT, LONG], "m")])
def test_short_prompts_other_scopes_and_other_beginnings_are_not_cached(segments: list[Segment], scope: str) -> None:
    cache = PromptCache()
    cache.automatic("m", [SHORT], bills_writes=False)
    cache.automatic("m", [LONG, Segment("one")], bills_writes=False)

    assert cache.automatic(scope, [Segment("different"), *segments], bills_writes=False).cached == 0


def test_breakpoints_below_the_minimum_are_ignored() -> None:
    cache = PromptCache()

    for _ in range(2):
        assert cache.explicit("m", [Segment(SHORT.text, cache="5m")], minimum=512) == Tokens(input=SHORT.tokens)


def test_each_breakpoint_is_billed_by_its_own_lifetime() -> None:
    cache = PromptCache()
    marked = [Segment(LONG.text, cache="1h"), Segment("word " * 500, cache="5m"), Segment("What?")]
    first = cache.explicit("m", marked, minimum=1_024)
    second = cache.explicit("m", [marked[0], Segment("else " * 500, cache="5m"), Segment("What?")], minimum=1_024)

    assert (first.write_1h, first.write_5m, first.cached) == (marked[0].tokens, marked[1].tokens, 0)
    assert (second.write_1h, second.write_5m, second.cached) == (0, marked[1].tokens, marked[0].tokens)
    assert first.input == second.input == count("What?")


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["", "5m", "1h"])), max_size=6), st.booleans())
def test_every_token_of_a_prompt_is_billed_once(parts: list[tuple[int, str]], explicit: bool) -> None:
    cache = PromptCache()
    segments = [Segment("some words " * 700 * size, flat=size, cache=mark) for size, mark in parts]

    for _ in range(2):
        if explicit:
            tokens = cache.explicit("m", segments, minimum=1_024)
        else:
            tokens = cache.automatic("m", segments, bills_writes=True)
        assert tokens.prompt == sum(segment.tokens for segment in segments)
        assert min(tokens.input, tokens.cached, tokens.write_5m, tokens.write_1h) >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ok", Scenario("ok")),
        ("429;retry_after=7", Scenario("429", {"retry_after": "7"})),
        ("fail_times=2;key=a b;status=503", Scenario("fail_times", {"fail_times": "2", "key": "a b", "status": "503"})),
        (" 500 ; code = x ;", Scenario("500", {"code ": " x"})),
        ("redirect;to=http://a/?b=c", Scenario("redirect", {"to": "http://a/?b=c"})),
        ("", Scenario("ok")),
    ],
)
def test_scenarios_are_read_from_their_written_form(text: str, expected: Scenario) -> None:
    assert parse(text) == expected


@given(st.text())
def test_any_text_is_some_scenario(text: str) -> None:
    scenario = parse(text)

    assert scenario.name
    assert scenario.integer("missing", 3) == 3
    assert scenario.seconds("missing", 0.5) == 0.5


@pytest.mark.parametrize(("given_", "seconds"), [("0.5", 0.5), ("-1", 0.0), ("nan", 9.0), ("1e9", 3_600.0), ("x", 9.0)])
def test_times_are_kept_within_reason(given_: str, seconds: float) -> None:
    assert Scenario("x", {"t": given_}).seconds("t", 9.0) == seconds


def test_markers_are_found_and_taken_out() -> None:
    message = "Say [[simulate:500;provider=openai]]hi[[simulate:429]]."

    assert [scenario.name for scenario in markers(message)] == ["500", "429"]
    assert without_markers(message) == "Say hi."


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({}, "ok"),
        ({"standing": Scenario("503")}, "503"),
        ({"standing": Scenario("503"), "suffix": "500"}, "500"),
        ({"suffix": "500", "message": "[[simulate:429]]"}, "429"),
        ({"suffix": "500", "message": "[[simulate:429;provider=other]]"}, "500"),
        ({"suffix": "500", "message": "[[simulate:429;model=m;provider=p]]"}, "429"),
        ({"message": "[[simulate:429;model=x]][[simulate:401]]"}, "401"),
        ({"message": "[[simulate:429]]", "header": "ok"}, "ok"),
    ],
    ids=str,
)
def test_the_nearest_source_of_a_scenario_wins(sources: dict[str, Scenario | str], expected: str) -> None:
    given_ = {"header": "", "message": "", "suffix": "", "standing": None, **sources}

    assert choose("p", "m", **given_).name == expected  # type: ignore[arg-type]  # keywords out of a table
