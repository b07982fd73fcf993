"""Whether a price table can be true.

The mistake that matters is a unit: prices per million tokens written where prices per thousand are meant make every
bill 1,000 times too high, and nothing else in the program could notice. No single check catches that in every table, so
there are three kinds: bounds on each row (they miss the cheap models), the median of the table (it needs a table of
some size), and models of known price, billed (they need to be in the table). A refusal must be certain, so its bounds
are wide; what is merely odd becomes a warning.
"""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from muxer.core.cost import bill
from muxer.core.data import section
from muxer.core.price_row import Finding, PricedRow, PriceRow, pico_per_token
from muxer.types.catalog import ModelSpec
from muxer.types.chat import Usage
from muxer.types.money import PRICE_UNIT, pico, usd_text

MIN_PRICE = Decimal("0.000001")
MAX_INPUT = Decimal("0.25")
MAX_OUTPUT = Decimal("1")
"""Bounds on a row, USD per 1,000 tokens. The dearest chat model ever sold, o1-pro, was 0.15 in and 0.60 out."""

USUAL_INPUT = (Decimal("0.00001"), Decimal("0.02"))
"""Input prices outside of this, USD per 1,000 tokens, are worth a second look. Nearly all models are within."""

MEDIAN_INPUT = (Decimal("0.00005"), Decimal("0.01"))
"""Bounds on the median input price, USD per 1,000 tokens. Over 364 models it was 0.00076 in November 2026."""

MIN_ROWS_FOR_MEDIAN = 8
"""An operator's table of a few models may rightly hold only dear ones, or only cheap ones. From this size on, a median
out of bounds means that half of the models cost what hardly any model costs. Smaller tables have the other checks."""

ANCHORS: Mapping[str, Decimal] = MappingProxyType(section("anchor_input_usd_per_million"))
"""What a million input tokens of well-known models cost, USD, November 2026."""

ANCHOR_FACTOR = 10
"""How far an anchor may be off. Prices get cut and discounts get negotiated; a wrong unit is off by 1,000."""


def row_problems(model_id: str, row: PriceRow) -> Iterator[Finding]:
    """What makes a row unusable."""
    for path, rates in row.rates():
        for key, price in rates.prices():
            if advice := _price_problem(key, price, rates, free=row.free):
                yield Finding(model_id, path + key, str(price), advice)
    for path, step in row.steps():
        if not _ascending([tier.above_prompt_tokens for tier in step.tiers]):
            yield Finding(model_id, f"{path}tiers", "", "order the tiers by above_prompt_tokens, each one once")
    if not _ascending([step.start for step in row.schedule]):
        yield Finding(model_id, "schedule", "", "order the steps by their date, each date once")


def row_warnings(model_id: str, row: PriceRow, today: dt.date | None) -> Iterator[Finding]:
    """What is odd about a row, and may be right."""
    if row.deprecation_date and today and row.deprecation_date <= today:
        advice = "the provider has announced the end of this model for that day; remove the row"
        yield Finding(model_id, "deprecation_date", str(row.deprecation_date), advice)
    if row.free:
        return
    for path, rates in row.rates():
        price = rates.input_per_1k_usd
        if not USUAL_INPUT[0] <= price <= USUAL_INPUT[1]:
            million = usd_text(pico_per_token(price) * 10**6)
            advice = f"unusual, that is {million} USD per million tokens; make sure that it is right"
            yield Finding(model_id, f"{path}input_per_1k_usd", str(price), advice)
        if rates.output_per_1k_usd < price:
            advice = "output is cheaper than input; make sure that the two are not swapped"
            yield Finding(model_id, f"{path}output_per_1k_usd", str(rates.output_per_1k_usd), advice)


def table_problems(rows: Mapping[str, PriceRow], models: Iterable[ModelSpec]) -> Iterator[Finding]:
    """What makes a table as a whole unbelievable, whatever its single rows look like."""
    inputs = [row.input_per_1k_usd for row in rows.values() if not row.free]
    if len(inputs) >= MIN_ROWS_FOR_MEDIAN:
        median = statistics.median_low(inputs)
        if not MEDIAN_INPUT[0] <= median <= MEDIAN_INPUT[1]:
            unit, remedy = ("million tokens", "divide") if median > MEDIAN_INPUT[1] else ("token", "multiply")
            advice = (
                f"not between {MEDIAN_INPUT[0]} and {MEDIAN_INPUT[1]} USD per 1,000 tokens; "
                f"these look like prices per {unit}: {remedy} them all by 1,000"
            )
            yield Finding("", "median of input_per_1k_usd", str(median), advice)
    for model in models:
        if model.id in ANCHORS and not model.free:
            yield from _anchor_problems(model)


def _anchor_problems(model: ModelSpec) -> Iterator[Finding]:
    known = pico(ANCHORS[model.id])
    for price in model.prices:
        billed = bill(model, Usage(prompt_tokens=1_000_000), price.start)
        if billed > known * ANCHOR_FACTOR or billed * ANCHOR_FACTOR < known:
            advice = (
                f"1,000,000 input tokens would be billed at {usd_text(billed)} USD, and cost {usd_text(known)} USD; "
                "prices are in USD per 1,000 tokens"
            )
            yield Finding(model.id, "input_per_1k_usd", usd_text(billed // 1000), advice)


def _price_problem(key: str, price: Decimal, rates: PricedRow, *, free: bool) -> str:
    """Why a price cannot be right, or nothing. The bounds come first: the exact conversion relies on them."""
    highest = MAX_OUTPUT if key == "output_per_1k_usd" else MAX_INPUT
    if price < 0:
        return "a price is not negative"
    if price == 0 and not free:
        return 'nothing is free by accident: give the price, or say "free": true'
    if price > 0 and free:
        return 'a row with "free": true has prices of 0 only'
    if price > highest:
        return f"above {highest} USD per 1,000 tokens; this looks like a price per million tokens: divide it by 1,000"
    if 0 < price < MIN_PRICE and key in ("input_per_1k_usd", "output_per_1k_usd"):
        return f"below {MIN_PRICE:f} USD per 1,000 tokens; this looks like a price per token: multiply it by 1,000"
    if key == "cached_input_per_1k_usd" and price > rates.input_per_1k_usd:
        return "reading from the cache cannot cost more than not using it"
    try:
        pico_per_token(price)
    except ValueError:
        return f"prices are whole multiples of {PRICE_UNIT:f} USD per 1,000 tokens; leave out the digits beyond"
    return ""


def _ascending(values: Sequence[Any]) -> bool:
    return all(later > earlier for earlier, later in itertools.pairwise(values))
