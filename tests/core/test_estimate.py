"""What requests will cost: their prompts in the vocabulary of a model, and its rates."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core import cost
from muxer.core.estimate import ROW_WORTH, cost_on, prompt_on
from muxer.core.prepared import PreparedModel, prepared
from muxer.types.catalog import DatedPrice, ModelSpec, Rates, Tier
from muxer.types.chat import Usage
from muxer.types.decision import UsagePrior

from tests.core.builders import TODAY, catalog, model, models

tokens = st.integers(0, 3_000)


def ready(spec: ModelSpec) -> PreparedModel:
    return prepared(catalog(spec), TODAY)[spec.id]


def test_a_prompt_is_counted_in_the_models_own_vocabulary_rounded_up() -> None:
    assert prompt_on(ready(model("p:m", factor=1.6)), 101) == (162, 202)
    assert prompt_on(ready(model("p:m", factor=1.0)), 101) == (101, 101)


@given(models("p:m"), st.sampled_from((None, 0, 100_000, 9_000_000)), tokens, tokens, tokens, tokens, tokens)
def test_a_cost_is_what_core_cost_says(
    spec: ModelSpec, cached_rate: int | None, prompt: int, expected: int, more: int, most: int, cached: int
) -> None:
    price = spec.prices[0]
    spec = replace(spec, prices=(replace(price, rates=replace(price.rates, cached_input=cached_rate)),))
    p90 = expected + more
    quick = cost_on(ready(spec), prompt, prompt, expected, p90, p90 + most, cached)
    exact = cost.estimate(
        spec,
        input_tokens=prompt,
        output_expected=expected,
        output_p90=p90,
        output_ceiling=p90 + most,
        day=TODAY,
        cached_tokens=cached,
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


def test_a_learned_factor_takes_over_from_the_price_tables_as_prompts_go_by() -> None:
    unknown = ready(model("p:m", factor=1.0))
    few, many = (prompt_on(unknown, 1_000, UsagePrior(1.5, samples))[0] for samples in (ROW_WORTH, 100_000))

    assert few == 1_250
    assert many == 1_500


def test_a_learned_factor_widens_the_most_in_proportion_and_never_narrows_it() -> None:
    claude = ready(model("p:m", factor=1.6))

    assert prompt_on(claude, 1_000, UsagePrior(2.0, 10**9)) == (2_000, 2_500)
    assert prompt_on(claude, 1_000, UsagePrior(1.2, 10**9)) == (1_201, 2_000)


@given(models("p:m"), tokens, st.floats(0.7, 2.5), st.integers(0, 10_000))
def test_a_prompt_is_never_expected_to_be_longer_than_at_most(
    spec: ModelSpec, prompt: int, factor: float, samples: int
) -> None:
    expected, most = prompt_on(ready(spec), prompt, UsagePrior(factor, samples))

    assert expected <= most


CACHING = Rates(input=1_000_000, output=2_000_000, cached_input=100_000)


def test_tokens_read_from_a_cache_lower_the_expected_cost_alone() -> None:
    spec = replace(model("p:m"), prices=(DatedPrice(dt.date.min, CACHING),))
    cold, warm = (cost_on(ready(spec), 1_000, 1_000, 10, 20, 30, cached) for cached in (0, 900))

    assert cold.expected - warm.expected == 900 * 900_000
    assert (cold.p90, cold.ceiling, cold.cached_tokens) == (warm.p90, warm.ceiling, 0)
    assert (warm.cached_tokens, warm.output_p90) == (900, 20)


def test_no_more_of_a_prompt_is_read_from_a_cache_than_it_has() -> None:
    spec = replace(model("p:m"), prices=(DatedPrice(dt.date.min, CACHING),))

    assert cost_on(ready(spec), 1_000, 1_000, 0, 0, 0, 5_000).expected == 1_000 * 100_000


@given(models("p:m"), tokens, st.floats(0.7, 2.5), tokens, tokens, tokens, tokens)
def test_expected_cost_90th_percentile_and_ceiling_are_in_order(
    spec: ModelSpec, prompt: int, factor: float, expected: int, more: int, most: int, cached: int
) -> None:
    ready_model = ready(spec)
    likely, longest = prompt_on(ready_model, prompt, UsagePrior(factor, 50))
    p90 = expected + more
    cost = cost_on(ready_model, likely, longest, expected, p90, p90 + most, cached)

    assert 0 <= cost.expected <= cost.p90 <= cost.ceiling
    assert cost.cached_tokens <= cost.input_tokens


@given(models("p:m"), tokens, tokens, tokens, tokens, tokens)
def test_a_prompt_that_was_not_counted_whole_counts_by_its_90th_percentile_in_that_of_the_cost(
    spec: ModelSpec, prompt: int, more: int, expected: int, most: int, cached: int
) -> None:
    ready_model = ready(spec)
    answer = (expected, expected, expected + most)
    estimate = cost_on(ready_model, prompt, prompt + 2 * more, *answer, cached, prompt + more)

    assert estimate.p90 >= cost.bill(spec, Usage(prompt + more, expected), TODAY)
    assert estimate.input_tokens == prompt
    assert estimate.expected <= estimate.p90 <= estimate.ceiling
