"""What a server is to be made of: everything that was configured, read and validated before anything starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from muxer.assets import asset
from muxer.config_file import FileConfig, ProviderSection, load
from muxer.core.prices import CatalogReport, PriceTableInvalid, load_catalog
from muxer.ports import ProviderSpec
from muxer.providers.provider_rows import PROVIDERS, ProviderRow
from muxer.providers.registry import DIALECTS
from muxer.settings import Environment, Settings, SettingsInvalid
from muxer.simulator.vendors import VENDORS

SIMULATED_KEY = "simulated"


class Plan(Struct, frozen=True):
    """The configuration in force."""

    settings: Settings
    file: FileConfig
    prices: CatalogReport
    providers: Mapping[str, ProviderSpec]  # the configured ones, by name
    warnings: tuple[str, ...] = ()
    simulated: bool = False


def read_plan(environment: Environment, config: str, *, simulator_url: str = "") -> Plan:
    """Reads everything. With a `simulator_url` every provider is the simulator, and no key is looked at.

    Raises `SettingsInvalid` with a text that says what is wrong and what to do.
    """
    settings = environment.settings()
    file = load(config)
    prices = _prices(settings)
    rows = _rows(file)
    providers = {} if not settings.provider_adapters_enabled else _providers(environment, rows, file, simulator_url)
    unknown = environment.unknown(row.key_variable for row in rows.values())
    plan = Plan(
        settings=settings,
        file=file,
        prices=prices,
        providers=providers,
        warnings=tuple(f"{name} is not a setting that there is" for name in unknown),
        simulated=bool(simulator_url),
    )
    _check_mode(plan)
    return plan


def key_variables(environment: Environment, config: str) -> dict[str, tuple[str, bool]]:
    """By provider: the variable that its key stands in, and whether it is set."""
    return {
        row.name: (row.key_variable, bool(environment.key(row.key_variable))) for row in _rows(load(config)).values()
    }


def _prices(settings: Settings) -> CatalogReport:
    path = Path(settings.price_table_path) if settings.price_table_path else asset("prices/prices.json")
    try:
        return load_catalog(path.read_bytes(), today=dt.datetime.now(dt.UTC).date())
    except OSError as error:
        raise SettingsInvalid(f"PRICE_TABLE_PATH: the price table cannot be read: {error}") from None
    except PriceTableInvalid as error:
        raise SettingsInvalid(f"price table {path.name}: {error}") from None


def _rows(file: FileConfig) -> dict[str, ProviderRow]:
    """The built-in providers with the file's changes, and the file's own."""
    rows = dict(PROVIDERS)
    for name, section in file.providers.items():
        if not section.enabled:
            rows.pop(name, None)
            continue
        known = rows.get(name)
        row = ProviderRow(
            name=name,
            dialect=section.dialect or (known.dialect if known else "openai"),
            base_url=(section.base_url or (known.base_url if known else "")).rstrip("/"),
            key_variable=section.key_variable or (known.key_variable if known else ""),
            quirks=known.quirks if known else {},
        )
        _check_row(row)
        rows[name] = row
    return rows


def _check_row(row: ProviderRow) -> None:
    where = f"providers.{row.name}"
    if row.dialect not in DIALECTS:
        raise SettingsInvalid(f"{where}.dialect: {row.dialect!r} is not one of {', '.join(sorted(DIALECTS))}")
    if not row.base_url.startswith(("http://", "https://")):
        raise SettingsInvalid(f"{where}.base_url: must be an http or https address")
    if ":" in row.name or not row.name:
        raise SettingsInvalid(f"{where}: a provider's name must not be empty or have a colon")


def _providers(
    environment: Environment, rows: Mapping[str, ProviderRow], file: FileConfig, simulator_url: str
) -> dict[str, ProviderSpec]:
    """The providers that can be called: those with a key, and those that need none."""
    if simulator_url:
        paths = {vendor.name: vendor.prefix for vendor in VENDORS}
        return {n: row.spec(SIMULATED_KEY, simulator_url + paths[n]) for n, row in rows.items() if n in paths}
    found: dict[str, ProviderSpec] = {}
    for row in rows.values():
        key = environment.key(row.key_variable) if row.key_variable else ""
        if key or not row.key_variable:
            headers = file.providers.get(row.name, ProviderSection()).headers
            found[row.name] = structs.replace(row.spec(key), headers=headers)
    return found


def _check_mode(plan: Plan) -> None:
    """In production nothing may be missing."""
    if plan.settings.mode != "production":
        return
    if plan.simulated:
        raise SettingsInvalid("MODELMUXER_MODE: production is never simulated")
    if not plan.providers:
        raise SettingsInvalid("MODELMUXER_MODE: production needs a provider: set a key, such as OPENAI_API_KEY")
    priced = {model.provider for model in plan.prices.catalog.models.values()}
    unpriced = sorted(set(plan.providers) - priced)
    if unpriced:
        names = ", ".join(unpriced)
        raise SettingsInvalid(f"MODELMUXER_MODE: production needs prices for every provider; none for {names}")
    if not plan.settings.api_keys:
        raise SettingsInvalid("MODELMUXER_MODE: production needs MODELMUXER_API_KEYS, so that not everyone may call")
