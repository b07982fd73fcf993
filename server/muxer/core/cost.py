"""What a request costs: exact integers of pico-USD, the same arithmetic for the bill and for the estimate before it.

A rate is pico-USD per token, so tokens times rate needs no division and no rounding. Three rules decide the rates, all
of them the providers' own: the price is the one in force on the day of the request; a long prompt moves the *whole*
request to the rates of its tier; and tokens read from or written to a provider's cache have rates of their own,
instead of the input rate and not on top of it.
"""

from __future__ import annotations

import datetime as dt

from muxer.types.catalog import CostEstimate, DatedPrice, ModelSpec, Rates
from muxer.types.chat import Usage
from muxer.types.money import PicoUsd


def price_at(model: ModelSpec, day: dt.date) -> DatedPrice:
    """The price in force on a day (UTC): the last one that has started."""
    return next(price for price in reversed(model.prices) if price.start <= day)


def rates_for(model: ModelSpec, prompt_tokens: int, day: dt.date) -> Rates:
    """The rates of a request with a prompt of this length: those of the last tier whose threshold it exceeds."""
    price = price_at(model, day)
    passed = [tier.rates for tier in price.tiers if prompt_tokens > tier.above_prompt_tokens]
    return passed[-1] if passed else price.rates


def bill(model: ModelSpec, usage: Usage, day: dt.date) -> PicoUsd:
    """What the provider charges for this usage.

    A cache rate that the provider does not have is its input rate. Impossible counts are read so that the bill stays
    between nothing and the whole prompt's price: negative ones as 0, and more cached than prompt tokens as all of them.
    """
    prompt = max(0, usage.prompt_tokens)
    cached = min(max(0, usage.cached_tokens), prompt)
    written = min(max(0, usage.cache_write_tokens), prompt - cached)
    rates = rates_for(model, prompt, day)
    return PicoUsd(
        (prompt - cached - written) * rates.input
        + cached * _or_input(rates.cached_input, rates)
        + written * _or_input(rates.cache_write, rates)
        + max(0, usage.completion_tokens) * rates.output
    )


def estimate(
    model: ModelSpec,
    *,
    input_tokens: int,
    output_expected: int,
    output_p90: int,
    output_ceiling: int,
    day: dt.date,
    cached_tokens: int = 0,
) -> CostEstimate:
    """What a request will cost: a prompt of `input_tokens`, and three guesses at the answer's tokens.

    `output_ceiling` is the most that the provider is allowed to write; it caps the other two. The expected cost takes
    `cached_tokens` of the prompt as read from the provider's cache where that is cheaper, the 90th percentile none: a
    cache may have been emptied. The ceiling holds for every bill with a prompt and an answer up
    to these lengths, also when the provider decides to write its cache, which some bill above the input rate.
    """
    ceiling_tokens = max(0, output_ceiling)
    p90_tokens = min(max(0, output_p90, output_expected), ceiling_tokens)
    expected_tokens = min(max(0, output_expected), ceiling_tokens)
    prompt = max(0, input_tokens)
    cached = min(max(0, cached_tokens), prompt)
    rates = rates_for(model, prompt, day)
    return CostEstimate(
        expected=PicoUsd(prompt * rates.input - cached * cached_saving(rates) + expected_tokens * rates.output),
        p90=PicoUsd(prompt * rates.input + p90_tokens * rates.output),
        ceiling=_ceiling(price_at(model, day), prompt, ceiling_tokens),
        input_tokens=prompt,
        output_tokens=expected_tokens,
        output_p90=p90_tokens,
        cached_tokens=cached,
    )


def cached_saving(rates: Rates) -> int:
    """What a prompt token is cheaper by when it is read from the provider's cache; never negative."""
    return max(0, rates.input - _or_input(rates.cached_input, rates))


def _ceiling(price: DatedPrice, prompt: int, completion: int) -> PicoUsd:
    """The dearest bill for up to this many tokens. Every tier within reach counts, because nothing obliges a provider
    to make its higher tiers the dearer ones."""
    reachable = [price.rates, *(tier.rates for tier in price.tiers if prompt > tier.above_prompt_tokens)]
    return PicoUsd(max(prompt * _dearest_input(rates) + completion * rates.output for rates in reachable))


def _dearest_input(rates: Rates) -> int:
    return max(rates.input, rates.cached_input or 0, rates.cache_write or 0)


def _or_input(rate: int | None, rates: Rates) -> int:
    return rates.input if rate is None else rate
