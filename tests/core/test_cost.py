"""The bill and the estimate: known bills, the reference formula in decimals, and laws that hold for every price."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.cost import bill, estimate, price_at, rates_for
from muxer.core.prices import load_catalog
from muxer.types.catalog import DatedPrice, ModelSpec, Rates, Tier
from muxer.types.chat import Usage

CATALOG = load_catalog((Path(__file__).parents[2] / "prices" / "prices.json").read_bytes()).catalog
DAY = dt.date(2026, 11, 23)

TIERED = ModelSpec(
    provider="p",
    name="m",
    prices=(
        DatedPrice(dt.date.min, Rates(10, 40, 1, 12), (Tier(100, Rates(20, 60, 2, 25)), Tier(1000, Rates(30, 90)))),
        DatedPrice(dt.date(2027, 1, 1), Rates(11, 41)),
    ),
)

rate = st.integers(1, 10**9)
some_rates = st.builds(Rates, rate, rate, st.none() | rate, st.none() | rate)
tokens = st.integers(0, 3_000_000)
usages = st.tuples(tokens, tokens, tokens, tokens).map(
    lambda t: Usage(
        prompt_tokens=t[0] + t[1] + t[2], cached_tokens=t[1], cache_write_tokens=t[2], completion_tokens=t[3]
    )
)


@st.composite
def models(draw: st.DrawFn, tiers: bool = True) -> ModelSpec:
    thresholds = sorted(draw(st.sets(st.integers(1, 4_000_000), max_size=3 if tiers else 0)))
    price = DatedPrice(dt.date.min, draw(some_rates), tuple(Tier(above, draw(some_rates)) for above in thresholds))
    return ModelSpec(provider="p", name="m", prices=(price,))


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("openai:gpt-4o-mini", Usage(prompt_tokens=1_000_000), "0.15"),
        ("openai:gpt-4o-mini", Usage(completion_tokens=1_000_000), "0.6"),
        ("openai:gpt-4o-mini", Usage(prompt_tokens=1), "0.00000015"),
        ("openai:gpt-4.1", Usage(prompt_tokens=1_000_000), "2"),
        ("anthropic:claude-haiku-4-5", Usage(prompt_tokens=1_000_000), "1"),
        ("groq:openai/gpt-oss-20b", Usage(prompt_tokens=1_000_000), "0.075"),
        # 700 x 2.5 + 300 x 1.25 + 200 x 10, per million
        ("openai:gpt-4o", Usage(prompt_tokens=1000, cached_tokens=300, completion_tokens=200), "0.004125"),
        # 210 x 2 + 1800 x 0.1 + 90 x 2.5 + 57 x 10, per million
        (
            "anthropic:claude-sonnet-5-5",
            Usage(prompt_tokens=2100, cached_tokens=1800, cache_write_tokens=90, completion_tokens=57),
            "0.001395",
        ),
        ("openai:gpt-6-sol", Usage(prompt_tokens=272_000, completion_tokens=1000), "0.554"),
        ("openai:gpt-6-sol", Usage(prompt_tokens=272_001, completion_tokens=1000), "1.103004"),
        # no rate of its own for cached tokens: they cost as much as any
        ("cohere:command-a-03-2025", Usage(prompt_tokens=1000, cached_tokens=1000), "0.0025"),
    ],
)
def test_a_known_request_is_billed_at_its_known_price(model: str, usage: Usage, usd: str) -> None:
    assert int(Decimal(usd) * 10**12) == bill(CATALOG.models[model], usage, DAY)


def test_a_million_input_tokens_of_gpt_4o_mini_are_150_000_000_000_pico_usd() -> None:
    assert bill(CATALOG.models["openai:gpt-4o-mini"], Usage(prompt_tokens=1_000_000), DAY) == 150_000_000_000


@pytest.mark.parametrize(
    ("day", "usd"), [(dt.date(2026, 11, 30), "12"), (dt.date(2026, 12, 1), "24"), (dt.date(2030, 1, 1), "24")]
)
def test_an_announced_price_is_billed_from_its_day_on(day: dt.date, usd: str) -> None:
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=1_000_000)

    assert int(usd) * 10**12 == bill(CATALOG.models["google:gemini-4-argon"], usage, day)


@pytest.mark.parametrize(("prompt", "input_rate"), [(0, 10), (100, 10), (101, 20), (1000, 20), (1001, 30)])
def test_a_tier_begins_one_token_above_its_threshold(prompt: int, input_rate: int) -> None:
    assert input_rate == rates_for(TIERED, prompt, DAY).input


@pytest.mark.parametrize(
    ("day", "input_rate"),
    [(dt.date.min, 10), (dt.date(2026, 12, 31), 10), (dt.date(2027, 1, 1), 11), (dt.date.max, 11)],
)
def test_the_last_price_that_has_started_is_in_force(day: dt.date, input_rate: int) -> None:
    assert input_rate == price_at(TIERED, day).rates.input


@given(models(), usages)
def test_a_bill_is_the_formula_in_exact_decimals(model: ModelSpec, usage: Usage) -> None:
    price = model.prices[0]
    applicable = [tier.rates for tier in price.tiers if usage.prompt_tokens > tier.above_prompt_tokens]
    rates = applicable[-1] if applicable else price.rates
    cached_rate = rates.input if rates.cached_input is None else rates.cached_input
    write_rate = rates.input if rates.cache_write is None else rates.cache_write
    plain = usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens
    million = Decimal(10**6)  # a rate is micro-USD per million tokens
    usd = (
        plain / million * rates.input
        + usage.cached_tokens / million * cached_rate
        + usage.cache_write_tokens / million * write_rate
        + usage.completion_tokens / million * rates.output
    ) / million

    assert usd * 10**12 == bill(model, usage, DAY)


@given(models(tiers=False), usages, usages)
def test_two_requests_cost_what_their_tokens_cost_together(model: ModelSpec, one: Usage, other: Usage) -> None:
    both = Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
    )

    assert bill(model, one, DAY) + bill(model, other, DAY) == bill(model, both, DAY)


@given(models(tiers=False), usages, tokens, tokens)
def test_more_tokens_never_cost_less(model: ModelSpec, usage: Usage, prompt: int, completion: int) -> None:
    more = replace(
        usage, prompt_tokens=usage.prompt_tokens + prompt, completion_tokens=usage.completion_tokens + completion
    )

    assert bill(model, usage, DAY) <= bill(model, more, DAY)


@given(models(), st.builds(Usage, *[st.integers(-(10**7), 10**7)] * 5))
def test_a_bill_for_impossible_counts_is_neither_negative_nor_dearer_than_the_ceiling(
    model: ModelSpec, usage: Usage
) -> None:
    most = estimate(
        model,
        input_tokens=usage.prompt_tokens,
        output_expected=0,
        output_p90=0,
        output_ceiling=usage.completion_tokens,
        day=DAY,
    )

    assert 0 <= bill(model, usage, DAY) <= most.ceiling


@pytest.mark.parametrize(
    ("usage", "same_as"),
    [
        (Usage(prompt_tokens=10, cached_tokens=50), Usage(prompt_tokens=10, cached_tokens=10)),
        (Usage(prompt_tokens=10, cached_tokens=-5), Usage(prompt_tokens=10)),
        (Usage(prompt_tokens=-10, completion_tokens=3), Usage(completion_tokens=3)),
        (Usage(prompt_tokens=10, completion_tokens=-3), Usage(prompt_tokens=10)),
        (
            Usage(prompt_tokens=10, cached_tokens=8, cache_write_tokens=8),
            Usage(prompt_tokens=10, cached_tokens=8, cache_write_tokens=2),
        ),
    ],
)
def test_impossible_counts_are_billed_as_the_nearest_possible_ones(usage: Usage, same_as: Usage) -> None:
    assert bill(TIERED, same_as, DAY) == bill(TIERED, usage, DAY)


def test_an_estimate_assumes_nothing_cached_and_its_ceiling_the_dearest_way_to_read_the_prompt() -> None:
    found = estimate(TIERED, input_tokens=100, output_expected=5, output_p90=20, output_ceiling=50, day=DAY)

    assert (found.expected, found.p90, found.ceiling) == (100 * 10 + 5 * 40, 100 * 10 + 20 * 40, 100 * 12 + 50 * 40)
    assert (found.input_tokens, found.output_tokens) == (100, 5)


def test_an_estimate_of_a_long_prompt_is_made_at_the_price_of_its_tier() -> None:
    found = estimate(TIERED, input_tokens=101, output_expected=5, output_p90=5, output_ceiling=5, day=DAY)

    assert (found.expected, found.ceiling) == (101 * 20 + 5 * 60, 101 * 25 + 5 * 60)


def test_no_guess_at_the_answer_goes_beyond_what_the_provider_may_write() -> None:
    found = estimate(TIERED, input_tokens=0, output_expected=500, output_p90=900, output_ceiling=7, day=DAY)

    assert (found.expected, found.p90, found.ceiling, found.output_tokens) == (7 * 40, 7 * 40, 7 * 40, 7)


guess = st.integers(-5, 3_000_000)


@given(models(), guess, guess, guess, guess)
def test_an_estimate_is_ordered(model: ModelSpec, prompt: int, expected: int, p90: int, ceiling: int) -> None:
    found = estimate(
        model, input_tokens=prompt, output_expected=expected, output_p90=p90, output_ceiling=ceiling, day=DAY
    )

    assert 0 <= found.expected <= found.p90 <= found.ceiling


@given(models(), usages, tokens, tokens)
def test_no_bill_within_the_limits_passes_the_ceiling(
    model: ModelSpec, usage: Usage, spare_prompt: int, spare_answer: int
) -> None:
    found = estimate(
        model,
        input_tokens=usage.prompt_tokens + spare_prompt,
        output_expected=1,
        output_p90=1,
        output_ceiling=usage.completion_tokens + spare_answer,
        day=DAY,
    )

    assert bill(model, usage, DAY) <= found.ceiling


def test_a_free_model_costs_nothing() -> None:
    free = ModelSpec(provider="p", name="m", prices=(DatedPrice(dt.date.min, Rates(0, 0)),), free=True)

    assert bill(free, Usage(prompt_tokens=10**6, completion_tokens=10**6), DAY) == 0
