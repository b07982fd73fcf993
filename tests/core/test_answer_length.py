"""How long answers will be: by the request, and by what the model's answers were like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.answer_length import (
    FORCED_CALL,
    LEAST_JSON,
    LENGTHS,
    MEDIAN_FACTOR,
    STATED,
    AnswerLength,
    answer_length,
)
from muxer.core.intent import LABELS
from muxer.core.length_hint import LengthHint
from muxer.core.payload import Payload
from muxer.core.prepared import UNKNOWN_MAX_OUTPUT, PreparedModel, prepared
from muxer.types.catalog import Capabilities, ModelSpec
from muxer.types.chat import ChatRequest, ResponseFormat, ToolChoice
from muxer.types.decision import LengthPrior, Policy, UsagePrior

from tests.core.builders import TODAY, ask, catalog, model

POLICY = Policy(default_tokens_out=300)


PAYLOAD = Payload(100, 100)


def ready(spec: ModelSpec) -> PreparedModel:
    return prepared(catalog(spec), TODAY)[spec.id]


PLAIN = ready(model("p:m"))
REASONER = model("p:r", can=Capabilities(reasoning=True))


def lengths(
    request: ChatRequest, intent: str, spec: ModelSpec | None = None, prompt: int = 100
) -> tuple[int, int, int]:
    return answer_length(request, intent, Payload(prompt, prompt), POLICY).on(ready(spec or model("p:m")))[1:]


def history(median: float, p90: float, samples: int, kind: str = "chat_lite") -> UsagePrior:
    return UsagePrior(lengths={kind: LengthPrior(median, p90, samples)})


def test_every_intent_has_a_length() -> None:
    assert set(LABELS) == set(LENGTHS)


def test_an_unknown_intent_gets_the_operators_default_length() -> None:
    assert lengths(ask(), "unknown")[0] == 300


def test_the_90th_percentile_is_two_and_a_half_times_the_expected_length() -> None:
    assert lengths(ask(), "chat_lite")[:2] == (150, 375)


def test_a_translation_is_as_long_as_its_payload() -> None:
    assert lengths(ask(), "translation", prompt=2_000)[0] == 2_210


def test_a_model_that_reasons_writes_more() -> None:
    assert lengths(ask(), "deep_reason")[0] == 700
    assert lengths(ask(), "deep_reason", REASONER)[0] == 2_700


@pytest.mark.parametrize(("effort", "expected"), [("none", 700), ("low", 1_500), ("medium", 2_700), ("max", 10_700)])
def test_effort_scales_the_reasoning_alone(effort: str, expected: int) -> None:
    request = ask(reasoning_effort=effort)

    assert lengths(request, "deep_reason", REASONER)[0] == expected
    assert lengths(request, "deep_reason")[0] == 700


@pytest.mark.parametrize(("verbosity", "expected"), [("low", 90), ("medium", 150), ("high", 240)])
def test_verbosity_scales_the_visible_answer(verbosity: str, expected: int) -> None:
    assert lengths(ask(verbosity=verbosity), "chat_lite")[0] == expected


def test_an_answer_has_more_tokens_in_a_vocabulary_of_shorter_ones() -> None:
    assert lengths(ask(), "chat_lite", model("p:m", factor=1.6))[:2] == (240, 600)


def test_max_tokens_caps_each_figure() -> None:
    assert lengths(ask(max_tokens=200), "chat_lite") == (150, 200, 200)
    assert lengths(ask(max_tokens=50), "chat_lite") == (50, 50, 50)


def test_what_a_model_can_write_caps_each_figure() -> None:
    assert lengths(ask(max_tokens=9_000), "chat_lite", model("p:m", max_output=100)) == (100, 100, 100)


def test_a_model_of_unknown_limits_may_write_a_great_deal() -> None:
    assert lengths(ask(), "chat_lite")[2] == UNKNOWN_MAX_OUTPUT


def test_several_answers_are_as_many_times_as_long_and_capped_each() -> None:
    assert lengths(ask(n=3, max_tokens=200), "chat_lite") == (450, 600, 600)


def test_a_forced_tool_call_is_short_whatever_the_task() -> None:
    assert lengths(ask(tools=1, tool_choice=ToolChoice("required")), "code_gen")[0] == FORCED_CALL
    assert lengths(ask(tools=1, tool_choice=ToolChoice("auto")), "code_gen")[0] == 600


def test_a_schema_tells_how_much_json_is_to_come() -> None:
    form = ResponseFormat("json_schema", schema="x" * 1_000)

    assert lengths(ask(response_format=form), "deep_reason")[0] == 100
    assert lengths(ask(response_format=form), "json_extract", prompt=500)[0] == 200
    assert lengths(ask(response_format=ResponseFormat("json_schema", schema="{}")), "deep_reason")[0] == LEAST_JSON


def hinted(hint: LengthHint, intent: str = "chat_lite") -> AnswerLength:
    return answer_length(ask(), intent, PAYLOAD, POLICY, hint)


def test_a_stated_length_takes_the_place_of_the_intents_and_is_kept_to() -> None:
    length = hinted(LengthHint(tokens=50, stated=True))

    assert length.kind == STATED
    assert length.on(PLAIN)[1:3] == (50, 75)


def test_a_stated_length_leaves_the_reasoning_as_it_is() -> None:
    expected, p90 = hinted(LengthHint(tokens=50, stated=True), "deep_reason").on(ready(REASONER))[1:3]

    assert expected == 2_050
    assert p90 == pytest.approx(50 * 1.5 + 2_000 * 2.5, rel=0.02)


def test_what_is_rewritten_is_as_long_as_it_is_whatever_numbers_stand_in_it() -> None:
    assert hinted(LengthHint(tokens=50, stated=True), "translation").on(PLAIN)[1] == pytest.approx(120, abs=1)


def test_hints_without_a_number_scale_the_answer_and_give_it_a_least_length() -> None:
    assert hinted(LengthHint(scale=0.5)).on(PLAIN)[1] == 75
    assert hinted(LengthHint(least=900.0)).on(PLAIN)[1] == 900


def test_a_model_that_wrote_twice_as_much_is_expected_to_again() -> None:
    long_winded = history(2.0, 4.0, samples=10_000)

    median, expected, p90, _ = answer_length(ask(), "chat_lite", PAYLOAD, POLICY).on(PLAIN, long_winded)

    assert median == pytest.approx(300, rel=0.01)
    assert median < expected < 1.2 * median
    assert p90 == pytest.approx(600, rel=0.01)


def test_the_history_of_another_kind_of_request_says_nothing() -> None:
    other = history(5.0, 9.0, samples=64, kind="code_gen")

    assert answer_length(ask(), "chat_lite", PAYLOAD, POLICY).on(PLAIN, other)[1] == 150


def test_one_freak_answer_changes_little() -> None:
    _, expected, p90, _ = answer_length(ask(), "chat_lite", PAYLOAD, POLICY).on(PLAIN, history(30.0, 30.0, samples=1))

    assert expected < 2 * 150
    assert p90 < 3 * 375


def test_even_answers_are_known_to_be_even() -> None:
    even = history(MEDIAN_FACTOR, 1.1 * MEDIAN_FACTOR, samples=64)

    _, expected, p90, _ = answer_length(ask(), "chat_lite", PAYLOAD, POLICY).on(PLAIN, even)

    assert expected == pytest.approx(150 * MEDIAN_FACTOR, rel=0.1)
    assert p90 < 200


def test_what_may_be_meant_moves_the_90th_percentile_alone() -> None:
    plain = answer_length(ask(), "translation", Payload(10, 10), POLICY).on(PLAIN)
    meant = answer_length(ask(), "translation", Payload(10, 400), POLICY).on(PLAIN)

    assert (plain[:2], plain[2]) == (meant[:2], 53)
    assert meant[2] == pytest.approx(10 + 1.1 * 400, abs=1)


def test_short_answers_to_short_payloads_teach_nothing_of_long_ones() -> None:
    short, long = (answer_length(ask(), "translation", Payload(n, n), POLICY) for n in (8, 10_000))
    taught = history(0.1, 0.2, samples=64, kind=short.kind)

    assert short.on(PLAIN, taught)[1] < short.on(PLAIN)[1] / 4
    assert long.on(PLAIN, taught) == long.on(PLAIN)


def test_answers_to_payloads_of_one_size_teach_each_other() -> None:
    kinds = [answer_length(ask(), "json_extract", Payload(n, n), POLICY).kind for n in (101, 1_000, 1_001)]

    assert kinds[0] == kinds[1] != kinds[2]


def test_what_is_hard_takes_reasoning_whatever_form_its_answer_has() -> None:
    form = ask(response_format=ResponseFormat("json_schema", schema="{}"))

    def reasoning(difficulty: float | None) -> float:
        length = answer_length(form, "json_extract", PAYLOAD, POLICY, difficulty=difficulty)
        return length.reasoning - length.plain

    assert reasoning(None) == reasoning(-3.0) == LENGTHS["json_extract"].reasoning
    assert reasoning(-3.0) < reasoning(-0.8) < reasoning(0.5) < LENGTHS["deep_reason"].reasoning
    assert reasoning(0.5) > 3 * reasoning(-3.0)


multiples = st.floats(0.01, 100)


@given(multiples, multiples, st.integers(0, 64), st.sampled_from((None, 1, 50, 5_000)), st.sampled_from((1, 4)))
def test_the_figures_are_in_order_whatever_was_learned(
    median: float, p90: float, samples: int, max_tokens: int | None, n: int
) -> None:
    length = answer_length(ask(max_tokens=max_tokens, n=n), "chat_lite", PAYLOAD, POLICY)

    middle, expected, high, most = length.on(PLAIN, history(median, max(median, p90), samples))

    assert 0 < middle <= expected <= high <= most
