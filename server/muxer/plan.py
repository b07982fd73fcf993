"""What a server is to be made of: everything that was configured, read and validated before anything starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from muxer.assets import asset
from muxer.config_file import FileConfig, ProviderSection, load
from muxer.core import own_quality
from muxer.core.model_id import AUTO, nearest
from muxer.core.prices import CatalogReport, PriceTableInvalid, load_catalog
from muxer.core.rules import is_named
from muxer.learn import served
from muxer.learn.served import RouterUnusable, ServedRouter
from muxer.local import provider as local
from muxer.ports import ProviderSpec
from muxer.providers.egress import check_base_url
from muxer.providers.provider_rows import PROVIDERS, ProviderRow
from muxer.providers.quirks import check_quirks
from muxer.providers.registry import DIALECTS
from muxer.service.identity import ApiKeys
from muxer.settings import Environment, Settings, SettingsInvalid
from muxer.simulator.vendors import VENDORS
from muxer.types.catalog import Catalog, ModelSpec, is_provider_name

SIMULATED_KEY = "simulated"


class Plan(Struct, frozen=True):
    """The configuration in force."""

    settings: Settings
    file: FileConfig
    prices: CatalogReport
    providers: Mapping[str, ProviderSpec]  # the configured ones, by name
    warnings: tuple[str, ...] = ()
    simulated: frozenset[str] = frozenset()  # the providers that the simulator plays
    router: ServedRouter | None = None  # what was learned from recorded outcomes
    intent_model: ModelSpec | None = None  # to be asked for intents


def read_plan(environment: Environment, config: str, *, simulator_url: str = "", local_url: str = "") -> Plan:
    """Reads everything. With a `simulator_url` every provider is the simulator, and no key is looked at. With a
    `local_url` the local model listens there, and is one more provider beside the others.

    Raises `SettingsInvalid` with a text that says what is wrong and what to do.
    """
    settings = environment.settings()
    file = _with_local(load(config), local_url) if local_url else load(config)
    prices = _prices(settings, file)
    rows = _rows(file)
    providers = _simulated(rows, simulator_url) if simulator_url else _configured(environment, rows, file)
    if local_url:
        providers[local.NAME] = rows[local.NAME].spec("")
    if not settings.provider_adapters_enabled:
        providers = {}
    router = _router(settings, prices.catalog)
    plan = Plan(
        settings=settings,
        file=file,
        prices=prices,
        providers=providers,
        warnings=(
            *(
                f"{name} is not a setting that there is"
                for name in environment.unknown(row.key_variable for row in rows.values())
            ),
            *(
                f"provider {name} has no model with a price: list its models under providers.{name}"
                for name in _unpriced(providers, prices)
            ),
            *_without_effect(prices.catalog, router),
            *_idle_rules(settings, file, prices.catalog),
            *_loud(settings),
            *(["TEST_MODE: ROUTER_INTENT_MODEL is not asked"] if settings.intent_model and settings.test_mode else ()),
        ),
        simulated=frozenset(n for n, p in providers.items() if p.api_key == SIMULATED_KEY),
        router=router,
        intent_model=_intent_model(settings, prices.catalog, providers),
    )
    _check_mode(plan)
    return plan


def key_variables(environment: Environment, config: str) -> dict[str, tuple[str, bool]]:
    """By provider: the variable that its key stands in, and whether it is set."""
    return {
        row.name: (row.key_variable, bool(environment.key(row.key_variable))) for row in _rows(load(config)).values()
    }


def _with_local(file: FileConfig, url: str) -> FileConfig:
    if local.NAME in file.providers:
        raise SettingsInvalid(f"providers.{local.NAME}: this is the name of the local model; choose another one")
    return structs.replace(file, providers={**file.providers, local.NAME: local.section(url)})


def _prices(settings: Settings, file: FileConfig) -> CatalogReport:
    path = Path(settings.price_table_path) if settings.price_table_path else asset("prices/prices.json")
    added = file.model_rows()
    try:
        report = load_catalog(path.read_bytes(), today=dt.datetime.now(dt.UTC).date(), added=added)
    except OSError as error:
        raise SettingsInvalid(f"PRICE_TABLE_PATH: the price table cannot be read: {error}") from None
    except PriceTableInvalid as error:
        source = f"{path.name} with the models under `providers`" if added else path.name
        raise SettingsInvalid(f"price table {source}: {error}") from None
    return structs.replace(report, catalog=structs.replace(report.catalog, own_quality=_own(file, report.catalog)))


def _own(file: FileConfig, catalog: Catalog) -> Mapping[str, own_quality.Shares]:
    """What the operator says of how well models do."""
    try:
        return own_quality.by_model({pattern: section.quality for pattern, section in file.models.items()}, catalog)
    except ValueError as error:
        raise SettingsInvalid(f"models.{error}") from None


def _router(settings: Settings, catalog: Catalog) -> ServedRouter | None:
    """What was learned from recorded outcomes, if a file of it is given."""
    if not settings.router_model_path:
        return None
    try:
        return served.load(Path(settings.router_model_path), catalog)
    except RouterUnusable as error:
        raise SettingsInvalid(f"ROUTER_MODEL_PATH: {error}") from None


def _without_effect(catalog: Catalog, router: ServedRouter | None) -> list[str]:
    """Warnings of what was given about models, and changes nothing."""
    if router is None:
        return []
    strangers = [f"the router file knows {name}, which is not in the price table" for name in router.strangers]
    twice = [
        f"models.{name}: the router file knows this model, and goes before what is said here"
        for name in router.models
        if name in catalog.own_quality
    ]
    return strangers + twice


def _idle_rules(settings: Settings, file: FileConfig, catalog: Catalog) -> list[str]:
    """Warnings of what the routing rules name and what is not there: such a rule may not do what it was written for."""
    keys = ApiKeys(settings.api_keys).names
    idle = []
    for position, rule in enumerate(file.routing.routing_rules()):
        where = f"routing.rules[{position}] ({rule.name})"
        idle += [
            f"{where}: {glob} matches no model"
            for glob in rule.models
            if not any(is_named(model_id, (glob,)) for model_id in catalog.models)
        ]
        idle += [f"{where}: no API key is named {tenant}" for tenant in sorted(rule.tenants - keys)]
    return idle


def _loud(settings: Settings) -> list[str]:
    """A warning that prompts are kept, when they are. Raises `SettingsInvalid` when they could not be."""
    if not settings.decision_log:
        return []
    file = Path(settings.decision_log)
    try:
        fits = file.parent.is_dir() and not file.is_dir()
    except OSError:  # a name that is too long for the file system
        fits = False
    if not fits:
        raise SettingsInvalid(f"MODELMUXER_DECISION_LOG: {file} must be a file in a folder that exists")
    return [f"MODELMUXER_DECISION_LOG: the prompts of all chat requests are written to {file}"]


def _unpriced(providers: Mapping[str, ProviderSpec], prices: CatalogReport) -> list[str]:
    """The providers that have no model in the catalogue."""
    return sorted(set(providers) - {model.provider for model in prices.catalog.models.values()})


def _rows(file: FileConfig) -> dict[str, ProviderRow]:
    """The built-in providers with the file's changes, and the file's own."""
    rows = dict(PROVIDERS)
    for name, section in file.providers.items():
        if not section.enabled:
            rows.pop(name, None)
            continue
        known = rows.get(name, ProviderRow(name, "openai", "", ""))
        dialect = section.dialect or known.dialect
        row = ProviderRow(
            name=name,
            dialect=dialect,
            base_url=(section.base_url or known.base_url).rstrip("/"),
            key_variable=section.key_variable or known.key_variable,
            quirks={**(known.quirks if dialect == known.dialect else {}), **section.quirks},
        )
        _check_row(row)
        rows[name] = row
    return rows


def _check_row(row: ProviderRow) -> None:
    where = f"providers.{row.name}"
    if row.name == AUTO or not is_provider_name(row.name):
        raise SettingsInvalid(f"{where}: a provider's name is of a-z, 0-9, `_`, `.` and `-`, and is not `{AUTO}`")
    if row.dialect not in DIALECTS:
        raise SettingsInvalid(f"{where}.dialect: {row.dialect!r} is not one of {', '.join(sorted(DIALECTS))}")
    try:
        check_base_url(row.base_url)
    except ValueError as error:
        raise SettingsInvalid(f"{where}.base_url: {error}") from None
    try:
        check_quirks(row.dialect, row.quirks)
    except ValueError as error:
        raise SettingsInvalid(f"{where}.quirks: {error}") from None


def _simulated(rows: Mapping[str, ProviderRow], url: str) -> dict[str, ProviderSpec]:
    """The providers that the simulator plays."""
    paths = {vendor.name: vendor.prefix for vendor in VENDORS}
    return {n: row.spec(SIMULATED_KEY, url + paths[n]) for n, row in rows.items() if n in paths}


def _configured(environment: Environment, rows: Mapping[str, ProviderRow], file: FileConfig) -> dict[str, ProviderSpec]:
    """The providers that can be called: those with a key, and those that need none."""
    found: dict[str, ProviderSpec] = {}
    for row in rows.values():
        key = environment.key(row.key_variable) if row.key_variable else ""
        if key or not row.key_variable:
            headers = file.providers.get(row.name, ProviderSection()).headers
            found[row.name] = structs.replace(row.spec(key), headers=headers)
    return found


def _intent_model(settings: Settings, catalog: Catalog, providers: Mapping[str, ProviderSpec]) -> ModelSpec | None:
    """The model to ask for intents; None when none is to be asked, or no provider is called at all."""
    name = settings.intent_model
    if not name:
        return None
    model = catalog.models.get(name)
    if model is None:
        raise SettingsInvalid(f"ROUTER_INTENT_MODEL: `{name}` is not known{nearest(name, catalog)}")
    if providers and model.provider not in providers:
        raise SettingsInvalid(f"ROUTER_INTENT_MODEL: provider {model.provider} is not configured: set its key")
    return None if settings.test_mode or not providers else model


def _check_mode(plan: Plan) -> None:
    """In production nothing may be missing."""
    if plan.settings.mode != "production":
        return
    if plan.simulated:
        raise SettingsInvalid("MODELMUXER_MODE: production is never simulated")
    if not plan.providers:
        raise SettingsInvalid("MODELMUXER_MODE: production needs a provider: set a key, such as OPENAI_API_KEY")
    unpriced = _unpriced(plan.providers, plan.prices)
    if unpriced:
        names = ", ".join(unpriced)
        raise SettingsInvalid(f"MODELMUXER_MODE: production needs prices for every provider; none for {names}")
    if not plan.settings.api_keys:
        raise SettingsInvalid("MODELMUXER_MODE: production needs MODELMUXER_API_KEYS, so that not everyone may call")
