"""What a price table may look like, and how one that does not is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.prices import PriceTableInvalid, load_catalog
from muxer.types.catalog import Capabilities, Catalog, DatedPrice, ModelSpec, Rates, Tier, parse_model_id

ROW = {"input_per_1k_usd": 0.002, "output_per_1k_usd": 0.01}


def table(**keys: Any) -> str:
    return json.dumps({"p:m": ROW | keys})


def load(text: str) -> Catalog:
    report = load_catalog(text)
    assert report.warnings == ()
    return report.catalog


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(PriceTableInvalid) as refused:
        load_catalog(text)
    found = [str(problem) for problem in refused.value.problems]
    assert str(refused.value) == "\n".join(["price table refused:", *(f"  {line}" for line in found)])
    return found


def problem(text: str | bytes) -> str:
    (found,) = problems(text)
    return found


def test_a_row_becomes_a_model_with_whole_pico_usd_per_token() -> None:
    row = {
        "input_per_1k_usd": 0.002,
        "output_per_1k_usd": 1e-2,
        "cached_input_per_1k_usd": 0.0000375,
        "cache_write_per_1k_usd": 0.0025,
        "cache_write_1h_per_1k_usd": 0.004,
        "tiers": [{"above_prompt_tokens": 200, "input_per_1k_usd": 0.004, "output_per_1k_usd": 0.02}],
        "schedule": [{"from": "2027-01-01", "input_per_1k_usd": 0.003, "output_per_1k_usd": 0.03}],
        "context_window": 1000,
        "max_input_tokens": 800,
        "max_output_tokens": 200,
        "capabilities": {"vision": True, "sampling_params": False, "efforts": ["low", "high"]},
        "token_factor": 1.25,
        "deprecation_date": "2027-05-01",
        "checked": "2026-11-23",
        "source": "the price page",
    }

    expected = ModelSpec(
        provider="groq",
        name="qwen/qwen3:8b",
        prices=(
            DatedPrice(
                dt.date.min,
                Rates(2_000_000, 10_000_000, 37_500, 2_500_000, 4_000_000),
                (Tier(200, Rates(4_000_000, 20_000_000)),),
            ),
            DatedPrice(dt.date(2027, 1, 1), Rates(3_000_000, 30_000_000)),
        ),
        capabilities=Capabilities(vision=True, sampling_params=False, efforts=("low", "high")),
        context_window=1000,
        max_input_tokens=800,
        max_output_tokens=200,
        token_factor=1.25,
        deprecation_date=dt.date(2027, 5, 1),
        checked=dt.date(2026, 11, 23),
        source="the price page",
    )
    assert {"groq:qwen/qwen3:8b": expected} == load(json.dumps({"groq:qwen/qwen3:8b": row})).models


def test_two_prices_are_enough_and_the_rest_is_unknown() -> None:
    expected = ModelSpec("p", "m", (DatedPrice(dt.date.min, Rates(2_000_000, 10_000_000)),))

    assert {"p:m": expected} == load(table()).models


def test_models_are_in_sorted_order() -> None:
    assert list(load(json.dumps({"c:m": ROW, "a:z": ROW, "b:a": ROW})).models) == ["a:z", "b:a", "c:m"]


def test_the_version_is_the_beginning_of_the_hash_of_the_file() -> None:
    text = table()

    assert hashlib.sha256(text.encode()).hexdigest()[:12] == load(text).version
    assert load_catalog(text.encode()) == load_catalog(text)


@given(st.integers(1_000, 200_000_000), st.integers(1_000, 1_000_000_000))
def test_prices_are_read_exactly(input_rate: int, output_rate: int) -> None:
    row = f'{{"input_per_1k_usd": {input_rate}E-9, "output_per_1k_usd": {Decimal(output_rate).scaleb(-9):f}}}'

    model = load_catalog(f'{{"p:m": {row}}}').catalog.models["p:m"]

    assert Rates(input_rate, output_rate) == model.prices[0].rates


def test_keys_that_nothing_reads_are_left_alone() -> None:
    text = json.dumps({"_note": "ours", "p:m": ROW | {"tokenizer": "o200k_base", "batch_multiplier": 0.5}})

    assert list(load(text).models) == ["p:m"]


@pytest.mark.parametrize("model_id", ["openai", ":m", "p:", "P:m", "p: m", "p m:x", ""])
def test_an_id_that_is_not_provider_and_model_is_refused(model_id: str) -> None:
    assert "the id must be provider:model" in problem(json.dumps({model_id: ROW}))
    with pytest.raises(ValueError, match="not a model id"):
        parse_model_id(model_id)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"input_per_1k_usd": -0.002}, "p:m: input_per_1k_usd = -0.002: "),
        ({"input_per_1k_usd": 0}, "p:m: input_per_1k_usd = 0: "),
        ({"output_per_1k_usd": 0.0}, "p:m: output_per_1k_usd = 0.0: "),
        ({"cached_input_per_1k_usd": 0}, "p:m: cached_input_per_1k_usd = 0: "),
        ({"cached_input_per_1k_usd": 0.0021}, "p:m: cached_input_per_1k_usd = 0.0021: "),
        ({"input_per_1k_usd": 0.251}, "p:m: input_per_1k_usd = 0.251: "),
        ({"output_per_1k_usd": 1.01}, "p:m: output_per_1k_usd = 1.01: "),
        ({"cache_write_per_1k_usd": 2.5}, "p:m: cache_write_per_1k_usd = 2.5: "),
        ({"input_per_1k_usd": 0.00000015}, "p:m: input_per_1k_usd = 1.5E-7: "),
        ({"input_per_1k_usd": 0.0020000001}, "p:m: input_per_1k_usd = 0.0020000001: "),
        ({"input_per_1k_usd": "0.0020000000000000000000000000000000000001"}, "p:m: input_per_1k_usd = 0.00200"),
        ({"free": True, "output_per_1k_usd": 0}, "p:m: input_per_1k_usd = 0.002: "),
        ({"schedule": [{"from": "2027-01-01"} | ROW | {"input_per_1k_usd": 2}]}, "p:m: schedule[0].input_per_1k_usd"),
        ({"tiers": [{"above_prompt_tokens": 9} | ROW | {"input_per_1k_usd": 2}]}, "p:m: tiers[0].input_per_1k_usd"),
        ({"tiers": [{"above_prompt_tokens": 9} | ROW] * 2}, "p:m: tiers: "),
        ({"tiers": [{"above_prompt_tokens": n} | ROW for n in (9, 5)]}, "p:m: tiers: "),
        ({"schedule": [{"from": f"202{n}-01-01"} | ROW for n in (8, 7)]}, "p:m: schedule: "),
        ({"schedule": [{"from": "2027-01-01"} | ROW] * 2}, "p:m: schedule: "),
        (
            {"schedule": [{"from": "2027-01-01", "tiers": [{"above_prompt_tokens": 9} | ROW] * 2} | ROW]},
            "p:m: schedule[0]",
        ),
        ({"input_per_1k_usd": None}, "p:m: Expected `decimal`, got `null` - at `$.input_per_1k_usd`"),
        ({"input_per_1k_usd": True}, "p:m: Expected `decimal`, got `bool` - at `$.input_per_1k_usd`"),
        ({"input_per_1k_usd": "NaN"}, "p:m: a price is a number"),
        ({"max_output_tokens": -1}, "p:m: Expected `int` >= 0 - at `$.max_output_tokens`"),
        ({"max_output_tokens": 2**31}, "p:m: Expected `int` <= 2147483647 - at `$.max_output_tokens`"),
        ({"token_factor": 16}, "p:m: Expected `float` <= 3.0 - at `$.token_factor`"),
        ({"schedule": [ROW]}, "p:m: Object missing required field `from` - at `$.schedule[0]`"),
        ({"deprecation_date": "soon"}, "p:m: Invalid RFC3339 encoded date - at `$.deprecation_date`"),
        ({"capabilities": {"vision": "yes"}}, "p:m: Expected `bool`, got `str` - at `$.capabilities.vision`"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_with_its_place_and_value(keys: dict[str, Any], place: str) -> None:
    assert problem(table(**keys)).startswith(place)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("input_per_1m_usd", "per_1k_usd"),
        ("output_per_mtok_usd", "per_1k_usd"),
        ("input_per_million_usd", "per_1k_usd"),
        ("cached_input_per_1m_usd", "per_1k_usd"),
        ("cache_write_usd", "per_1k_usd"),
        ("cached_per_1k_usd", "write cached_input_per_1k_usd"),
        ("max_output_token", "write max_output_tokens"),
        ("schedules", "write schedule"),
        ("context-window", "write context_window"),
    ],
)
def test_a_misspelled_key_is_refused_instead_of_ignored(key: str, meant: str) -> None:
    found = problem(table(**{key: 1}))

    assert found.startswith(f"p:m: {key} = 1: ")
    assert meant in found


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"capabilities": {"sampling_param": False}}, "p:m: capabilities.sampling_param = False: "),
        ({"tiers": [{"above_prompt_tokens": 9, "input_per_1m_usd": 4} | ROW]}, "p:m: tiers[0].input_per_1m_usd = 4: "),
        (
            {"schedule": [{"from": "2027-01-01", "tiers": [{"above_prompt_tokens": 1, "cache_write": 1} | ROW]} | ROW]},
            "p:m: schedule[0].tiers[0].cache_write = 1: ",
        ),
    ],
)
def test_a_misspelled_key_is_found_at_any_depth(keys: dict[str, Any], place: str) -> None:
    assert problem(table(**keys)).startswith(place)


def test_a_row_with_prices_under_another_unit_is_told_both_what_is_wrong_and_what_is_missing() -> None:
    found = problems('{"p:m": {"input_per_1m_usd": 2, "output_per_1m_usd": 10}}')

    assert len(found) == 3
    assert "USD per 1,000 tokens" in found[0]
    assert "missing required field `input_per_1k_usd`" in found[2]


def test_every_problem_of_every_row_is_listed() -> None:
    bad = {"a:1": ROW | {"input_per_1k_usd": 2.5, "output_per_1k_usd": 10}, "b:2": ROW, "c:3": ROW | {"tiers": 1}}

    assert sorted(line[: line.index(" ", 5)] for line in problems(json.dumps(bad))) == [
        "a:1: input_per_1k_usd",
        "a:1: output_per_1k_usd",
        "c:3: Expected",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a JSON file"),
        ("{", "not a JSON file"),
        (b"\xff", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("{}", "a row for each model"),
        ("[]", "a row for each model"),
        ('{"_note": 1}', "a row for each model"),
        ('{"p:m": {"input_per_1k_usd": NaN, "output_per_1k_usd": 1}}', "NaN is not a number"),
        ('{"p:m": {"input_per_1k_usd": Infinity, "output_per_1k_usd": 1}}', "Infinity is not a number"),
        ('{"p:m": {"input_per_1k_usd": 1e99999999999999999999, "output_per_1k_usd": 1}}', "not a JSON file"),
        ('{"p:m": {"input_per_1k_usd": 1e999999999, "output_per_1k_usd": 1}}', "1E+999999999: above 0.25"),
        ('{"p:m": {"input_per_1k_usd": 1e-999999999, "output_per_1k_usd": 1}}', "1E-999999999: below"),
        (
            '{"p:m": {"input_per_1k_usd": 0.1, "output_per_1k_usd": 0.1, "cache_write_per_1k_usd": 1e-999999999}}',
            "whole",
        ),
        ('{"p:m": 1}', "p:m: Expected `object`, got `int`"),
    ],
)
def test_a_file_that_is_no_price_table_is_refused(text: str | bytes, said: str) -> None:
    assert said in problem(text)


def test_a_model_given_twice_is_refused() -> None:
    row = json.dumps(ROW)

    assert "twice in one object: p:m" in problem(f'{{"p:m": {row}, "p:m": {row}}}')


def test_a_price_given_twice_is_refused() -> None:
    text = '{"p:m": {"input_per_1k_usd": 0.001, "input_per_1k_usd": 0.002, "output_per_1k_usd": 0.01}}'

    assert "twice in one object: input_per_1k_usd" in problem(text)
