"""How long answers will be, and what that costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core import cost
from muxer.core.estimate import LENGTHS, answer_length, cost_on, prompt_on
from muxer.core.intent import LABELS
from muxer.core.prepared import UNKNOWN_MAX_OUTPUT, PreparedModel, prepared
from muxer.types.catalog import Capabilities, ModelSpec, Rates, Tier
from muxer.types.chat import ChatRequest, Usage
from muxer.types.decision import Policy

from tests.core.builders import TODAY, ask, catalog, model, models

POLICY = Policy(default_tokens_out=300)
tokens = st.integers(0, 3_000)


def ready(spec: ModelSpec) -> PreparedModel:
    return prepared(catalog(spec), TODAY)[spec.id]


def lengths(
    request: ChatRequest, intent: str, spec: ModelSpec | None = None, prompt: int = 100
) -> tuple[int, int, int]:
    return answer_length(request, intent, prompt, POLICY).on(ready(spec or model("p:m")))


REASONER = model("p:r", can=Capabilities(reasoning=True))


def test_every_intent_has_a_length() -> None:
    assert set(LABELS) == set(LENGTHS)


def test_an_unknown_intent_gets_the_operators_default_length() -> None:
    assert lengths(ask(), "unknown")[0] == 300


def test_the_90th_percentile_is_two_and_a_half_times_the_expected_length() -> None:
    assert lengths(ask(), "chat_lite")[:2] == (150, 375)


def test_a_translation_is_as_long_as_its_prompt() -> None:
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


def test_a_prompt_is_counted_in_the_models_own_vocabulary_rounded_up() -> None:
    assert prompt_on(ready(model("p:m", factor=1.6)), 101) == (162, 202)
    assert prompt_on(ready(model("p:m", factor=1.0)), 101) == (101, 101)


@given(models("p:m"), tokens, tokens, tokens, tokens)
def test_a_cost_is_what_core_cost_says(spec: ModelSpec, prompt: int, expected: int, more: int, most: int) -> None:
    p90 = expected + more
    quick = cost_on(ready(spec), prompt, prompt, expected, p90, p90 + most)
    exact = cost.estimate(
        spec, input_tokens=prompt, output_expected=expected, output_p90=p90, output_ceiling=p90 + most, day=TODAY
    )

    assert quick == exact


def test_the_ceiling_takes_the_dearer_tier_as_soon_as_the_prompt_may_reach_it() -> None:
    tiered = ready(model("p:m", 1, tiers=(Tier(1_000, Rates(5_000_000, 5_000_000)),), factor=1.6))

    below, within_reach = (cost_on(tiered, *prompt_on(tiered, prompt), 0, 0, 0) for prompt in (500, 501))

    assert (below.expected, within_reach.expected) == (800 * 1_000_000, 802 * 1_000_000)
    assert (below.ceiling, within_reach.ceiling) == (1_000 * 1_000_000, 1_002 * 5_000_000)


@given(models("p:m"), tokens, tokens, tokens, st.data())
def test_no_bill_within_the_lengths_passes_the_ceiling(
    spec: ModelSpec, prompt: int, most: int, written: int, data: st.DataObject
) -> None:
    ready_model = ready(spec)
    likely, longest = prompt_on(ready_model, prompt)
    ceiling = cost_on(ready_model, likely, longest, 0, 0, most).ceiling
    usage = Usage(data.draw(st.integers(0, longest)), data.draw(st.integers(0, most)), cache_write_tokens=written)

    assert cost.bill(spec, usage, TODAY) <= ceiling
    assert cost.bill(spec, Usage(longest, most), TODAY) <= ceiling
