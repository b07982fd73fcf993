"""What is taken from genai-prices, on models whose history it keeps: prices on a day, steps to come, tiers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tools.prices.genai_source import NotExpressible, genai_row

STEP = dt.date(2026, 3, 13)  # from that day on claude-sonnet-4-6 costs the same at any length


def usd(*per_million: str) -> dict[str, Decimal]:
    keys = ("input", "output", "cached_input", "cache_write", "cache_write_1h")
    return {f"{key}_per_1k_usd": Decimal(price) / 1000 for key, price in zip(keys, per_million, strict=True)}


FLAT = usd("3", "15", "0.3", "3.75", "6")
LONG = usd("6", "22.5", "0.6", "7.5", "12")


def test_tiers_and_the_step_to_come_survive() -> None:
    row = genai_row("anthropic", "claude-sonnet-4-6", STEP - dt.timedelta(days=1))

    assert row == FLAT | {
        "tiers": [{"above_prompt_tokens": 200000} | LONG],
        "schedule": [{"from": STEP} | FLAT],
        "context_window": 1000000,
    }


def test_a_step_becomes_the_price_on_its_day() -> None:
    assert genai_row("anthropic", "claude-sonnet-4-6", STEP) == FLAT | {"context_window": 1000000}


def test_several_steps_are_in_order() -> None:
    row = genai_row("mistral", "mistral-large-4", dt.date(2026, 10, 19))

    assert [(step["from"].isoformat(), step["input_per_1k_usd"]) for step in row["schedule"]] == [
        ("2026-10-20", Decimal("0.00136")),
        ("2026-10-29", Decimal("0.0007")),
    ]


def test_a_price_by_the_time_of_day_is_refused() -> None:
    with pytest.raises(NotExpressible, match="time of day"):
        genai_row("deepseek", "deepseek-chat", dt.date(2025, 6, 1))


@pytest.mark.parametrize(("provider", "name"), [("anthropic", "claude-sonnet-4-6-of-tomorrow"), ("nobody", "x")])
def test_what_is_not_known_is_empty(provider: str, name: str) -> None:
    assert genai_row(provider, name, STEP) == {}
