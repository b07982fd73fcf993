"""`modelmuxer check --live`: asks every configured provider, here the simulator in their place."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import subprocess
from pathlib import Path

import pytest
from muxer.cli.live import MAX_TOKENS, cheapest
from muxer.core.prices import load_catalog
from muxer.plan import read_plan
from muxer.providers.provider_rows import PROVIDERS
from muxer.settings import Environment
from muxer.simulator import Simulator
from muxer.simulator.vendors import VENDORS
from muxer.types.money import usd_text

from tests.cli.processes import run

KEYS = {row.key_variable: f"sk-{name}-canary-0123456789" for name, row in PROVIDERS.items()}
CATALOG = read_plan(Environment({}), "").prices.catalog


@pytest.fixture
async def simulator():
    async with Simulator.start(catalog=CATALOG) as simulator:
        yield simulator


def configured(folder: Path, simulator: Simulator, **more: str) -> str:
    """A file that has every provider at the simulator; `more` are further fields of providers by name."""
    urls = {vendor.name: simulator.url + vendor.prefix for vendor in VENDORS}
    lines = [f"  {name}: {{base_url: '{url}', {more.get(name, '')}}}\n" for name, url in urls.items()]
    lines += [f"  {name}: {{{fields}}}\n" for name, fields in more.items() if name not in urls]
    file = folder / "modelmuxer.yaml"
    file.write_text("providers:\n" + "".join(lines))
    return str(file)


async def check(file: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = await asyncio.to_thread(run, "check", "--live", "--config", file, variables=variables)
    assert "canary" not in done.stdout + done.stderr
    return done


def rows(output: str) -> dict[str, str]:
    """The line of the last table and those of its problems, by provider."""
    found: dict[str, str] = {}
    for line in output.partition("first token")[2].splitlines()[1:]:
        provider = line.split()[1]
        found[provider] = "\n".join((*found.get(provider, "").splitlines(), line))
    return found


async def test_every_provider_with_a_key_is_asked_whole_and_streamed(tmp_path, simulator):
    done = await check(configured(tmp_path, simulator), KEYS)

    found = rows(done.stdout)
    calls = simulator.record.calls
    assert done.returncode == 0, done.stdout
    assert set(found) == set(PROVIDERS)
    for name, line in found.items():
        mine = [call for call in calls if call.provider == name]
        cost = usd_text(sum(call.cost_pico_usd for call in mine))
        assert len(mine) == 2
        assert re.fullmatch(rf"ok +{name} +\S+ +\d\.\d\d s +\d\.\d\d s +\d\.\d\d s +{re.escape(cost)} *", line)
        assert all(call.billed.output <= MAX_TOKENS for call in mine)


async def test_a_provider_that_refuses_is_told_and_its_key_is_not(tmp_path, simulator):
    said = f"Incorrect API key provided: {KEYS['OPENAI_API_KEY']}."
    file = configured(tmp_path, simulator, openai=f"headers: {{x-simulate: '401;message={said}'}}")
    done = await check(file, KEYS)

    found = rows(done.stdout)
    assert done.returncode == 1
    assert found["openai"].startswith("wrong")
    assert "openai did not accept the router's credentials (HTTP 401)" in found["openai"]
    assert "Incorrect API key provided: [redacted]" in found["openai"]
    assert [name for name, line in found.items() if line.startswith("wrong")] == ["openai"]


async def test_what_only_breaks_streams_is_found(tmp_path, simulator):
    file = configured(tmp_path, simulator, groq="headers: {x-simulate: truncated;after=2}")
    found = rows((await check(file, KEYS)).stdout)

    assert found["groq"].startswith("wrong")
    assert found["openai"].startswith("ok")


async def test_a_provider_that_is_not_there_and_one_without_prices_are_wrong(tmp_path, simulator):
    row = "{free: true, input_per_1k_usd: 0, output_per_1k_usd: 0}"
    file = configured(
        tmp_path,
        simulator,
        gone=f"base_url: 'http://127.0.0.1:9/v1', models: {{m: {row}}}",
        unpriced="base_url: 'http://127.0.0.1:9/v1'",
    )
    done = await check(file, {})

    found = rows(done.stdout)
    assert done.returncode == 1
    assert set(found) == {"gone", "unpriced"}
    assert "gone cannot be reached" in found["gone"]
    assert "unpriced has no model with a price" in found["unpriced"]


def test_without_a_key_it_says_which_variables_to_set():
    done = run("check", "--live")

    assert done.returncode == 1
    for row in PROVIDERS.values():
        assert row.key_variable in done.stderr


def test_nobody_is_asked_while_providers_are_switched_off():
    done = run("check", "--live", variables={**KEYS, "PROVIDER_ADAPTERS_ENABLED": "false"})

    assert done.returncode == 1
    assert "PROVIDER_ADAPTERS_ENABLED is false" in done.stderr


def test_the_model_that_is_asked_is_the_cheapest_that_is_still_offered():
    table = {
        "acme:ended": {"input_per_1k_usd": 0.0001, "output_per_1k_usd": 0.0001, "deprecation_date": "2026-11-22"},
        "acme:talks": {"input_per_1k_usd": 0.0001, "output_per_1k_usd": 0.0009},
        "acme:cheap": {"input_per_1k_usd": 0.0003, "output_per_1k_usd": 0.0003},
        "other:free": {"input_per_1k_usd": 0, "output_per_1k_usd": 0, "free": True},
    }
    catalog = load_catalog(json.dumps(table)).catalog
    today = dt.date(2026, 11, 23)

    assert cheapest(catalog, "acme", today) == catalog.models["acme:cheap"]
    assert cheapest(catalog, "nobody", today) is None
