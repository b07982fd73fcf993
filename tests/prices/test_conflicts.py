"""A price is believed when two sources agree on it, or when somebody has said which of them is right."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import asdict

from tests.prices.sources import DAY, MINI, litellm, models_file, override
from tools.prices.table import Conflict, make_table

MODEL = "openai:gpt-4o-mini"
LATE = MINI | {"input_cost_per_token": Decimal("3e-7")}
SETTLED = """overrules.input_per_1k_usd = 0.0003
overrules.output_per_1k_usd = 0.0006
overrules.cached_input_per_1k_usd = 0.000075"""


def only(conflicts: tuple[Conflict, ...]) -> dict[str, str]:
    (conflict,) = conflicts
    assert conflict.model
    return {key: said for key, said in asdict(conflict).items() if key != "advice"}


def test_a_price_on_which_both_agree_is_taken_and_names_both(tmp_path: Path) -> None:
    table = make_table(models_file(tmp_path, MODEL), litellm(gpt_4o_mini=MINI), DAY)

    assert (table.conflicts, table.superfluous) == ((), ())
    assert table.rows == {
        MODEL: {
            "input_per_1k_usd": Decimal("0.00015"),
            "output_per_1k_usd": Decimal("0.0006"),
            "cached_input_per_1k_usd": Decimal("0.000075"),
            "context_window": 128000,
            "max_input_tokens": 128000,
            "max_output_tokens": 16384,
            "capabilities": {"tools": True},
            "token_factor": Decimal(1),
            "source": "genai-prices 1.2, litellm 3.4",
            "checked": DAY,
        }
    }


@pytest.mark.parametrize(
    ("change", "conflicts"),
    [
        ({"input_cost_per_token": Decimal("3e-7")}, [("input_per_1k_usd", "0.00015", "0.0003")]),
        ({"output_cost_per_token": Decimal("5.93e-7")}, [("output_per_1k_usd", "0.0006", "0.000593")]),
        ({"cache_read_input_token_cost": None}, [("cached_input_per_1k_usd", "0.000075", "")]),
        ({"cache_creation_input_token_cost": Decimal("1e-7")}, [("cache_write_per_1k_usd", "", "0.0001")]),
        (
            {"input_cost_per_token_above_128k_tokens": Decimal("3e-7")},
            [
                ("cached_input_per_1k_usd above 128000", "", "0.000075"),
                ("input_per_1k_usd above 128000", "", "0.0003"),
                ("output_per_1k_usd above 128000", "", "0.0006"),
            ],
        ),
    ],
)
def test_a_conflict_names_model_rate_and_both_figures(
    change: dict[str, Decimal | None], conflicts: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    table = make_table(models_file(tmp_path, MODEL), litellm(gpt_4o_mini=MINI | change), DAY)

    assert [(MODEL, *conflict) for conflict in conflicts] == [
        (c.model, c.rate, c.ours, c.theirs) for c in table.conflicts
    ]


def test_one_percent_is_rounding(tmp_path: Path) -> None:
    close = MINI | {"input_cost_per_token": Decimal("1.485e-7"), "output_cost_per_token": Decimal("6.06e-7")}

    assert make_table(models_file(tmp_path, MODEL), litellm(gpt_4o_mini=close), DAY).conflicts == ()


def test_an_override_settles_the_conflict_with_the_price_that_it_names(tmp_path: Path) -> None:
    file = models_file(tmp_path, MODEL, overrides=override(MODEL, SETTLED))

    table = make_table(file, litellm(gpt_4o_mini=LATE), DAY)

    assert table.conflicts == ()
    assert table.rows[MODEL]["input_per_1k_usd"] == Decimal("0.00015")
    assert table.rows[MODEL]["source"] == "genai-prices 1.2 (litellm is late)"


def test_an_override_does_not_settle_the_next_conflict(tmp_path: Path) -> None:
    file = models_file(tmp_path, MODEL, overrides=override(MODEL, SETTLED))
    later = LATE | {"input_cost_per_token": Decimal("4e-7")}

    found = only(make_table(file, litellm(gpt_4o_mini=later), DAY).conflicts)

    assert found == {"model": MODEL, "rate": "input_per_1k_usd", "ours": "0.00015", "theirs": "0.0004"}


def test_a_price_looked_up_replaces_that_of_the_first_source_and_is_checked_against_the_second(tmp_path: Path) -> None:
    file = models_file(tmp_path, MODEL, overrides=override(MODEL, "row.input_per_1k_usd = 0.0003"))

    agreed = make_table(file, litellm(gpt_4o_mini=LATE), DAY)

    assert agreed.conflicts == ()
    assert agreed.rows[MODEL]["input_per_1k_usd"] == Decimal("0.0003")
    assert agreed.rows[MODEL]["output_per_1k_usd"] == Decimal("0.0006")
    assert agreed.rows[MODEL]["source"] == "the price page, litellm 3.4"
    assert agreed.rows[MODEL]["checked"] == dt.date(2026, 10, 1)
    assert only(make_table(file, litellm(gpt_4o_mini=MINI), DAY).conflicts)["ours"] == "0.0003"


@pytest.mark.parametrize("name", ["gpt-4o-mini-of-tomorrow", "gpt-4o-min", "GPT-4o-mini"])
def test_an_id_that_the_first_source_does_not_know_exactly_is_unknown(name: str, tmp_path: Path) -> None:
    table = make_table(models_file(tmp_path, f"openai:{name}"), litellm(**{name: MINI}), DAY)

    assert only(table.conflicts) == {"model": f"openai:{name}", "rate": "", "ours": "unknown", "theirs": "known"}


def test_an_id_may_have_another_name_in_the_first_source(tmp_path: Path) -> None:
    names = '[genai-prices-names]\n"openai:gpt-mini" = "gpt-4o-mini"'

    table = make_table(models_file(tmp_path, "openai:gpt-mini", overrides=names), litellm(gpt_mini=MINI), DAY)

    assert table.conflicts == ()
    assert table.rows["openai:gpt-mini"]["input_per_1k_usd"] == Decimal("0.00015")


@pytest.mark.parametrize("price", [{}, {"input_cost_per_token": 0, "output_cost_per_token": 0}])
def test_one_source_is_not_enough_unless_somebody_says_so(price: dict[str, int], tmp_path: Path) -> None:
    table = make_table(models_file(tmp_path, MODEL), litellm(gpt_4o_mini=price), DAY)
    assert only(table.conflicts) == {"model": MODEL, "rate": "", "ours": "known", "theirs": "unknown"}

    file = models_file(tmp_path, MODEL, overrides=override(MODEL, "unconfirmed = true"))
    table = make_table(file, litellm(gpt_4o_mini=price), DAY)
    assert table.conflicts == ()
    assert table.rows[MODEL]["source"] == "genai-prices 1.2"


def test_a_model_that_no_source_knows_can_be_priced_by_hand(tmp_path: Path) -> None:
    by_hand = "row = { free = true, input_per_1k_usd = 0, output_per_1k_usd = 0 }\nunconfirmed = true"
    file = models_file(tmp_path, "openai:of-our-own", overrides=override("openai:of-our-own", by_hand))

    table = make_table(file, litellm(), DAY)

    assert table.conflicts == ()
    assert table.rows["openai:of-our-own"] == {
        "free": True,
        "input_per_1k_usd": 0,
        "output_per_1k_usd": 0,
        "token_factor": Decimal("1.0"),
        "source": "the price page",
        "checked": dt.date(2026, 10, 1),
    }


def test_a_price_that_the_table_cannot_hold_is_a_conflict(tmp_path: Path) -> None:
    table = make_table(models_file(tmp_path, "perplexity:sonar"), litellm(sonar=MINI), DAY)

    (conflict,) = table.conflicts
    assert conflict.model == "perplexity:sonar"
    assert "requests_kcount" in conflict.advice
    assert table.rows == {}


def test_overrides_that_have_had_their_day_are_pointed_out(tmp_path: Path) -> None:
    said = (
        "row.max_output_tokens = 16384\nrow.capabilities = { tools = true, vision = true }",
        "overrules.input_per_1k_usd = 0.0003",
    )
    file = models_file(tmp_path, MODEL, overrides="".join(override(MODEL, text) for text in said))

    table = make_table(file, litellm(gpt_4o_mini=MINI), DAY)

    assert table.superfluous == (
        f"{MODEL}: the sources say max_output_tokens themselves",
        f"{MODEL}: the sources say capabilities.tools themselves",
        f"{MODEL}: LiteLLM agrees now",
    )
    assert table.rows[MODEL]["source"] == "genai-prices 1.2, litellm 3.4"


def test_an_ability_can_be_denied(tmp_path: Path) -> None:
    denied = override(MODEL, "row.capabilities = { tools = false, sampling_params = false }")

    table = make_table(models_file(tmp_path, MODEL, overrides=denied), litellm(gpt_4o_mini=MINI), DAY)

    assert table.rows[MODEL]["capabilities"] == {"sampling_params": False}
