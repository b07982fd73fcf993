"""`modelmuxer check`: everything that can be found wrong before starting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from muxer.cli.live import run as live_check
from muxer.cli.plans import BAD_CONFIGURATION, plan_for
from muxer.cli.screen import complain, screen
from muxer.edge.envoy import OLDEST_VERSION, EnvoyMissing, envoy_version, find_envoy, is_recent
from muxer.plan import Plan, key_variables
from muxer.settings import Environment, Settings
from muxer.telemetry.line_file import check_place

_OK, _WARN, _FAIL = "[green]ok[/]", "[yellow]look[/]", "[red]wrong[/]"


def run(config: Path | None, *, live: bool) -> int:
    """Prints what was found. 0 when a server would start, 1 when Envoy would not, 2 when the configuration is wrong.

    With `live`, also 1 unless every configured provider answers.
    """
    plan = plan_for(config)
    problem = _decision_log(plan.settings)
    if problem:
        complain("Configuration", f"MODELMUXER_DECISION_LOG: {problem}")
        return BAD_CONFIGURATION
    variables = key_variables(Environment.of_process(), "" if config is None else str(config))
    envoy, envoy_text = _envoy()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row(_OK, "configuration", str(config) if config else "from the environment")
    for warning in plan.warnings:
        table.add_row(_WARN, "configuration", warning)
    _prices(table, plan)
    if plan.router is not None:
        known = len(plan.router.models)
        table.add_row(_OK if known else _WARN, "router file", f"{plan.settings.router_model_path} knows {known} models")
    _providers(table, plan, variables)
    table.add_row(envoy, "envoy", envoy_text)
    screen().print(table)
    answers = live_check(plan, [variable for variable, _ in variables.values() if variable]) if live else 0
    return 1 if envoy == _FAIL else answers


def _decision_log(settings: Settings) -> str:
    """Why the decision log could not be written; empty when it could, or none is wanted."""
    try:
        if settings.decision_log:
            check_place(Path(settings.decision_log))
    except OSError as error:
        return f"{settings.decision_log} cannot be written: {error.strerror}"
    return ""


def _prices(table: Table, plan: Plan) -> None:
    catalog = plan.prices.catalog
    table.add_row(_OK, "prices", f"{len(catalog.models)} models, version {catalog.version}")
    for warning in plan.prices.warnings:
        table.add_row(_WARN, "prices", str(warning))


def _providers(table: Table, plan: Plan, variables: Mapping[str, tuple[str, bool]]) -> None:
    for name, (variable, given) in sorted(variables.items()):
        if name in plan.providers:
            table.add_row(_OK, name, f"{variable} is set" if given else "needs no key")
        else:
            table.add_row(_WARN, name, f"left out: set {variable} to use it")
    if not plan.providers:
        table.add_row(_WARN, "providers", "none is configured: `serve` would answer chat requests with 503")


def _envoy() -> tuple[str, str]:
    try:
        found = envoy_version(find_envoy())
    except EnvoyMissing as error:
        return _FAIL, str(error)
    text = ".".join(map(str, found))
    if is_recent(found):
        return _OK, text
    return _FAIL, f"{text} is older than {'.'.join(map(str, OLDEST_VERSION))}, which mends known holes"
