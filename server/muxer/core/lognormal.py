"""What to believe of a positive quantity: a default worth a few observations, moved by those that were really made.

Times and lengths are positive, spread over orders of magnitude and skewed, so their logarithm is taken for normal. Mean
and spread of a handful of observations are uncertain themselves; the conjugate analysis of that (normal with unknown
mean and variance: Gelman et al., Bayesian Data Analysis, 3rd edition, section 3.3) pools them with the default and
gives Student's t for the next observation, so that a high quantile is not read off five numbers: it begins at the
default's, and is that of the observations when these are many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

Z90, Z95, Z99 = 1.2816, 1.6449, 2.3263
"""Quantiles of the standard normal distribution."""

FAR_OFF = 1.0
"""A default that lies further off than so many of its standard deviations is wrong, and the rest of the way to it says
nothing about the spread."""

FARTHEST = 10_000.0
"""What is observed counts as at most so many times as much or as little as assumed: beyond lies no measurement, but an
error in one."""

ENOUGH_BEYOND = 2
"""Observations above a quantile from which on it is read off them."""


class Belief(Struct, frozen=True):
    """Median, standard deviation of the logarithm, and the number of observations that this is worth."""

    median: float
    sigma: float
    weight: float

    def quantile(self, z: float) -> float:
        """What the next observation stays under with the probability that belongs to `z`."""
        return self.median * math.exp(_reach(z, self.weight) * self.sigma)


def assumed(median: float, high: float, z: float, weight: float) -> Belief:
    """A default, worth so many observations, that has this median and this quantile at `z`."""
    return Belief(median, math.log(high / median) / _reach(z, weight), weight)


def moved(belief: Belief, median: float, high: float, z: float, count: int) -> Belief:
    """The belief after so many observations with this median and this quantile at `z`. A median of 0 is none."""
    if count <= 0 or median <= 0:
        return belief
    median = min(max(median, belief.median / FARTHEST), belief.median * FARTHEST)
    high = min(high, belief.median * FARTHEST)
    weight = belief.weight + count
    shift = math.log(median / belief.median)
    seen = math.log(high / median) / z if high > median else 0.0
    squares = (
        belief.weight * belief.sigma**2
        + (count - 1) * seen**2
        + belief.weight * count / weight * min(abs(shift), FAR_OFF * belief.sigma) ** 2
    )
    return Belief(belief.median * math.exp(count / weight * shift), math.sqrt(squares / weight), weight)


def high_quantile(ordered: Sequence[float], share: float, z: float) -> float:
    """The quantile of sorted positive observations: the nearest rank when enough of them lie beyond it, else by a
    log-normal of their median and standard deviation. 0 when there are none."""
    count = len(ordered)
    if count * (1 - share) >= ENOUGH_BEYOND:
        return ordered[int(share * count)]
    if not count:
        return 0.0
    logs = [math.log(x) for x in ordered]
    mean = math.fsum(logs) / count
    sigma = math.sqrt(math.fsum([(x - mean) ** 2 for x in logs]) / max(1, count - 1))
    return ordered[count // 2] * math.exp(z * sigma)


def _reach(z: float, weight: float) -> float:
    """Student's t for the next observation, in standard deviations. As many degrees of freedom as observations; from
    the normal quantile by the first term of Abramowitz and Stegun 26.7.5."""
    return (z + (z**3 + z) / (4 * weight)) * math.sqrt(1 + 1 / weight)
