"""The first source: the library genai-prices, which knows price steps, tiers and announced changes.

A model is found by the exact id that the library gives it. Its own matching is not used: it takes any id that begins
like a known one, and then bills one model at the price of another.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices

from tools.prices.price import Row, price_of

_KEYS = {
    "input_per_1k_usd": "input_mtok",
    "output_per_1k_usd": "output_mtok",
    "cached_input_per_1k_usd": "cache_read_mtok",
    "cache_write_per_1k_usd": "cache_write_mtok",
    "cache_write_1h_per_1k_usd": "cache_write_1h_mtok",
}

_INEXPRESSIBLE = ("requests_kcount", "output_reasoning_mtok", "output_citation_mtok")
"""What plain chat is charged for beside the rates above; prices.json has no place for it."""


class NotExpressible(ValueError):
    """The model is charged in a way that prices.json cannot hold. The message says how."""


def genai_row(provider: str, name: str, as_of: dt.date) -> Row:
    """Price on that day, announced changes and context window of a model; empty when it is not known.

    Raises `NotExpressible`.
    """
    model = _find(provider, name)
    if model is None:
        return {}
    price = _price_on(model, as_of)
    schedule = []
    latest = price
    for start in _starts_after(model, as_of):
        announced = _price_on(model, start)
        if announced != latest:
            schedule.append({"from": start} | announced)
            latest = announced
    row = dict(price)
    if schedule:
        row["schedule"] = schedule
    if model.context_window:
        row["context_window"] = model.context_window
    return row


def _find(provider: str, name: str) -> ModelInfo | None:
    models = (model for known in providers if known.id == provider for model in known.models)
    return next((model for model in models if model.id == name), None)


def _starts_after(model: ModelInfo, day: dt.date) -> list[dt.date]:
    starts = set()
    for step in model.prices if isinstance(model.prices, list) else ():
        if isinstance(step.constraint, StartDateConstraint):
            starts.add(step.constraint.start_date)
        elif step.constraint is not None:
            raise NotExpressible("its price depends on the time of day")
    return sorted(start for start in starts if start > day)


def _price_on(model: ModelInfo, day: dt.date) -> Row:
    price = model.get_prices(dt.datetime.combine(day, dt.time(), dt.UTC))
    for key in _INEXPRESSIBLE:
        if getattr(price, key) is not None:
            raise NotExpressible(f"it is charged by {key} as well")
    return price_of({ours: steps for ours, theirs in _KEYS.items() if (steps := _steps(price, theirs))})


def _steps(price: ModelPrice, key: str) -> dict[int, Decimal]:
    value = getattr(price, key)
    if value is None:
        return {}
    if isinstance(value, TieredPrices):
        return {0: _per_1k(value.base)} | {tier.start: _per_1k(tier.price) for tier in value.tiers}
    return {0: _per_1k(value)}


def _per_1k(per_million: Decimal) -> Decimal:
    return per_million.scaleb(-3)
