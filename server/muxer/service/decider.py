"""Takes the decision for a call: the view of this moment, the pure core, and what telemetry wants to know of it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, structs

from muxer.core import price_share, route
from muxer.core.budget import lower
from muxer.core.route import Reading
from muxer.dispatch.intent_asker import NO_ADVICE, Advice, IntentAsker, affordable
from muxer.dispatch.settlement import Attempt
from muxer.errors import BudgetExceeded
from muxer.ports import Clock, PriceShares
from muxer.service.call import CURRENT
from muxer.telemetry.port import Telemetry, Tracer
from muxer.types.chat import ChatRequest
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals, View
from muxer.types.money import pico


class Decided(Struct, frozen=True):
    """A decision that is to be carried out, and the calls that it took to take it."""

    decision: Decision
    attempts: tuple[Attempt, ...] = ()


class Decider:
    """Decides. Only `decide_chat` may touch the network, and only with an `asker`."""

    def __init__(
        self,
        view: Callable[[], View],
        clock: Clock,
        telemetry: Telemetry,
        tracer: Tracer,
        asker: IntentAsker | None = None,
        price_shares: PriceShares | None = None,
    ) -> None:
        self._view = view
        self._clock = clock
        self._telemetry = telemetry
        self._tracer = tracer
        self._asker = asker
        self._price_shares = price_shares

    def decide(self, request: ChatRequest, rpc: str) -> Decision:
        """The decision, with the models ruled out. Raises `MuxerError` when there is no model for it."""
        started = self._clock.monotonic()
        view = self._of_call()
        decision = self._route(request, view, self._read(request, view), rpc, with_rejected=True)
        self._tell(decision, rpc, self._clock.monotonic() - started)
        return decision

    async def decide_chat(self, request: ChatRequest, rpc: str, deadline: float) -> Decided:
        """The decision for a request that is to be answered; a language model may be asked what kind of request it is.

        `deadline` is in the clock's monotonic seconds. Raises `MuxerError` when there is no model for the request.
        """
        started = self._clock.monotonic()
        view = self._of_call(time_left_s=deadline - started)
        reading = self._read(request, view)
        decision = self._route(request, view, reading, rpc)
        seconds = self._clock.monotonic() - started
        advice = await self._advice(request, decision, reading, view, deadline)
        if advice.intent is not None or advice.cost:
            decision = self._advised(request, view, reading, advice, rpc)
        self._tell(decision, rpc, seconds)
        share = price_share.promised(decision, request.routing, view.policy)
        if share is not None and self._price_shares is not None:
            self._price_shares.observe(view.tenant, decision.plan, share)
        return Decided(decision, advice.attempts)

    async def _advice(
        self, request: ChatRequest, decision: Decision, reading: Reading, view: View, deadline: float
    ) -> Advice:
        """A model's opinion on the intent, when the first decision could do with one.

        Asking after a decision spends nothing on requests that are refused, and nothing that the model chosen needs
        to stay within the limit.
        """
        if self._asker is None or not self._asker.is_worth_asking(decision):
            return NO_ADVICE
        limit = lower(request.routing.max_cost, view.policy.max_cost)
        most = affordable(limit, decision.selected.cost.p90)
        return await self._asker.ask(reading.features, tenant=view.tenant, allowance=most, deadline=deadline)

    def _advised(self, request: ChatRequest, view: View, reading: Reading, advice: Advice, rpc: str) -> Decision:
        """The decision once a model was asked for the intent; what that took of the limit counts.

        Asking must not make a request too dear that would be served otherwise. So when the limit does not allow for the
        intent told, the classifier's own stands: for that there is room, as no more was spent than was `affordable`.
        Only the operator's rules for the intent told cannot be bought off with a low limit.
        """
        own = Reading(reading.features, reading.intent, advice.cost)
        if advice.intent is None:
            return self._route(request, view, own, rpc)
        try:
            return self._decided(request, view, structs.replace(own, intent=advice.intent))
        except BudgetExceeded as error:
            decision = self._route(request, view, own, rpc)
            if _is_allowed(decision, advice.intent, request, view):
                return decision
            self._over_budget(error, request, view, rpc)
            raise

    def classify(self, request: ChatRequest) -> tuple[Intent, IntentSignals]:
        """What kind of request this is."""
        reading = self._read(request, self._view())
        self._telemetry.intent_classified(reading.intent)
        return reading.intent, reading.features.signals

    def estimate(self, request: ChatRequest) -> tuple[tuple[Candidate, ...], Intent, IntentSignals]:
        """Cost and latency on every model that could serve the request, cheapest first."""
        return route.estimate(request, self._of_call())

    def view(self) -> View:
        """Everything that a decision depends on, as it stands now."""
        return self._view()

    def _of_call(self, time_left_s: float | None = None) -> View:
        """The view of the call that is being served. The time left is given where an answer is to be had in it."""
        call = CURRENT.get(None)
        tenant = call.caller if call else ""
        weights = () if self._price_shares is None else self._price_shares.snapshot(tenant)
        return structs.replace(self._view(), tenant=tenant, time_left_s=time_left_s, cost_weights=weights)

    def _read(self, request: ChatRequest, view: View) -> Reading:
        return route.read(request, view, watch=self._tracer.span)

    def _route(
        self, request: ChatRequest, view: View, reading: Reading, rpc: str, *, with_rejected: bool = False
    ) -> Decision:
        try:
            return self._decided(request, view, reading, with_rejected=with_rejected)
        except BudgetExceeded as error:
            self._over_budget(error, request, view, rpc)
            raise

    def _decided(self, request: ChatRequest, view: View, reading: Reading, *, with_rejected: bool = False) -> Decision:
        return route.decide(request, view, reading=reading, with_rejected=with_rejected, watch=self._tracer.span)

    def _tell(self, decision: Decision, rpc: str, seconds: float) -> None:
        self._telemetry.decided(rpc, seconds)
        self._telemetry.intent_classified(decision.intent)
        chosen = decision.selected
        self._telemetry.cost_estimated(rpc, chosen.model.id, chosen.cost.expected, within_budget=True)

    def _over_budget(self, error: BudgetExceeded, request: ChatRequest, view: View, rpc: str) -> None:
        own = request.routing.max_cost
        server = view.policy.max_cost
        callers = own is not None and (server is None or own <= server)
        self._telemetry.budget_exceeded(rpc, "request_limit" if callers else "server_limit")
        self._telemetry.cost_estimated(
            rpc, error.details.get("model", ""), pico(error.details["estimate"]), within_budget=False
        )


def _is_allowed(decision: Decision, intent: Intent, request: ChatRequest, view: View) -> bool:
    """Whether the operator's rules for this intent allow every model of the plan."""
    ruling = route.ruling_for(intent, request, view, pinned=decision.pinned)
    return not any(ruling.against(candidate.model.id) for candidate in decision.plan)
