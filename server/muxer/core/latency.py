"""How long an answer takes: a default per class of model, moved by what was measured.

The defaults are hand-set orders of magnitude, not measurements: dearer models are larger and larger ones slower, and
the hardware of some providers is several times as fast. What they must get right is the order; a handful of answers
replaces them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from muxer.core.data import section
from muxer.types.catalog import LatencyEstimate
from muxer.types.decision import LatencyPrior

CLASSES: tuple[tuple[int, LatencyPrior], ...] = (
    (500_000, LatencyPrior(first_token_p50_s=0.35, first_token_p95_s=1.0, tokens_per_s=150.0)),
    (4_000_000, LatencyPrior(first_token_p50_s=0.55, first_token_p95_s=1.6, tokens_per_s=90.0)),
)
"""Price up to which a model is of the class, in pico-USD per token, and the default speed of the class."""

LARGE = LatencyPrior(first_token_p50_s=0.9, first_token_p95_s=2.7, tokens_per_s=55.0)
"""Default speed of a model dearer than all classes."""

SPEED_UP: Mapping[str, float] = MappingProxyType({name: float(x) for name, x in section("speed_up").items()})
"""Providers whose models run this many times as fast as their class."""

DEFAULT_WORTH = 5
"""The default counts as much as this many measured answers, so that one freak measurement decides nothing."""


def default(price: float, provider: str) -> LatencyPrior:
    """The speed to assume of a model that nothing is known of but its price, in pico-USD per token, and provider."""
    of_class = next((prior for limit, prior in CLASSES if price <= limit), LARGE)
    speed_up = SPEED_UP.get(provider, 1.0)
    return LatencyPrior(
        first_token_p50_s=of_class.first_token_p50_s / speed_up,
        first_token_p95_s=of_class.first_token_p95_s / speed_up,
        tokens_per_s=of_class.tokens_per_s * speed_up,
    )


SLOWEST_TOKENS_PER_S = 0.1
"""A measured speed counts as at least this much: an answer of no tokens measures none."""


def blend(default: LatencyPrior, measured: LatencyPrior) -> LatencyPrior:
    """The default and what was measured, each weighted by its number of answers. Speeds are blended as time per token,
    which is what adds up."""
    share = measured.samples / (measured.samples + DEFAULT_WORTH)

    def mix(assumed: float, seen: float) -> float:
        return assumed + share * (seen - assumed)

    return LatencyPrior(
        first_token_p50_s=mix(default.first_token_p50_s, measured.first_token_p50_s),
        first_token_p95_s=mix(default.first_token_p95_s, measured.first_token_p95_s),
        tokens_per_s=1 / mix(1 / default.tokens_per_s, 1 / max(measured.tokens_per_s, SLOWEST_TOKENS_PER_S)),
        samples=measured.samples,
    )


def predict(prior: LatencyPrior, output_expected: int, output_p90: int) -> LatencyEstimate:
    """The time until the first token, and then token by token to the end. The 95th percentile takes a slow start and a
    long answer together."""
    ms_per_token = 1_000 / prior.tokens_per_s
    first_token_ms = 1_000 * prior.first_token_p50_s
    return LatencyEstimate(
        p50_ms=first_token_ms + output_expected * ms_per_token,
        p95_ms=1_000 * prior.first_token_p95_s + output_p90 * ms_per_token,
        first_token_p50_ms=first_token_ms,
        samples=prior.samples,
    )
