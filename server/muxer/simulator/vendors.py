"""Which providers the simulator plays, where, and in which protocol. One that speaks a known protocol is a row."""

from __future__ import annotations

from msgspec import Struct

from muxer.simulator.wire import Wire
from muxer.simulator.wires.anthropic import Anthropic
from muxer.simulator.wires.groq import Groq
from muxer.simulator.wires.mistral import Mistral
from muxer.simulator.wires.openai_chat import OpenAIChat
from muxer.simulator.wires.together import Together


class Vendor(Struct, frozen=True):
    """One provider. `prefix` is the path of its base URL at the simulator."""

    name: str
    prefix: str
    wire: Wire


VENDORS = (
    Vendor("openai", "/openai/v1", OpenAIChat()),
    Vendor("anthropic", "/anthropic", Anthropic()),
    Vendor("mistral", "/mistral/v1", Mistral()),
    Vendor("groq", "/groq/openai/v1", Groq()),
    Vendor("together", "/together/v1", Together()),
)
