"""Reads the configuration for a command, and says what is wrong with it in a form that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from muxer.cli.screen import complain, remark
from muxer.errors import MuxerError
from muxer.plan import Plan, read_plan
from muxer.settings import Environment, SettingsInvalid
from muxer.simulator.vendors import VENDORS

BAD_CONFIGURATION = 2
"""Exit code of a command whose configuration or arguments are wrong."""

REFUSED = 1
"""Exit code of a command whose request has no answer."""


def plan_for(config: Path | None, *, simulator_url: str = "", local_url: str = "") -> Plan:
    """The configuration in force. Ends the command when it is invalid."""
    file = "" if config is None else str(config)
    with explained():
        return read_plan(Environment.of_process(), file, simulator_url=simulator_url, local_url=local_url)


def plan_to_try(config: Path | None) -> Plan:
    """The configuration in force; with no key set, as if every simulated provider were configured."""
    plan = plan_for(config)
    if plan.providers:
        return plan
    names = ", ".join(sorted({vendor.name for vendor in VENDORS}))
    remark(f"[yellow]No provider key is set: deciding as `modelmuxer up` would, with {names} simulated.[/]")
    return plan_for(config, simulator_url="http://127.0.0.1:0")


@contextmanager
def explained() -> Iterator[None]:
    """Ends the command with a message when its configuration is invalid or its request refused."""
    try:
        yield
    except SettingsInvalid as error:
        complain("Configuration", str(error))
        raise typer.Exit(BAD_CONFIGURATION) from None
    except MuxerError as error:
        complain(error.reason.value, error.message)
        raise typer.Exit(REFUSED) from None
