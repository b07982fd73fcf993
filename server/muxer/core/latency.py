"""How long an answer takes: a default per class of model, moved by what was measured.

The defaults are hand-set orders of magnitude, not measurements: dearer models are larger and larger ones slower, and
the hardware of some providers is several times as fast. What they must get right is the order; a handful of answers
replaces them, by the rules of `lognormal`.

Three things make an answer late: it begins late, it is long, or it is written slowly. They are taken for independent,
so what each adds at a quantile is added in quadrature to the time of a median answer (the propagation of uncertainty of
JCGM 100:2008, section 5.1); their plain sum would be the time of an answer that is unlucky in all three at once.

Where a model thinks unseen before its first token, the wait holds the thinking while the tokens of it count as written
after: both errors cancel for answers like those that were measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from muxer.core.data import section
from muxer.core.lognormal import Z95, Z99, assumed, moved
from muxer.types.catalog import LatencyEstimate
from muxer.types.decision import LatencyPrior

CLASSES: tuple[tuple[int, LatencyPrior], ...] = (
    (500_000, LatencyPrior(0.35, 1.0, 150.0, slow_tokens_per_s=75.0)),
    (4_000_000, LatencyPrior(0.55, 1.6, 90.0, slow_tokens_per_s=45.0)),
)
"""Price up to which a model is of the class, in pico-USD per token, and the default speed of the class."""

LARGE = LatencyPrior(0.9, 2.7, 55.0, slow_tokens_per_s=27.5)
"""Default speed of a model dearer than all classes."""

SPEED_UP: Mapping[str, float] = MappingProxyType({name: float(x) for name, x in section("speed_up").items()})
"""Providers whose models run this many times as fast as their class."""

DEFAULT_WORTH = 5
"""The default counts as much as this many measured answers, so that one freak measurement decides nothing."""

P95_OF_P90, P99_OF_P90 = 1.33, 2.07
"""High quantiles of an answer's length, in its 90th percentiles: the larger medians of recorded answers (MMLU-Pro, 28
models; CRUX and MATH, 93 models: 1.18 and 1.64), because the tasks there are more alike than requests are."""


class Pace(Struct, frozen=True):
    """How fast a model is. The late starts are milliseconds above the median, the slow rates shares above it."""

    first_token_ms: float
    late_p95_ms: float
    late_p99_ms: float
    token_ms: float
    slow_p95: float
    slow_p99: float
    samples: int


def default(price: float, provider: str) -> LatencyPrior:
    """The speed to assume of a model that nothing is known of but its price, in pico-USD per token, and provider."""
    of_class = next((prior for limit, prior in CLASSES if price <= limit), LARGE)
    speed_up = SPEED_UP.get(provider, 1.0)
    return LatencyPrior(
        first_token_p50_s=of_class.first_token_p50_s / speed_up,
        first_token_p95_s=of_class.first_token_p95_s / speed_up,
        tokens_per_s=of_class.tokens_per_s * speed_up,
        slow_tokens_per_s=of_class.slow_tokens_per_s * speed_up,
    )


@lru_cache(maxsize=1_024)
def pace(default: LatencyPrior, measured: LatencyPrior | None = None) -> Pace:
    """The speed to reckon with: the default, moved by what was measured. Remembered, for what was measured changes with
    answers and is asked for by every decision."""
    first = assumed(default.first_token_p50_s, default.first_token_p95_s, Z95, DEFAULT_WORTH)
    token = assumed(1 / default.tokens_per_s, 1 / default.slow_tokens_per_s, Z95, DEFAULT_WORTH)
    if measured is not None:
        first = moved(first, measured.first_token_p50_s, measured.first_token_p95_s, Z95, measured.samples)
        if measured.tokens_per_s > 0:
            slow = measured.slow_tokens_per_s or measured.tokens_per_s
            token = moved(token, 1 / measured.tokens_per_s, 1 / slow, Z95, measured.speed_samples)
    return Pace(
        first_token_ms=1_000 * first.median,
        late_p95_ms=1_000 * (first.quantile(Z95) - first.median),
        late_p99_ms=1_000 * (first.quantile(Z99) - first.median),
        token_ms=1_000 * token.median,
        slow_p95=token.quantile(Z95) / token.median - 1,
        slow_p99=token.quantile(Z99) / token.median - 1,
        samples=0 if measured is None else max(measured.samples, measured.speed_samples),
    )


def predict(pace: Pace, median: float, p90: float, most: float) -> LatencyEstimate:
    """The time of a whole answer: until its first token, and then token by token to the end. Its length in tokens is
    given by its median, its 90th percentile and the most that it can be."""
    token_ms = pace.token_ms
    writing = median * token_ms
    p50 = pace.first_token_ms + writing
    long_p95, long_p99 = p90 * P95_OF_P90, p90 * P99_OF_P90
    if long_p99 > most:
        long_p95, long_p99 = min(long_p95, most), most
    return LatencyEstimate(
        p50,
        p50 + math.hypot(pace.late_p95_ms, long_p95 * token_ms - writing, writing * pace.slow_p95),
        pace.first_token_ms,
        pace.samples,
        p50 + math.hypot(pace.late_p99_ms, long_p99 * token_ms - writing, writing * pace.slow_p99),
        token_ms,
    )


def told_by_whole(estimate: LatencyEstimate, seconds: float, tokens: float) -> tuple[float | None, float | None]:
    """Seconds of waiting and of writing that an answer of so many tokens tells when it came whole, so that nobody saw
    its first token.

    It tells the part that is expected to be the larger one, and that is what the estimate of the other leaves of the
    time; at least as large a share of it as was expected. So short answers teach the waiting and long ones the writing,
    each with ever better help of the other.
    """
    waiting, writing = estimate.first_token_p50_ms / 1_000, tokens * estimate.token_p50_ms / 1_000
    if waiting >= writing:
        share = waiting / (waiting + writing) if waiting else 1.0
        return max(seconds - writing, seconds * share), None
    return None, max(seconds - waiting, seconds * writing / (waiting + writing))
