"""The knob `share of the strongest model's price`: which weight on cost makes requests cost that share on average.

For one request, think of every admissible model as a line: what it is worth (quality less the penalty for its time)
minus the weight times its cost term. The choice at a weight is the line on top, so with a growing weight the choice
goes down a ladder of ever cheaper models, and the rungs are the corners of the lines' upper envelope. Adding up the
ladders of many requests gives the exact mean cost at every weight, and so the smallest weight at which the mean is at
most the wished share of what the strongest model would have cost: the best answers for that money.

A share holds on average over recent requests. As long as there are too few of them, the request's own ladder takes
their place: then every single request costs at most the share, and so does their mean.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from muxer.core.preset import cost_term
from muxer.core.rules import PREFER
from muxer.types.chat import RoutingOptions
from muxer.types.decision import Decision, Policy
from muxer.types.money import PicoUsd

SHARES = tuple(sorted(0.99**step for step in range(461)))
"""The shares that weights are kept for, 0.0098 to 1, each 1 % below the next. A share between two of them is rounded
down: it is a promise not to spend more."""

MARGIN = 1e-9
"""Added to a weight, relative and absolute, so that neither rounding nor a tie leads to the dearer of two models."""


class Choice(Struct, frozen=True):
    """One admissible model: predicted quality, what that is worth less the penalty for its time, expected cost."""

    quality: float
    worth: float
    cost: PicoUsd


class Ladder(Struct, frozen=True):
    """What would be chosen at which weight: each rung has the weight from which on it is, and its cost. The first is
    that of weight 0. `strongest` is the cost of the model of the highest quality, the cheaper of several."""

    strongest: PicoUsd
    rungs: tuple[tuple[float, PicoUsd], ...]

    @property
    def cheapest(self) -> PicoUsd:
        """What the last rung costs: there is no spending less."""
        return self.rungs[-1][1]


def asked(options: RoutingOptions, policy: Policy) -> float | None:
    """The share that a request is to keep: the caller's, else the operator's. None: the preset's weight holds."""
    return policy.price_share if options.max_price_share is None else options.max_price_share


def promised(decision: Decision, options: RoutingOptions, policy: Policy) -> float | None:
    """The share that a decision has to keep on average with others; None when the knob did not make it, but the caller,
    a rule that prefers models, or the time left, for which `why` of the model selected stands."""
    preferred = any(rule.action == PREFER and rule.name in decision.rules for rule in policy.rules)
    return None if decision.pinned or preferred or decision.selected.why else asked(options, policy)


def ladder(choices: Iterable[Choice]) -> Ladder:
    """The ladder of a request. There must be at least one choice."""
    ordered = sorted(choices, key=lambda choice: (choice.cost, -choice.worth))
    best = min(ordered, key=lambda choice: (-choice.quality, choice.cost))
    corners: list[_Corner] = []
    for choice in ordered:
        if corners and choice.worth <= corners[-1].worth:
            continue  # no cheaper and no better
        term = cost_term(choice.cost)
        until = math.inf
        while corners and (until := _crossing(corners[-1], term, choice.worth)) >= corners[-1].until:
            corners.pop()  # on top nowhere: where it would beat the new one, the one below it does
            until = math.inf
        corners.append(_Corner(term, choice.worth, choice.cost, until))
    return Ladder(best.cost, tuple(_rungs(corners)))


def smallest_weight(share: float, ladders: Sequence[Ladder]) -> float:
    """The smallest weight at which these requests together cost at most this share of what the strongest model would;
    when none does, the one at which each goes to the cheapest model that is worth it."""
    return _weights((share,), ladders)[0]


def table(ladders: Sequence[Ladder], *, overspent: float = 1.0) -> tuple[tuple[float, float], ...]:
    """The weight for each of `SHARES`: the smaller the share, the larger the weight. Where more than the shares was
    spent so far, in proportion `overspent`, so much less is aimed at."""
    aims = [share / overspent for share in SHARES]
    return tuple(zip(SHARES, _weights(aims, ladders), strict=True))


def look_up(share: float, weights: Sequence[tuple[float, float]]) -> float:
    """The weight for a share in such a table, which must not be empty."""
    position = bisect_right(weights, share * (1 + MARGIN), key=lambda pair: pair[0])
    return weights[max(position - 1, 0)][1]


class _Corner(NamedTuple):
    """A model that is on top somewhere: up to the weight `until`, where the next cheaper one takes over."""

    term: float
    worth: float
    cost: PicoUsd
    until: float


def _crossing(cheaper: _Corner, term: float, worth: float) -> float:
    """The weight at which a dearer and better line falls below a cheaper one."""
    gap = term - cheaper.term
    return (worth - cheaper.worth) / gap if gap > 0 else math.inf


def _rungs(corners: Sequence[_Corner]) -> Iterator[tuple[float, PicoUsd]]:
    start = 0.0
    for corner in reversed(corners):
        yield start, corner.cost
        start = corner.until


def _weights(shares: Sequence[float], ladders: Sequence[Ladder]) -> list[float]:
    """The smallest weights for shares in rising order, from one walk down all ladders at once."""
    strongest = sum(each.strongest for each in ladders)
    spent: int = sum(each.rungs[0][1] for each in ladders)
    steps = sorted(
        (weight, cheaper - dearer)
        for each in ladders
        for (_, dearer), (weight, cheaper) in zip(each.rungs, each.rungs[1:], strict=False)
    )
    found: list[float] = []
    position = 0
    weight = 0.0
    for share in reversed(shares):
        while spent > share * strongest and position < len(steps):
            weight = steps[position][0]
            while position < len(steps) and steps[position][0] == weight:
                spent += steps[position][1]
                position += 1
        found.append(weight * (1 + MARGIN) + MARGIN)
    return found[::-1]
