"""A price in the format of prices/prices.json, however its source writes it down, and how two of them compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from muxer.core.price_row import PricedRow

Row = dict[str, Any]
"""An object of prices/prices.json: a model, or the price of one."""

RATES = PricedRow.__struct_fields__
"""The keys of a row that are rates, in US dollars per 1,000 tokens."""

TOLERANCE = Decimal("0.01")
"""How far two sources may be apart, as a share of the larger figure. They round differently, and no more than that."""


def price_of(rates: Mapping[str, Mapping[int, Decimal]]) -> Row:
    """The price in our format. `rates` gives for each rate its value from a prompt length on; 0 is the shortest.

    A tier of ours is complete, so a rate that does not change at a threshold is repeated there.
    """
    thresholds = sorted({length for steps in rates.values() for length in steps} - {0})
    row = _rates_at(rates, 0)
    if thresholds:
        row["tiers"] = [{"above_prompt_tokens": length} | _rates_at(rates, length) for length in thresholds]
    return row


def apart(ours: Row, theirs: Row) -> Iterator[tuple[str, Decimal | None, Decimal | None]]:
    """The rates in which two prices differ, by name; None is a rate that one of them does not have.

    `schedule` is left out: only one of our sources knows prices that are yet to come.
    """
    left, right = _flat(ours), _flat(theirs)
    for name in sorted(left.keys() | right.keys()):
        a, b = left.get(name), right.get(name)
        if a is None or b is None or abs(a - b) > TOLERANCE * max(a, b):
            yield name, a, b


def _rates_at(rates: Mapping[str, Mapping[int, Decimal]], length: int) -> Row:
    return {key: steps[max(start for start in steps if start <= length)] for key, steps in rates.items()}


def _flat(price: Row) -> dict[str, Decimal]:
    flat = {key: price[key] for key in RATES if key in price}
    for tier in price.get("tiers", ()):
        flat |= {f"{key} above {tier['above_prompt_tokens']}": tier[key] for key in RATES if key in tier}
    return flat
