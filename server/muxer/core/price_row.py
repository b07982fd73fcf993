"""One row of the price table: its format, and how it becomes a `ModelSpec`.

The table is JSON, `provider:model` to an object with the keys of `PriceRow`. Prices are written in US dollars per
1,000 tokens, and are read as decimals: no price ever passes through a float. A rate that is absent does not exist;
steps of `schedule` and `tiers` are complete in themselves and inherit nothing.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from muxer.types.catalog import Capabilities, DatedPrice, ModelSpec, Rates, Tier, parse_model_id
from muxer.types.money import PRICE_UNIT

Tokens = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class PricedRow(Struct, frozen=True, kw_only=True):
    """The rates, in US dollars per 1,000 tokens."""

    input_per_1k_usd: Decimal
    output_per_1k_usd: Decimal
    cached_input_per_1k_usd: Decimal | None = None
    cache_write_per_1k_usd: Decimal | None = None
    cache_write_1h_per_1k_usd: Decimal | None = None

    def __post_init__(self) -> None:
        if not all(price.is_finite() for _, price in self.prices()):
            raise ValueError("a price is a number")

    def prices(self) -> Iterator[tuple[str, Decimal]]:
        """The prices that there are, with their keys."""
        for key in PricedRow.__struct_fields__:
            price = getattr(self, key)
            if price is not None:
                yield key, price


class TierRow(PricedRow, frozen=True, kw_only=True):
    """Rates for the whole request once its prompt has strictly more than this many tokens."""

    above_prompt_tokens: Tokens


class TieredRow(PricedRow, frozen=True, kw_only=True):
    """A whole price: the rates, and those of long prompts."""

    tiers: tuple[TierRow, ...] = ()


class StepRow(TieredRow, frozen=True, kw_only=True):
    """The price from a date on (midnight UTC)."""

    start: dt.date = field(name="from")


class PriceRow(TieredRow, frozen=True, kw_only=True):
    """One model. `schedule` holds the price changes that are known to come; limits are tokens, 0 if unknown."""

    schedule: tuple[StepRow, ...] = ()
    free: bool = False
    context_window: Tokens = 0
    max_input_tokens: Tokens = 0
    max_output_tokens: Tokens = 0
    capabilities: Capabilities = Capabilities()
    token_factor: Annotated[float, Meta(ge=0.5, le=3.0)] = 1.0
    deprecation_date: dt.date | None = None
    source: str = ""
    checked: dt.date | None = None

    def steps(self) -> Iterator[tuple[str, TieredRow]]:
        """The price of now and every one to come, with the path to it inside the row."""
        yield "", self
        for i, step in enumerate(self.schedule):
            yield f"schedule[{i}].", step

    def rates(self) -> Iterator[tuple[str, PricedRow]]:
        """Every set of rates, with the path to it inside the row."""
        for path, step in self.steps():
            yield path, step
            for i, tier in enumerate(step.tiers):
                yield f"{path}tiers[{i}].", tier


class Finding(Struct, frozen=True):
    """Something wrong with the table, and what to do about it. `row` is empty for the table as a whole."""

    row: str
    key: str
    value: str
    advice: str

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.row, self.key) if part)
        return f"{place or 'table'}{f' = {self.value}' if self.value else ''}: {self.advice}"


def parse_row(model_id: str, raw: object) -> tuple[PriceRow | None, list[Finding]]:
    """The row, or None with the reasons why it cannot be read; misspelled keys come on top of either."""
    findings = [Finding(model_id, *misspelling) for misspelling in _misspelled(raw, PriceRow)]
    try:
        parse_model_id(model_id)
        return msgspec.convert(raw, PriceRow), findings
    except msgspec.ValidationError as error:
        findings.append(Finding(model_id, "", "", str(error)))
    except ValueError:
        findings.append(Finding(model_id, "", "", "the id must be provider:model, such as openai:gpt-4o-mini"))
    return None, findings


def model_of(model_id: str, row: PriceRow) -> ModelSpec:
    """The model that a row describes. Raises `ValueError` for a price that `pico_per_token` refuses."""
    provider, name = parse_model_id(model_id)
    prices = [_dated(dt.date.min, row), *(_dated(step.start, step) for step in row.schedule)]
    return ModelSpec(
        provider=provider,
        name=name,
        prices=tuple(prices),
        capabilities=row.capabilities,
        context_window=row.context_window,
        max_input_tokens=row.max_input_tokens,
        max_output_tokens=row.max_output_tokens,
        token_factor=row.token_factor,
        free=row.free,
        deprecation_date=row.deprecation_date,
        checked=row.checked,
        source=row.source,
    )


_INNER: dict[str, type[Struct]] = {"capabilities": Capabilities, "tiers": TierRow, "schedule": StepRow}
_PRICE_STEMS = ("input_per", "output_per", "cached_input", "cache_write")


def _misspelled(raw: object, kind: type[Struct], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, value and advice of each unknown key that was meant to be a known one: it must not go unnoticed.

    Other unknown keys are left alone, so that a table can hold more than this version reads.
    """
    if isinstance(raw, list):
        for i, entry in enumerate(raw):
            yield from _misspelled(entry, kind, f"{path}[{i}]")
    if not isinstance(raw, dict):
        return
    known = [known.encode_name for known in msgspec.structs.fields(kind)]
    for key, value in raw.items():
        here = f"{path}.{key}" if path else key
        if key in known:
            if key in _INNER:
                yield from _misspelled(value, _INNER[key], here)
        elif key.startswith(_PRICE_STEMS):
            yield here, str(value), "prices are in USD per 1,000 tokens, under keys that end in per_1k_usd"
        elif meant := difflib.get_close_matches(key, known, n=1, cutoff=0.85):
            yield here, str(value), f"unknown key; write {meant[0]} if that is meant"


def pico_per_token(per_1k_usd: Decimal) -> int:
    """USD per 1,000 tokens as pico-USD per token. Raises `ValueError` when that is not a whole number."""
    try:
        return int(_EXACT.divide(_EXACT.quantize(per_1k_usd, PRICE_UNIT), PRICE_UNIT))
    except (Inexact, InvalidOperation):
        raise ValueError(f"{per_1k_usd} is not a multiple of {PRICE_UNIT}") from None


_EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])


def _dated(start: dt.date, row: TieredRow) -> DatedPrice:
    return DatedPrice(start, _rates(row), tuple(Tier(tier.above_prompt_tokens, _rates(tier)) for tier in row.tiers))


def _rates(row: PricedRow) -> Rates:
    return Rates(
        input=pico_per_token(row.input_per_1k_usd),
        output=pico_per_token(row.output_per_1k_usd),
        cached_input=_optional(row.cached_input_per_1k_usd),
        cache_write=_optional(row.cache_write_per_1k_usd),
        cache_write_1h=_optional(row.cache_write_1h_per_1k_usd),
    )


def _optional(per_1k_usd: Decimal | None) -> int | None:
    return None if per_1k_usd is None else pico_per_token(per_1k_usd)
