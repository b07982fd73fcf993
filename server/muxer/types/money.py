"""Exact money. Prices are micro-USD per million tokens, so tokens times price is an integer of pico-USD."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import NewType

PicoUsd = NewType("PicoUsd", int)
"""1e-12 US dollars. An int64 holds 9.2 million dollars of them; Python's integers hold any sum."""

PRICE_UNIT = Decimal("1e-9")
"""One micro-USD per million tokens, written in USD per thousand tokens: the step that every price is a multiple of."""

_PICO = Decimal(10) ** 12


def pico(usd: Decimal | float | int | str) -> PicoUsd:
    """Pico-USD of an amount in US dollars, rounded towards zero; a float counts as its shortest decimal form."""
    amount = usd if isinstance(usd, Decimal) else Decimal(str(usd))
    return PicoUsd(int((amount * _PICO).to_integral_value(rounding=ROUND_DOWN)))


def usd(amount: int) -> float:
    """US dollars as the nearest double. To show, never to add."""
    return amount / 1e12


def usd_text(amount: int) -> str:
    """US dollars as an exact decimal number without exponent or trailing zeros, such as `0.000012`."""
    text = format(Decimal(amount) / _PICO, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
