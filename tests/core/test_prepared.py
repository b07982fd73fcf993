"""What is worked out once per catalogue and day."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec.structs import replace
from muxer.core.prepared import prepared
from muxer.types.catalog import DatedPrice, Rates, Tier

from tests.core.builders import TODAY, catalog, model

DAY = dt.timedelta(days=1)


def test_the_same_catalogue_on_the_same_day_is_prepared_once() -> None:
    one = catalog(model("p:m"))

    assert prepared(one, TODAY) is prepared(one, TODAY)


def test_another_catalogue_is_prepared_anew_even_when_it_is_equal() -> None:
    assert prepared(catalog(model("p:m")), TODAY) is not prepared(catalog(model("p:m")), TODAY)


def test_a_price_step_changes_rates_from_its_day_on_and_nothing_else() -> None:
    spec = model("p:m", 1.0)
    stepped = catalog(replace(spec, prices=(*spec.prices, DatedPrice(TODAY + DAY, Rates(9_000_000, 9_000_000)))))

    before, after = (prepared(stepped, day)["p:m"] for day in (TODAY, TODAY + DAY))

    assert (before.input_rate, after.input_rate) == (1_000_000, 9_000_000)
    assert (before.ability, before.latency) == (after.ability, after.latency)


def test_the_dearest_rate_of_a_prompt_token_is_that_of_writing_the_cache_where_that_is_dearer() -> None:
    rates = Rates(input=10, output=40, cached_input=1, cache_write=12)
    spec = replace(model("p:m"), prices=(DatedPrice(dt.date.min, rates, (Tier(500, Rates(20, 80)),)),))

    ready = prepared(catalog(spec), TODAY)["p:m"]

    assert (ready.input_rate, ready.output_rate, ready.dearest_input_rate) == (10, 40, 12)
    assert ready.linear_until == 500


@pytest.mark.parametrize(("until", "retired"), [(None, False), (TODAY, False), (TODAY - DAY, True)])
def test_a_model_is_retired_after_its_last_day(until: dt.date | None, retired: bool) -> None:
    assert prepared(catalog(model("p:m", until=until)), TODAY)["p:m"].retired is retired
