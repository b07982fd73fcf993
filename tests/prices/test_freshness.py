"""When a table has had its day, on given days: the calendar itself fails no test."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from muxer.cli.price_freshness import PriceMeta, table_warnings
from muxer.core.prices import PriceTableInvalid

PRICE = {"input_per_1k_usd": 0.002, "output_per_1k_usd": 0.01}
MADE = dt.datetime(2026, 11, 23, 5, 38, 15, tzinfo=dt.UTC)


def table(**keys: Any) -> bytes:
    return json.dumps({"p:m": PRICE | keys}).encode()


def warnings(content: bytes, day: str, made: dt.datetime = MADE) -> list[tuple[str, str, str]]:
    meta = PriceMeta(made, hashlib.sha256(content).hexdigest())
    return [(found.row, found.key, found.value) for found in table_warnings(content, meta, dt.date.fromisoformat(day))]


def test_a_table_is_fresh_for_45_days() -> None:
    assert warnings(table(), "2027-01-07") == []
    assert warnings(table(), "2027-01-08") == [("", "generated_at", "2026-11-23")]


def test_a_day_is_one_of_utc() -> None:
    late = dt.datetime(2026, 11, 23, 23, 0, tzinfo=dt.timezone(dt.timedelta(hours=-5)))

    assert warnings(table(), "2027-01-08", made=late) == []


def test_a_model_has_ended_from_its_last_day_on() -> None:
    content = table(deprecation_date="2026-12-01")

    assert warnings(content, "2026-11-30") == []
    assert warnings(content, "2026-12-01") == [("p:m", "deprecation_date", "2026-12-01")]


def test_a_step_is_due_from_its_day_on_and_the_last_one_is_named() -> None:
    content = table(schedule=[{"from": "2026-12-01"} | PRICE, {"from": "2026-12-15"} | PRICE])

    assert warnings(content, "2026-11-30") == []
    assert warnings(content, "2026-12-01") == [("p:m", "schedule", "2026-12-01")]
    assert warnings(content, "2026-12-20") == [("p:m", "schedule", "2026-12-15")]


def test_a_table_that_was_changed_by_hand_is_noticed() -> None:
    meta = PriceMeta(MADE, hashlib.sha256(table()).hexdigest())

    (found,) = table_warnings(table(free=False), meta, MADE.date())

    assert found.key == "sha256"


def test_without_its_meta_file_a_table_is_of_unknown_age() -> None:
    assert table_warnings(table(), None, dt.date(2030, 1, 1)) == []


def test_what_the_loader_says_is_said_here_too() -> None:
    swapped = json.dumps({"p:m": {"input_per_1k_usd": 0.01, "output_per_1k_usd": 0.002}}).encode()

    assert [found.key for found in table_warnings(swapped, None, MADE.date())] == ["output_per_1k_usd"]
    with pytest.raises(PriceTableInvalid):
        table_warnings(b"{}", None, MADE.date())
