"""What is taken from LiteLLM: prices per token, limits, and abilities of which it says only the good."""

from __future__ import annotations

import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tools.prices.litellm_source import LiteLLM, excerpt, litellm_facts, litellm_price, read

PRICED: dict[str, Any] = {"input_cost_per_token": Decimal("1e-7"), "output_cost_per_token": Decimal("5e-7")}


def abilities(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = litellm_facts(row)["capabilities"]
    return found


def test_a_price_per_token_becomes_one_per_thousand_with_complete_tiers() -> None:
    row = PRICED | {
        "cache_creation_input_token_cost_above_1hr": Decimal("2e-7"),
        "input_cost_per_token_above_100k_tokens": Decimal("3e-7"),
        "cache_creation_input_token_cost_above_1hr_above_100k_tokens": Decimal("6e-7"),
        "input_cost_per_token_above_100k_tokens_priority": Decimal(1),
        "input_cost_per_token_batches": Decimal(1),
    }

    assert litellm_price(row) == {
        "input_per_1k_usd": Decimal("0.0001"),
        "output_per_1k_usd": Decimal("0.0005"),
        "cache_write_1h_per_1k_usd": Decimal("0.0002"),
        "tiers": [
            {
                "above_prompt_tokens": 100000,
                "input_per_1k_usd": Decimal("0.0003"),
                "output_per_1k_usd": Decimal("0.0005"),
                "cache_write_1h_per_1k_usd": Decimal("0.0006"),
            }
        ],
    }


@pytest.mark.parametrize("row", [{}, PRICED | {"input_cost_per_token": 0}, PRICED | {"output_cost_per_token": 0.0}])
def test_a_price_of_nothing_is_no_price(row: dict[str, Any]) -> None:
    assert litellm_price(row) == {}


def test_an_ability_is_known_when_it_is_there_and_a_refusal_when_it_is_said() -> None:
    row = {"supports_vision": True, "supports_pdf_input": False, "supports_sampling_params": False}

    assert abilities(row) == {"vision": True, "sampling_params": False}
    assert abilities({"supports_sampling_params": True}) == {}


@pytest.mark.parametrize(("audio", "able"), [(None, True), ("1e-7", True), ("2e-7", False)])
def test_sound_at_a_price_of_its_own_is_left_out(audio: str | None, able: bool) -> None:
    row = PRICED | {"supports_audio_input": True}
    if audio:
        row["input_cost_per_audio_token"] = Decimal(audio)

    assert ("audio" in abilities(row)) == able


@pytest.mark.parametrize(
    ("row", "efforts"),
    [
        ({"supports_none_reasoning_effort": True}, ["none", "low", "medium", "high"]),
        (
            {"supports_max_reasoning_effort": True, "supports_xhigh_reasoning_effort": False},
            ["low", "medium", "high", "max"],
        ),
        ({"supports_low_reasoning_effort": False}, ["medium", "high"]),
        ({"reasoning_effort_levels": ["low", "max"], "supports_none_reasoning_effort": True}, ["low", "max"]),
    ],
)
def test_efforts_come_from_a_list_or_from_flags(row: dict[str, Any], efforts: list[str]) -> None:
    assert abilities(row)["efforts"] == efforts


def test_limits_and_the_last_day_are_taken() -> None:
    row = {"max_input_tokens": Decimal("1000.0"), "max_output_tokens": 10, "deprecation_date": "2027-01-01", "rpm": 5}

    assert litellm_facts(row) == {
        "max_input_tokens": 1000,
        "max_output_tokens": 10,
        "deprecation_date": "2027-01-01",
        "capabilities": {},
    }


def test_a_wheel_is_read_without_being_installed(tmp_path: Path) -> None:
    path = tmp_path / "litellm-9.8.7-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("litellm/model_prices_and_context_window_backup.json", '{"m": {"input_cost_per_token": 1e-07}}')

    assert read(path) == LiteLLM("9.8.7", {"m": {"input_cost_per_token": Decimal("1e-7")}})


def test_an_excerpt_holds_what_is_read_and_no_more(tmp_path: Path) -> None:
    row = PRICED | {"supports_vision": True, "input_cost_per_token_above_100k_tokens": Decimal("3e-7")}
    source = LiteLLM("9.8.7", {"a": row | {"rpm": 5, "supports_web_search": True}, "b": PRICED})
    path = tmp_path / "excerpt.json"

    path.write_text(excerpt(source, {"a", "unknown"}))

    assert read(path) == LiteLLM("9.8.7", {"a": row})
    assert set(json.loads(path.read_text())) == {"source", "version", "models"}
