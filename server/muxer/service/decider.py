"""Takes the decision for a call: the view of this moment, the pure core, and what telemetry wants to know of it."""

from __future__ import annotations

from collections.abc import Callable

from muxer.core import route
from muxer.errors import BudgetExceeded, MuxerError
from muxer.ports import Clock
from muxer.telemetry.port import Telemetry, Tracer
from muxer.types.chat import ChatRequest
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals, View
from muxer.types.money import pico


class Decider:
    """Decides without touching the network."""

    def __init__(self, view: Callable[[], View], clock: Clock, telemetry: Telemetry, tracer: Tracer) -> None:
        self._view = view
        self._clock = clock
        self._telemetry = telemetry
        self._tracer = tracer

    def decide(self, request: ChatRequest, rpc: str, *, with_rejected: bool = False) -> Decision:
        """The decision, on request with the models ruled out. Raises `MuxerError` when there is no model for it."""
        started = self._clock.monotonic()
        try:
            with self._tracer.span("route.decide"):
                decision = route.decide(request, self._view(), with_rejected=with_rejected)
        except MuxerError as error:
            if isinstance(error, BudgetExceeded):
                self._over_budget(error, request, rpc)
            raise
        self._telemetry.decided(rpc, self._clock.monotonic() - started)
        self._telemetry.intent_classified(decision.intent.label)
        chosen = decision.selected
        self._telemetry.cost_estimated(rpc, chosen.model.id, chosen.cost.expected, within_budget=True)
        return decision

    def classify(self, request: ChatRequest) -> tuple[Intent, IntentSignals]:
        """What kind of request this is."""
        kind, signals = route.classify(request, self._view())
        self._telemetry.intent_classified(kind.label)
        return kind, signals

    def estimate(self, request: ChatRequest) -> tuple[tuple[Candidate, ...], Intent, IntentSignals]:
        """Cost and latency on every model that could serve the request, cheapest first."""
        return route.estimate(request, self._view())

    def view(self) -> View:
        """Everything that a decision depends on, as it stands now."""
        return self._view()

    def _over_budget(self, error: BudgetExceeded, request: ChatRequest, rpc: str) -> None:
        own = request.routing.max_cost
        server = self._view().policy.max_cost
        callers = own is not None and (server is None or own <= server)
        self._telemetry.budget_exceeded(rpc, "request_limit" if callers else "server_limit")
        self._telemetry.cost_estimated(
            rpc, error.details.get("model", ""), pico(error.details["estimate"]), within_budget=False
        )
