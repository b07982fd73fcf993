"""The price table that is shipped, against the figures of the price pages, typed a second time."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from muxer.core.cost import price_at, rates_for
from muxer.core.prices import load_catalog
from muxer.types.catalog import Rates

TABLE = Path(__file__).parents[2] / "prices" / "prices.json"
CHECKED = dt.date(2026, 11, 23)
CATALOG = load_catalog(TABLE.read_bytes()).catalog

# US dollars per million tokens: input, cached input, cache write, output
PRICE_PAGES = """
openai:gpt-6-astra                              10       1    12.5     50
openai:gpt-6-sol                                 2     0.2     2.5     10
openai:gpt-6.1-sol                               2     0.1     2.5     10
openai:gpt-6.1-terra                             1    0.05    1.25      5
openai:gpt-6-luna                              0.1    0.01   0.125    0.5
openai:gpt-5.6-luna                            0.2    0.02    0.25    1.2
openai:gpt-5.5                                   5     0.5       -     30
openai:gpt-5.4-mini                           0.75   0.075       -    4.5
openai:gpt-4.1                                   2     0.5       -      8
openai:gpt-4o                                  2.5    1.25       -     10
openai:gpt-4o-mini                            0.15   0.075       -    0.6
anthropic:claude-fable-5-2                       8     0.2      10     40
anthropic:claude-fable-5-1                      10    0.25    12.5     50
anthropic:claude-opus-5-5                        4     0.2       5     20
anthropic:claude-opus-5                          5     0.5    6.25     25
anthropic:claude-sonnet-5-5                      2     0.1     2.5     10
anthropic:claude-sonnet-5                        2     0.2     2.5     10
anthropic:claude-sonnet-4-6                      3     0.3    3.75     15
anthropic:claude-haiku-5-5                     0.1    0.01   0.125    0.5
anthropic:claude-haiku-4-5                       1     0.1    1.25      5
google:gemini-4-argon                            2     0.1       -     10
google:gemini-3.8-flash                       0.75   0.075       -   3.75
google:gemini-3.5-flash                        1.5    0.15       -      9
google:gemini-3.5-flash-lite                   0.3    0.03       -    2.5
google:gemini-3.1-pro-preview                    2     0.2       -     12
google:gemini-3.1-flash-lite                  0.25   0.025       -    1.5
google:gemini-2.5-pro                         1.25   0.125       -     10
google:gemini-2.5-flash                        0.3    0.03       -    2.5
google:gemini-2.5-flash-lite                   0.1    0.01       -    0.4
mistral:mistral-large-4                        0.7    0.07       -    2.1
mistral:mistral-large-2512                     0.5    0.05       -    1.5
mistral:mistral-medium-3-5                     1.5    0.15       -    7.5
mistral:mistral-small-2603                    0.15   0.015       -    0.6
mistral:codestral-2508                         0.3    0.03       -    0.9
mistral:ministral-8b-2512                     0.15   0.015       -   0.15
groq:openai/gpt-oss-120b                      0.15   0.075       -    0.6
groq:openai/gpt-oss-20b                      0.075  0.0375       -    0.3
groq:qwen/qwen3.8-27b                          0.8       -       -      4
groq:llama-3.1-8b-instant                     0.05       -       -   0.08
cohere:command-a-03-2025                       2.5       -       -     10
cohere:command-r-08-2024                      0.15       -       -    0.6
cohere:command-r7b-12-2024                  0.0375       -       -   0.15
together:moonshotai/Kimi-K3.1-Pro                2     0.2       -     10
together:moonshotai/Kimi-K3                      3     0.3       -     15
together:deepseek-ai/DeepSeek-V4-Pro-0813     1.32    0.13       -   3.96
together:deepseek-ai/DeepSeek-V4.1-Flash       0.3   0.006       -    1.2
together:zai-org/GLM-5.3                       1.4    0.26       -    4.4
together:zai-org/GLM-5.3-Flash                0.15    0.03       -    0.5
together:Qwen/Qwen3.8-Flash                   0.15       -       -   0.47
together:openai/gpt-oss-120b                  0.15       -       -    0.6
"""

# the same, for prompts of more than this many tokens
LONG_PROMPTS = """
openai:gpt-6-astra             272000    20       2      25     75
openai:gpt-6-sol               272000     4     0.4       5     15
openai:gpt-6.1-sol             272000     4     0.2       5     15
openai:gpt-6.1-terra           272000     2     0.1     2.5    7.5
openai:gpt-6-luna              272000   0.2    0.02    0.25   0.75
openai:gpt-5.6-luna            272000   0.4    0.04     0.5    1.8
openai:gpt-5.5                 272000    10       1       -     45
anthropic:claude-haiku-5-5     100000   0.5    0.05   0.625    2.5
google:gemini-3.1-pro-preview  200000     4     0.4       -     18
google:gemini-2.5-pro          200000   2.5    0.25       -     15
"""

# the same, from this day on
ANNOUNCED = """
google:gemini-4-argon    2026-12-01    4   0.2  -   20
google:gemini-3.8-flash  2027-01-01  1.5  0.15  -  7.5
"""


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def pico(per_million_usd: str) -> int | None:
    return None if per_million_usd == "-" else int(Decimal(per_million_usd) * 10**6)


def rates(columns: list[str]) -> list[int | None]:
    return [pico(column) for column in columns]


def columns(found: Rates) -> list[int | None]:
    return [found.input, found.cached_input, found.cache_write, found.output]


def test_the_table_holds_the_models_of_the_price_pages_and_no_others() -> None:
    assert sorted(row[0] for row in rows(PRICE_PAGES)) == list(CATALOG.models)


@pytest.mark.parametrize("row", rows(PRICE_PAGES), ids=lambda row: row[0])
def test_a_price_is_that_of_the_price_page(row: list[str]) -> None:
    assert rates(row[1:]) == columns(rates_for(CATALOG.models[row[0]], 1000, CHECKED))


@pytest.mark.parametrize("row", rows(LONG_PROMPTS), ids=lambda row: row[0])
def test_a_long_prompt_has_its_own_price_from_one_token_above_the_threshold_on(row: list[str]) -> None:
    model, threshold = CATALOG.models[row[0]], int(row[1])

    assert rates(row[2:]) == columns(rates_for(model, threshold + 1, CHECKED))
    assert price_at(model, CHECKED).rates == rates_for(model, threshold, CHECKED)


def test_no_other_model_has_a_price_for_long_prompts() -> None:
    tiered = {model.id for model in CATALOG.models.values() for price in model.prices if price.tiers}

    assert {row[0] for row in rows(LONG_PROMPTS)} == tiered


@pytest.mark.parametrize("row", rows(ANNOUNCED), ids=lambda row: row[0])
def test_an_announced_price_holds_from_its_day_on(row: list[str]) -> None:
    model, day = CATALOG.models[row[0]], dt.date.fromisoformat(row[1])

    assert rates(row[2:]) == columns(price_at(model, day).rates)
    assert price_at(model, CHECKED) == price_at(model, day - dt.timedelta(days=1))


def test_writing_an_hour_long_cache_entry_costs_twice_the_input_at_anthropic_and_is_offered_nowhere_else() -> None:
    for model in CATALOG.models.values():
        for price in model.prices:
            for offered in (price.rates, *(tier.rates for tier in price.tiers)):
                expected = 2 * offered.input if model.provider == "anthropic" else None
                assert expected == offered.cache_write_1h, model.id


def test_nothing_in_the_table_was_odd_on_the_day_it_was_checked() -> None:
    assert load_catalog(TABLE.read_bytes(), today=CHECKED).warnings == ()


def test_limits_agree_with_each_other() -> None:
    for model in CATALOG.models.values():
        assert 0 < model.max_input_tokens <= model.context_window, model.id
        assert 0 <= model.max_output_tokens <= model.context_window, model.id


def test_a_claude_prompt_counts_more_tokens_than_the_same_prompt_at_openai() -> None:
    assert CATALOG.models["anthropic:claude-sonnet-5-5"].token_factor == 1.6
    assert CATALOG.models["anthropic:claude-sonnet-4-6"].token_factor == 1.25
    assert CATALOG.models["openai:gpt-6-sol"].token_factor == 1.0


def test_models_that_reason_without_end_take_no_sampling_parameters_and_no_forced_tool() -> None:
    opus = CATALOG.models["anthropic:claude-opus-5-5"].capabilities

    assert (opus.tools, opus.sampling_params, opus.forced_tool_use) == (True, False, False)
    assert "none" not in opus.efforts


def test_the_meta_file_identifies_the_table() -> None:
    meta = json.loads(TABLE.with_suffix(".meta.json").read_text())

    assert hashlib.sha256(TABLE.read_bytes()).hexdigest() == meta["sha256"]
    assert CATALOG.version == meta["sha256"][:12]
    assert len(CATALOG.models) == meta["rows"]
    assert sorted({model.source for model in CATALOG.models.values()}) == meta["sources"]


def test_the_file_makes_small_diffs_with_sorted_keys_and_prices_without_exponent() -> None:
    numbers: list[str] = []
    keys: list[list[str]] = []

    def note_keys(pairs: list[tuple[str, object]]) -> None:
        keys.append([key for key, _ in pairs])

    json.loads(TABLE.read_text(), parse_float=numbers.append, object_pairs_hook=note_keys)

    assert all(earlier < later for entry in keys for earlier, later in pairwise(entry))
    assert [number for number in numbers if not re.fullmatch(r"\d+\.\d*[1-9]|\d\.0", number)] == []
    assert TABLE.read_text().endswith("}\n")
