"""Which price tables are not believed: above all those in prices per million tokens."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Container
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from muxer.core.price_checks import ANCHORS
from muxer.core.prices import CatalogReport, PriceTableInvalid, load_catalog

SHIPPED = Path(__file__).parents[2] / "prices" / "prices.json"
ROW = {"input_per_1k_usd": 0.002, "output_per_1k_usd": 0.01}
TABLE: dict[str, Any] = json.loads(SHIPPED.read_text(), parse_float=Decimal)


def shipped(factor: Decimal, which: Container[str] = TABLE) -> dict[str, Any]:
    """The shipped table, with every price of some of its models multiplied."""
    return {model_id: multiplied(row, factor) if model_id in which else row for model_id, row in TABLE.items()}


def multiplied(entry: Any, factor: Decimal) -> Any:
    if isinstance(entry, list):
        return [multiplied(inner, factor) for inner in entry]
    if isinstance(entry, dict):
        return {
            key: inner * factor if key.endswith("_per_1k_usd") else multiplied(inner, factor)
            for key, inner in entry.items()
        }
    return entry


def read(rows: dict[str, Any], today: dt.date | None = None) -> CatalogReport:
    return load_catalog(json.dumps(rows, default=float), today=today)


def problems(rows: dict[str, Any]) -> list[str]:
    with pytest.raises(PriceTableInvalid) as refused:
        read(rows)
    return [str(problem) for problem in refused.value.problems]


def test_a_whole_table_in_prices_per_million_is_refused_and_told_so_first() -> None:
    found = problems(shipped(Decimal(1000)))

    assert found[0].startswith("median of input_per_1k_usd = ")
    assert found[0].endswith("these look like prices per million tokens: divide them all by 1,000")
    assert any("this looks like a price per million tokens: divide it by 1,000" in line for line in found[1:])


def test_a_table_in_prices_per_token_is_refused() -> None:
    found = problems(shipped(Decimal("0.001")))

    assert found[0].startswith("median of input_per_1k_usd = ")
    assert found[0].endswith("these look like prices per token: multiply them all by 1,000")
    assert any("this looks like a price per token: multiply it by 1,000" in line for line in found[1:])


@pytest.mark.parametrize("parity", [0, 1])
def test_a_table_of_which_half_is_in_prices_per_million_is_refused(parity: int) -> None:
    wrong = list(TABLE)[parity::2]

    named = {line.split(": ")[0] for line in problems(shipped(Decimal(1000), wrong))}

    assert len(named) > 15
    assert {name for name in named if not name.startswith("median")} <= set(wrong)


def test_a_table_whose_cheap_rows_alone_are_in_prices_per_million_is_refused() -> None:
    """All of these are below the ceilings and too few to move the median: the anchors among them tell."""
    cheap = [
        model_id
        for model_id, row in TABLE.items()
        if row["input_per_1k_usd"] <= Decimal("0.00015") and "tiers" not in row
    ]

    found = problems(shipped(Decimal(1000), cheap))

    assert [line.split(": ")[0] for line in found] == ["groq:openai/gpt-oss-20b", "openai:gpt-4o-mini"]


@pytest.mark.parametrize("model_id", TABLE)
def test_one_row_in_prices_per_million_is_refused_or_warned_of(model_id: str) -> None:
    rows = shipped(Decimal(1000), [model_id])

    try:
        found = [warning.row for warning in read(rows).warnings]
    except PriceTableInvalid as refused:
        found = [problem.row for problem in refused.problems]

    assert set(found) == {model_id}


@pytest.mark.parametrize("model_id", ANCHORS)
@pytest.mark.parametrize("factor", ["0.05", "20"])
def test_a_known_model_at_a_tenth_or_ten_times_of_its_price_is_refused(model_id: str, factor: str) -> None:
    found = problems({model_id: multiplied(TABLE[model_id], Decimal(factor))})

    assert any(line.startswith(model_id) and "1,000,000 input tokens would be billed at" in line for line in found)


@pytest.mark.parametrize("model_id", ANCHORS)
@pytest.mark.parametrize("factor", ["0.2", "1", "5"])
def test_a_known_model_may_become_cheaper_or_dearer(model_id: str, factor: str) -> None:
    report = read({model_id: multiplied(TABLE[model_id], Decimal(factor))})

    assert list(report.catalog.models) == [model_id]


def test_a_known_model_is_checked_at_announced_prices_too() -> None:
    row = {"input_per_1k_usd": 0.00015, "output_per_1k_usd": 0.0006}
    step = {"from": "2027-01-01", "input_per_1k_usd": 0.15, "output_per_1k_usd": 0.6}

    (found,) = problems({"openai:gpt-4o-mini": row | {"schedule": [step]}})

    assert "would be billed at 150 USD, and cost 0.15 USD" in found


@pytest.mark.parametrize(("price", "side"), [(0.015, "dear"), (0.00003, "cheap")])
def test_the_median_counts_from_eight_models_on(price: float, side: str) -> None:
    rows = {f"p:{n}": {"input_per_1k_usd": price, "output_per_1k_usd": price} for n in range(8)}

    (found,) = problems(rows)
    del rows["p:0"]

    assert found.startswith("median of input_per_1k_usd"), side
    assert read(rows).warnings == ()


def test_free_models_are_not_odd_and_do_not_count_in_the_median() -> None:
    free = {f"ollama:{n}": {"free": True, "input_per_1k_usd": 0, "output_per_1k_usd": 0} for n in range(20)}

    report = read(free | {f"p:{n}": ROW for n in range(8)})

    assert report.catalog.models["ollama:0"].free
    assert len(report.catalog.models) == 28
    assert report.warnings == ()


@pytest.mark.parametrize(
    ("keys", "warning"),
    [
        ({"input_per_1k_usd": 0.05, "output_per_1k_usd": 0.08}, "input_per_1k_usd = 0.05: unusual, that is 50 USD"),
        ({"input_per_1k_usd": 0.000005}, "input_per_1k_usd = 0.000005: unusual, that is 0.005 USD"),
        (
            {"tiers": [{"above_prompt_tokens": 9, "input_per_1k_usd": 0.05, "output_per_1k_usd": 0.08}]},
            "tiers[0].input_per_1k_usd = 0.05: unusual, that is 50 USD",
        ),
        ({"output_per_1k_usd": 0.001}, "output_per_1k_usd = 0.001: output is cheaper than input"),
        (
            {"schedule": [{"from": "2027-01-01", "input_per_1k_usd": 0.002, "output_per_1k_usd": 0.001}]},
            "schedule[0].output_per_1k_usd = 0.001: output is cheaper than input",
        ),
    ],
)
def test_a_row_that_is_merely_odd_is_taken_with_a_warning(keys: dict[str, Any], warning: str) -> None:
    (found,) = read({"p:m": ROW | keys}).warnings

    assert str(found).startswith(f"p:m: {warning}")


def test_a_model_that_the_provider_has_ended_is_warned_of_from_that_day_on() -> None:
    rows = {"p:m": ROW | {"deprecation_date": "2026-11-23"}}

    assert read(rows, dt.date(2026, 11, 22)).warnings == ()
    assert read(rows, None).warnings == ()
    (found,) = read(rows, dt.date(2026, 11, 23)).warnings
    assert str(found).startswith("p:m: deprecation_date = 2026-11-23: ")
