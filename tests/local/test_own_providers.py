"""Providers and models that an operator adds in `modelmuxer.yaml`: believed no more than the price table is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
import yaml
from muxer.config_file import ProviderSection
from muxer.local.provider import MODEL, section
from muxer.plan import Plan, read_plan
from muxer.providers.openai_quirks import OpenAIQuirks, openai_quirks
from muxer.providers.quirks import QUIRKS
from muxer.providers.registry import DIALECTS
from muxer.settings import Environment, SettingsInvalid
from muxer.types.catalog import Rates, is_provider_name

from tests.docs.pages import blocks, table, words
from tests.local.conftest import PAGE

SHIPPED = read_plan(Environment({}), "").prices.catalog
ROW = "{input_per_1k_usd: 0.0001, output_per_1k_usd: 0.0004}"


@pytest.fixture
def read(tmp_path: Path):
    """Reads a configuration with these providers."""

    def read(providers: str, **words: str) -> Plan:
        file = tmp_path / "modelmuxer.yaml"
        file.write_text(f"providers:\n  {providers}\n")
        return read_plan(Environment({}), str(file), **words)

    return read


def acme(more: str, url: str = "http://127.0.0.1:1/v1") -> str:
    return f"acme: {{base_url: '{url}', {more}}}"


def test_a_model_gets_everything_that_a_row_of_the_price_table_can_say(read):
    plan = read(
        acme(
            "models: {'org/llama:3b': {input_per_1k_usd: 0.000123, output_per_1k_usd: 1e-5, context_window: 4096,"
            " max_output_tokens: 512, capabilities: {tools: true}, token_factor: 1.2, checked: 2026-11-23,"
            " tiers: [{above_prompt_tokens: 1000, input_per_1k_usd: 0.0002, output_per_1k_usd: 0.0002}]}}"
        )
    )

    model = plan.prices.catalog.models["acme:org/llama:3b"]
    assert (model.provider, model.name) == ("acme", "org/llama:3b")
    assert model.prices[0].rates == Rates(input=123_000, output=10_000)
    assert model.prices[0].tiers[0].above_prompt_tokens == 1000
    assert (model.context_window, model.max_output_tokens, model.token_factor) == (4096, 512, 1.2)
    assert (model.capabilities.tools, model.capabilities.vision) == (True, False)
    assert model.checked == dt.date(2026, 11, 23)
    assert plan.warnings == ()


def test_no_digit_of_a_price_is_lost(read):
    plan = read(acme("models: {m: {input_per_1k_usd: 0.123456789, output_per_1k_usd: 0.987654321}}"))

    assert plan.prices.catalog.models["acme:m"].prices[0].rates == Rates(input=123_456_789, output=987_654_321)


def test_the_models_stand_beside_those_of_the_table_in_order(read):
    models = read(acme(f"models: {{m: {ROW}}}")).prices.catalog.models

    assert list(models) == sorted([*SHIPPED.models, "acme:m"])


def test_a_row_of_ones_own_replaces_that_of_the_table(read):
    plan = read("openai: {models: {gpt-4o-mini: {input_per_1k_usd: 0.0001, output_per_1k_usd: 0.0005}}}")

    assert plan.prices.catalog.models["openai:gpt-4o-mini"].prices[0].rates == Rates(input=100_000, output=500_000)
    assert plan.prices.catalog.models.keys() == SHIPPED.models.keys()


def test_the_version_of_the_prices_is_that_of_table_and_file(read):
    first = read(acme(f"models: {{m: {ROW}, n: {ROW}}}")).prices.catalog.version
    reordered = read(acme(f"models: {{n: {ROW}, m: {ROW}}}")).prices.catalog.version
    dearer = read(acme(f"models: {{m: {ROW}, n: {ROW.replace('0.0004', '0.0005')}}}")).prices.catalog.version

    assert first == reordered
    assert len({SHIPPED.version, first, dearer}) == 3
    assert read(acme("models: {}")).prices.catalog.version == SHIPPED.version


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        ("{input_per_1k_usd: 0, output_per_1k_usd: 0}", "nothing is free by accident"),
        ("{input_per_1k_usd: 2.5, output_per_1k_usd: 10}", "looks like a price per million tokens"),
        ("{input_per_1k_usd: 0.0001}", "output_per_1k_usd"),
        ("{input_per_1k_usd: -0.0001, output_per_1k_usd: 0.0004}", "a price is not negative"),
        ("{input_per_1m_usd: 0.1, output_per_1m_usd: 0.4}", "prices are in USD per 1,000 tokens"),
        ("{input_per_1k_usd: 0.0001, output_per_1k_usd: 0.0004, contextwindow: 9}", "write context_window"),
        ("{input_per_1k_usd: cheap, output_per_1k_usd: 0.0004}", "decimal"),
        ("free", "Expected `object`"),
    ],
)
def test_a_row_that_cannot_be_believed_is_refused_by_its_name(read, row, advice):
    with pytest.raises(SettingsInvalid) as refused:
        read(acme(f"models: {{m: {row}}}"))

    assert "acme:m: " in str(refused.value)
    assert advice in str(refused.value)


@pytest.mark.parametrize(
    ("providers", "place", "advice"),
    [
        ("acme: {}", "providers.acme.base_url", "begins with http://"),
        (acme("", "ftp://127.0.0.1"), "providers.acme.base_url", "begins with http://"),
        (acme("", "http://user:pass@127.0.0.1/v1"), "providers.acme.base_url", "neither user"),
        (acme("dialect: klingon"), "providers.acme.dialect", "anthropic, cohere"),
        (acme("quirks: {max_choises: 1}"), "providers.acme.quirks", "unknown field `max_choises`"),
        (acme("quirks: {max_choices: many}"), "providers.acme.quirks", "$.max_choices"),
        (acme("dialect: cohere, quirks: {max_choices: 1}"), "providers.acme.quirks", "knows none"),
        ("anthropic: {dialect: openai, quirks: {budget_models: []}}", "anthropic.quirks", "budget_models"),
        ("'ac me': {base_url: 'http://127.0.0.1/v1'}", "providers.ac me", "a provider's name"),
        ("auto: {base_url: 'http://127.0.0.1/v1'}", "providers.auto", "is not `auto`"),
        (acme("color: red"), "$.providers[...]", "unknown field `color`"),
        (acme("models: {4: {}}"), "$.providers[...].models", "Expected `str`"),
        (acme("models: {}, models: {}"), "line 2", "given twice: models"),
        (acme("models: {m: {input_per_1k_usd: .inf}}"), "line 2", ".inf is not a decimal number"),
    ],
)
def test_what_is_wrong_with_a_provider_is_told_with_its_place(read, providers, place, advice):
    with pytest.raises(SettingsInvalid) as refused:
        read(providers)

    assert place in str(refused.value)
    assert advice in str(refused.value)


def test_quirks_are_added_to_the_built_in_ones(read):
    plan = read("mistral: {key_variable: '', quirks: {max_choices: 3}}", simulator_url="http://127.0.0.1:1")

    quirks = plan.providers["mistral"].quirks
    assert quirks["max_choices"] == 3
    assert quirks["renames"] == {"max_completion_tokens": "max_tokens", "seed": "random_seed"}


def test_a_provider_without_a_priced_model_is_pointed_out(read):
    assert read(acme("")).warnings == ("provider acme has no model with a price: list its models under providers.acme",)


def test_a_provider_that_is_switched_off_brings_no_models(read):
    plan = read(acme(f"enabled: false, models: {{m: {ROW}}}"))

    assert "acme:m" not in plan.prices.catalog.models
    assert "acme" not in plan.providers


def test_the_local_model_is_one_more_provider(read):
    plan = read(acme(f"models: {{m: {ROW}}}"), local_url="http://127.0.0.1:2")

    local = plan.prices.catalog.models[f"local:{MODEL}"]
    assert set(plan.providers) == {"acme", "local"}
    assert plan.providers["local"].base_url == "http://127.0.0.1:2/v1"
    assert (local.free, local.prices[0].rates) == (True, Rates(input=0, output=0))
    assert (local.capabilities.json_schema, local.capabilities.tools, local.capabilities.vision) == (True, False, False)


def test_the_local_model_stands_beside_the_simulated_providers_but_no_other_one_does(read):
    plan = read(acme(f"models: {{m: {ROW}}}"), simulator_url="http://127.0.0.1:1", local_url="http://127.0.0.1:2")

    assert {"local", "openai", "anthropic"} <= set(plan.providers)
    assert "acme" not in plan.providers
    assert plan.providers["openai"].base_url.startswith("http://127.0.0.1:1/")


def test_nobody_else_may_have_the_local_models_name(read):
    with pytest.raises(SettingsInvalid, match=r"providers\.local: this is the name of the local model"):
        read("local: {base_url: 'http://127.0.0.1:1/v1'}", local_url="http://127.0.0.1:2")


def test_the_local_model_is_nothing_that_an_operator_could_not_write(tmp_path, read):
    written = tmp_path / "written.yaml"
    document = {"providers": {"local": msgspec.to_builtins(section("http://127.0.0.1:2"))}}
    written.write_text(yaml.safe_dump(document))
    by_hand = read_plan(Environment({}), str(written))
    by_option = read_plan(Environment({}), "", local_url="http://127.0.0.1:2")

    assert by_hand.prices == by_option.prices
    assert by_hand.providers.keys() == by_option.providers.keys()
    assert openai_quirks(by_hand.providers["local"]) == openai_quirks(by_option.providers["local"])


def test_every_dialect_with_quirks_is_there():
    assert set() == set(QUIRKS) - set(DIALECTS)


def test_the_page_tells_every_field_and_every_quirk():
    fields = [words(row[0])[0] for row in table(PAGE, "field", "meaning")]
    quirks = [words(row[0])[0] for row in table(PAGE, "quirk", "default")]

    assert sorted(fields) == sorted(ProviderSection.__struct_fields__)
    assert sorted(quirks) == sorted(OpenAIQuirks.__struct_fields__)


@pytest.mark.parametrize("example", [block for block in blocks(PAGE) if block.language == "yaml"], ids=str)
def test_the_examples_of_the_page_would_start(tmp_path, example):
    file = tmp_path / "modelmuxer.yaml"
    file.write_text(example.text)
    plan = read_plan(Environment({"IN_HOUSE_API_KEY": "secret", "OPENAI_API_KEY": "secret"}), str(file))

    own = {name for name in plan.file.providers if name in plan.providers}
    assert own == set(plan.file.providers)
    assert plan.warnings == ()


@pytest.mark.parametrize("name", ["acme", "my.llm_2-x", "4"])
def test_a_providers_name_can_begin_a_model_id(name):
    assert is_provider_name(name)


@pytest.mark.parametrize("name", ["Acme", "a:b", "", "-a", "a b"])
def test_what_cannot_begin_a_model_id_is_no_providers_name(name):
    assert not is_provider_name(name)
