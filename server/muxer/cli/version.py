"""`modelmuxer version`: what runs here."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from rich.markup import escape
from rich.table import Table

from muxer.cli.screen import screen
from muxer.edge.envoy import EnvoyMissing, envoy_version, find_envoy

_PACKAGES = ("modelmuxer", "grpcio", "protobuf", "aiohttp", "msgspec")


def run() -> int:
    """Prints versions."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name in _PACKAGES:
        table.add_row(name, _installed(name))
    table.add_row("python", platform.python_version())
    table.add_row("envoy", _envoy())
    screen().print(table)
    return 0


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _envoy() -> str:
    try:
        return ".".join(map(str, envoy_version(find_envoy())))
    except EnvoyMissing as error:
        return escape(str(error))
