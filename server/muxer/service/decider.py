"""Takes the decision for a call: the view of this moment, the pure core, and what telemetry wants to know of it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, structs

from muxer.core import price_share, route
from muxer.core.budget import left, lower
from muxer.core.route import Reading
from muxer.dispatch.intent_asker import NO_ADVICE, Advice, IntentAsker
from muxer.dispatch.settlement import Attempt
from muxer.errors import BudgetExceeded
from muxer.ports import Clock, PriceShares
from muxer.service.call import CURRENT
from muxer.telemetry.port import Telemetry, Tracer
from muxer.types.chat import ChatRequest
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals, View
from muxer.types.money import PicoUsd, pico


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
        limit = lower(request.routing.max_cost, view.policy.max_cost)
        allowance = left(limit, decision.selected.cost.p90)
        advice = await self._advice(decision, reading, view.tenant, allowance, deadline)
        if advice.intent is not None or advice.cost:
            # A provider that reports more than it can have used must not make the request too dear.
            spent = advice.cost if allowance is None else min(advice.cost, allowance)
            reading = Reading(reading.features, advice.intent or reading.intent, spent)
            decision = self._route(request, view, reading, rpc)
        self._tell(decision, rpc, seconds)
        share = price_share.promised(decision, request.routing, view.policy)
        if share is not None and self._price_shares is not None:
            self._price_shares.observe(decision.plan, share)
        return Decided(decision, advice.attempts)

    async def _advice(
        self, decision: Decision, reading: Reading, tenant: str, allowance: PicoUsd | None, deadline: float
    ) -> Advice:
        """A model's opinion on the intent, when the first decision could do with one.

        Asking after a decision spends nothing on requests that are refused, and nothing that the model chosen needs
        to stay within the limit: the `allowance` is what it leaves.
        """
        if self._asker is None or not self._asker.is_worth_asking(decision):
            return NO_ADVICE
        return await self._asker.ask(reading.features, tenant=tenant, allowance=allowance, deadline=deadline)

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
        return structs.replace(self._view(), tenant=call.caller if call else "", time_left_s=time_left_s)

    def _read(self, request: ChatRequest, view: View) -> Reading:
        return route.read(request, view, watch=self._tracer.span)

    def _route(
        self, request: ChatRequest, view: View, reading: Reading, rpc: str, *, with_rejected: bool = False
    ) -> Decision:
        try:
            return route.decide(request, view, reading=reading, with_rejected=with_rejected, watch=self._tracer.span)
        except BudgetExceeded as error:
            self._over_budget(error, request, view, rpc)
            raise

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
