"""The same table is always the same text, and no digit of a price is lost in it."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tools.prices.render import table_text

PRICES = st.integers(0, 10**9).map(lambda units: Decimal(units).scaleb(-9))


@given(PRICES, PRICES)
def test_prices_are_exact_and_without_exponent(price: Decimal, tier: Decimal) -> None:
    text = table_text({"p:m": {"input_per_1k_usd": price, "tiers": [{"above_prompt_tokens": 9, "output": tier}]}})

    read = json.loads(text, parse_float=Decimal)["p:m"]
    assert (read["input_per_1k_usd"], read["tiers"][0]["output"]) == (price, tier)
    assert "E" not in text


@given(st.permutations(["p:c", "p:a", "q:b"]), st.permutations(["free", "source", "checked", "capabilities"]))
def test_the_order_of_rows_and_keys_does_not_matter(ids: list[str], keys: list[str]) -> None:
    values = {"free": True, "source": "ä", "checked": dt.date(2026, 1, 2), "capabilities": {"efforts": ["low"]}}

    text = table_text({model_id: {key: values[key] for key in keys} for model_id in ids})

    row = """{
    "capabilities": {"efforts": ["low"]},
    "checked": "2026-01-02",
    "free": true,
    "source": "ä"
  }"""
    assert text == f'{{\n  "p:a": {row},\n  "p:c": {row},\n  "q:b": {row}\n}}\n'


def test_lists_of_prices_have_a_line_for_each() -> None:
    text = table_text({"p:m": {"schedule": [{"from": dt.date(2027, 1, 1), "b": Decimal("1.50"), "a": Decimal(2)}]}})

    assert '    "schedule": [\n      {"a": 2.0, "b": 1.5, "from": "2027-01-01"}\n    ]\n' in text
