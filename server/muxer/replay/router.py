"""Decides on recorded requests as a server of one configuration would that has measured nothing yet."""

from __future__ import annotations

from msgspec import structs

from muxer.core import price_share, route
from muxer.core.route import Reading
from muxer.replay.recorded import Recorded
from muxer.state.price_shares import MemoryPriceShares
from muxer.types.chat import ChatRequest
from muxer.types.decision import Decision, View


class Router:
    """Takes the requests in their order: a share of the strongest model's price is kept on average, so each decision
    depends on those before it, as in a server."""

    def __init__(self, view: View, min_quality: float | None = None) -> None:
        """`min_quality` holds for requests that name none."""
        self._view = view
        self._min_quality = min_quality
        self._price_shares = MemoryPriceShares()

    def decide(self, recorded: Recorded) -> Decision:
        """The decision, with the models ruled out. Raises `MuxerError` when there is no model for the request."""
        view = structs.replace(
            self._view,
            tenant=recorded.tenant,
            time_left_s=recorded.time_left_s,
            cost_weights=self._price_shares.snapshot(recorded.tenant),
        )
        request = self._with_floor(recorded.request)
        reading = route.read(request, view)
        if view.policy.intent_enabled and (recorded.told is not None or recorded.spent):
            reading = Reading(reading.features, recorded.told or reading.intent, recorded.spent)
        decision = route.decide(request, view, reading=reading)
        share = price_share.promised(decision, request.routing, view.policy)
        if share is not None:
            self._price_shares.observe(recorded.tenant, decision.plan, share)
        return decision

    def _with_floor(self, request: ChatRequest) -> ChatRequest:
        if self._min_quality is None or request.routing.min_quality is not None:
            return request
        return structs.replace(request, routing=structs.replace(request.routing, min_quality=self._min_quality))
