"""Which providers the simulator plays, where, and in which protocol. One that speaks a known protocol is a row."""

from __future__ import annotations

from msgspec import Struct

from muxer.simulator.wire import Wire
from muxer.simulator.wires.anthropic import Anthropic
from muxer.simulator.wires.openai_chat import OpenAIChat


class Vendor(Struct, frozen=True):
    """One provider. `prefix` is the path of its base URL at the simulator."""

    name: str
    prefix: str
    wire: Wire


VENDORS = (
    Vendor("openai", "/openai/v1", OpenAIChat()),
    Vendor("anthropic", "/anthropic", Anthropic()),
)


def base_paths() -> dict[str, str]:
    """The path of each provider's base URL."""
    return {vendor.name: vendor.prefix for vendor in VENDORS}
