"""Calibrates the knob `share of the strongest model's price` on recent decisions; in memory, per process and tenant.

Only decisions that the knob made are taken in, so that nothing is spent on it while nobody uses it, and the mean is
over the requests that the promise was made for. Each tenant has a mean of its own: what others ask neither uses up
what it may spend, nor leaves it more. A calibration looks back, so what comes may cost more than it expects:
what was spent beyond the share is made good by aiming lower until the mean is kept again.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from muxer.core.price_share import Choice, Ladder, ladder, table
from muxer.types.decision import Candidate

CAPACITY = 512
"""Decisions kept: the mean of so many costs, which differ by factors of a hundred, is good to a few per cent."""

ENOUGH = 48
"""Decisions below which nothing is said."""

EVERY = 2
"""Once there are `CAPACITY`, one decision in so many is taken in, which takes some 30 us: the last thousand or so
count."""

REFRESH = 16
"""Decisions taken in between two calibrations, which take about 1 ms."""


TENANTS = 64
"""Tenants whose decisions are kept, half a megabyte each. Of more, those who have not used the knob for longest begin
anew, each request keeping the share by itself, which spends less."""


class MemoryPriceShares:
    """Keeps a calibration for each of the tenants that used the knob last."""

    def __init__(self) -> None:
        self._by_tenant: OrderedDict[str, _Calibration] = OrderedDict()

    def snapshot(self, tenant: str) -> tuple[tuple[float, float], ...]:
        """The weight on cost by share, in rising order of the shares; empty while too little is known."""
        known = self._by_tenant.get(tenant)
        return () if known is None else known.table

    def observe(self, tenant: str, plan: Sequence[Candidate], share: float) -> None:
        """Takes in the models of a decision that the knob made for this share."""
        calibration = self._by_tenant.pop(tenant, None) or _Calibration()
        self._by_tenant[tenant] = calibration
        if len(self._by_tenant) > TENANTS:
            self._by_tenant.popitem(last=False)
        calibration.observe(plan, share)


class _Calibration:
    """Keeps what would have been chosen at which weight, and makes a table of weights of it now and then."""

    def __init__(self) -> None:
        self._ladders: deque[Ladder] = deque(maxlen=CAPACITY)
        self._seen = 0
        self._fresh = 0
        self._spent = 0.0
        self._allowed = 0.0
        self.table: tuple[tuple[float, float], ...] = ()

    def observe(self, plan: Sequence[Candidate], share: float) -> None:
        self._seen += 1
        if len(self._ladders) == CAPACITY and self._seen % EVERY:
            return
        steps = ladder(Choice(c.quality, c.quality - c.latency_penalty, c.cost.expected) for c in plan)
        self._ladders.append(steps)
        if self.table:
            fading = 1 - 1 / CAPACITY
            self._spent = self._spent * fading + plan[0].cost.expected
            self._allowed = self._allowed * fading + max(share * steps.strongest, steps.cheapest)
        self._fresh += 1
        if self._fresh >= REFRESH and len(self._ladders) >= ENOUGH:
            self._fresh = 0
            self.table = table(tuple(self._ladders), overspent=max(1.0, self._spent / (self._allowed or 1.0)))
