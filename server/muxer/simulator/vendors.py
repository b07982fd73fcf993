"""Which providers the simulator plays, where, and in which protocol. One that speaks a known protocol is a row."""

from __future__ import annotations

from msgspec import Struct

from muxer.simulator.wire import Wire
from muxer.simulator.wires.anthropic import Anthropic
from muxer.simulator.wires.cohere import Cohere
from muxer.simulator.wires.gemini import Gemini
from muxer.simulator.wires.groq import Groq
from muxer.simulator.wires.mistral import Mistral
from muxer.simulator.wires.openai_chat import OpenAIChat
from muxer.simulator.wires.openai_responses import OpenAIResponses
from muxer.simulator.wires.together import Together


class Vendor(Struct, frozen=True):
    """One provider and the protocols that it speaks. `prefix` is the path of its base URL at the simulator."""

    name: str
    prefix: str
    wires: tuple[Wire, ...]


VENDORS = (
    Vendor("openai", "/openai/v1", (OpenAIChat(), OpenAIResponses())),
    Vendor("anthropic", "/anthropic", (Anthropic(),)),
    Vendor("mistral", "/mistral/v1", (Mistral(),)),
    Vendor("google", "/google", (Gemini(),)),
    Vendor("groq", "/groq/openai/v1", (Groq(),)),
    Vendor("cohere", "/cohere", (Cohere(),)),
    Vendor("together", "/together/v1", (Together(),)),
)

BASE_PATHS = {vendor.name: vendor.prefix for vendor in VENDORS}


def find(method: str, path: str) -> tuple[Vendor, Wire] | None:
    """Who answers at an address, and in which protocol: the one that knows the address, else the provider's first."""
    vendor = next((vendor for vendor in VENDORS if path.startswith(f"{vendor.prefix}/")), None)
    if vendor is None:
        return None
    below = path.removeprefix(vendor.prefix)
    return vendor, next((wire for wire in vendor.wires if wire.operation(method, below)), vendor.wires[0])
