"""A local HTTP server that honestly stands in for the providers: their wire formats, deterministic answers, scripted
faults, and a bill of its own. Shares no translation code with the router, whose oracle it is."""

from muxer.simulator.server import Simulator

__all__ = ["Simulator"]
