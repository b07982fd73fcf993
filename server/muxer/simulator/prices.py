"""Reads a price table into a catalogue, with code of its own: what the simulator bills must not depend on the router's
reading of the same file."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from muxer.types.catalog import Catalog, DatedPrice, ModelSpec, Rates, Tier

_PICO_PER_TOKEN = Decimal(10) ** 9
"""Pico-USD per token in one USD per thousand tokens."""


def read_catalog(data: bytes) -> Catalog:
    """The models of a price table in JSON. Raises KeyError or ValueError when it is not one."""
    rows: dict[str, Any] = json.loads(data, parse_float=Decimal)
    models = {name: _model(name, row) for name, row in sorted(rows.items()) if not name.startswith("_")}
    return Catalog(models, hashlib.sha256(data).hexdigest()[:12])


def _model(name: str, row: Mapping[str, Any]) -> ModelSpec:
    provider, _, model = name.partition(":")
    steps = sorted(row.get("schedule") or (), key=lambda step: str(step["from"]))
    prices = [_price(dt.date.min, row)]
    prices += [_price(dt.date.fromisoformat(step["from"]), step) for step in steps]
    return ModelSpec(
        provider=provider,
        name=model,
        prices=tuple(prices),
        context_window=row.get("context_window") or 0,
        max_input_tokens=row.get("max_input_tokens") or 0,
        max_output_tokens=row.get("max_output_tokens") or 0,
    )


def _price(start: dt.date, row: Mapping[str, Any]) -> DatedPrice:
    tiers = sorted(row.get("tiers") or (), key=lambda tier: int(tier["above_prompt_tokens"]))
    return DatedPrice(start, _rates(row), tuple(Tier(tier["above_prompt_tokens"], _rates(tier)) for tier in tiers))


def _rates(row: Mapping[str, Any]) -> Rates:
    return Rates(
        input=_rate(row["input_per_1k_usd"]),
        output=_rate(row["output_per_1k_usd"]),
        cached_input=_optional(row, "cached_input_per_1k_usd"),
        cache_write=_optional(row, "cache_write_per_1k_usd"),
        cache_write_1h=_optional(row, "cache_write_1h_per_1k_usd"),
    )


def _optional(row: Mapping[str, Any], key: str) -> int | None:
    return None if row.get(key) is None else _rate(row[key])


def _rate(usd_per_1k: Decimal | int) -> int:
    rate = Decimal(usd_per_1k) * _PICO_PER_TOKEN
    if rate < 0 or rate != rate.to_integral_value():
        raise ValueError(f"not a whole number of pico-USD per token: {usd_per_1k} USD per thousand tokens")
    return int(rate)
