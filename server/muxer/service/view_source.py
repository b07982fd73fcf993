"""Takes the view that a decision is made from: everything outside the request, as it stands at this moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from muxer.ports import Clock, Conversations, LatencyPriors, UsageHistory
from muxer.types.catalog import Catalog
from muxer.types.decision import Policy, ProviderState, View

_DAY_S = 86_400


class ViewSource:
    """Calling it gives the view of now. What does not change between requests is looked up once."""

    def __init__(
        self,
        catalog: Catalog,
        providers: Mapping[str, ProviderState],
        policy: Policy,
        priors: LatencyPriors,
        usage: UsageHistory,
        conversations: Conversations,
        clock: Clock,
        count_tokens: Callable[[str], int],
        *,
        simulated: frozenset[str],
        quality: Callable[..., Mapping[str, float]] | None = None,
    ) -> None:
        self._catalog = catalog
        self._providers = providers
        self._policy = policy
        self._priors = priors
        self._usage = usage
        self._conversations = conversations
        self._clock = clock
        self._count_tokens = count_tokens
        self._simulated = simulated
        self._quality = quality
        self._day = -1
        self._today = dt.date.min

    def __call__(self) -> View:
        """The view of now; dates are UTC. What belongs to one call, the tenant with its calibration of the price share
        and the time left, is for the caller to fill in."""
        day = int(self._clock.now() // _DAY_S)
        if day != self._day:
            self._day, self._today = day, dt.date(1970, 1, 1) + dt.timedelta(days=day)
        return View(
            catalog=self._catalog,
            providers=self._providers,
            latency=self._priors.snapshot(),
            usage=self._usage.snapshot(),
            warm=self._conversations.snapshot(),
            policy=self._policy,
            today=self._today,
            count_tokens=self._count_tokens,
            simulated=self._simulated,
            quality=self._quality,
        )
