"""The world of someone who has just installed it: the shipped prices, every provider up, nothing measured yet."""

from __future__ import annotations

from pathlib import Path

from muxer.core.prices import load_catalog
from muxer.types.decision import Policy, View
from muxer.vocabulary.counter import load_counter

from tests.core.builders import TODAY, UP

CATALOG = load_catalog((Path(__file__).parents[2] / "prices" / "prices.json").read_bytes(), today=TODAY).catalog
WORLD = View(
    catalog=CATALOG,
    providers={model.provider: UP for model in CATALOG.models.values()},
    latency={},
    policy=Policy(),
    today=TODAY,
    count_tokens=load_counter().count,
)
