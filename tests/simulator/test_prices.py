"""The simulator reads price tables by itself, to the last digit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from muxer.core.prices import load_catalog
from muxer.simulator.prices import read_catalog
from muxer.types.catalog import Rates, Tier

SHIPPED = Path(__file__).parents[2] / "prices" / "prices.json"
PRICES = {
    "_meta": {"unit": "USD per 1,000 tokens"},
    "openai:gpt-4o-mini": {"input_per_1k_usd": 0.00015, "output_per_1k_usd": 0.0006},
    "openai:gpt-6-sol": {
        "input_per_1k_usd": 0.002,
        "output_per_1k_usd": 0.010,
        "cached_input_per_1k_usd": 0.0002,
        "cache_write_per_1k_usd": 0.0025,
        "tiers": [{"above_prompt_tokens": 272000, "input_per_1k_usd": 0.004, "output_per_1k_usd": 0.015}],
        "schedule": [{"from": "2027-01-01", "input_per_1k_usd": 1, "output_per_1k_usd": 2}],
        "context_window": 1050000,
    },
}


def test_a_price_table_is_read_to_the_last_digit() -> None:
    catalog = read_catalog(json.dumps(PRICES).encode())

    assert sorted(catalog.models) == ["openai:gpt-4o-mini", "openai:gpt-6-sol"]
    (price,) = catalog.models["openai:gpt-4o-mini"].prices
    assert price.rates == Rates(input=150_000, output=600_000)
    now, later = catalog.models["openai:gpt-6-sol"].prices
    assert now.rates == Rates(input=2_000_000, output=10_000_000, cached_input=200_000, cache_write=2_500_000)
    assert now.tiers == (Tier(272_000, Rates(input=4_000_000, output=15_000_000)),)
    assert (later.start.isoformat(), later.rates.input) == ("2027-01-01", 10**9)
    assert catalog.models["openai:gpt-6-sol"].context_window == 1_050_000


@pytest.mark.parametrize("price", [1e-10, -1])
def test_a_price_that_cannot_be_exact_is_refused(price: float) -> None:
    row = {"input_per_1k_usd": price, "output_per_1k_usd": 1}
    with pytest.raises(ValueError, match="whole number"):
        read_catalog(json.dumps({"a:b": row}).encode())


def test_the_shipped_table_means_the_same_to_the_router() -> None:
    content = SHIPPED.read_bytes()
    ours, theirs = read_catalog(content), load_catalog(content).catalog

    assert ours.version == theirs.version
    assert {name: spec.prices for name, spec in ours.models.items()} == {
        name: spec.prices for name, spec in theirs.models.items()
    }
