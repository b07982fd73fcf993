"""Everything that a dispatch needs of the world, in the hands of a test."""

from __future__ import annotations

from muxer.dispatch.run import Environment
from muxer.ports import ProviderClient, ProviderSpec
from muxer.state.conversations import MemoryConversations
from muxer.state.latency import MemoryLatencyPriors
from muxer.state.usage import MemoryUsageHistory
from muxer.telemetry.port import NO_TRACING, Telemetry

from tests.fakes.clock import ManualClock

PROVIDERS = {name: ProviderSpec(name, "openai", "http://localhost") for name in ("openai", "anthropic")}


def environment(client: ProviderClient, clock: ManualClock, telemetry: Telemetry) -> Environment:
    """Two providers, tokens that are words, and no luck."""
    return Environment(
        client=client,
        providers=PROVIDERS,
        clock=clock,
        priors=MemoryLatencyPriors(600, clock),
        usage=MemoryUsageHistory(),
        telemetry=telemetry,
        tracer=NO_TRACING,
        count_tokens=lambda text: len(text.split()),
        random=lambda: 1.0,
        conversations=MemoryConversations(clock),
    )
