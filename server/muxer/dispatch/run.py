"""One request on its way through its plan: which model is next, what has failed, what it has cost so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from muxer.core.conversation import readable_tokens
from muxer.dispatch.observation import Outcome, compare, learn
from muxer.dispatch.retry import final_error, next_attempt, was_called
from muxer.dispatch.settlement import NOTHING, Attempt, Settled, cost_of
from muxer.errors import MuxerError, ProviderFailed, Reason
from muxer.ports import Clock, Conversations, LatencyPriors, ProviderClient, ProviderSpec, Timeouts, UsageHistory
from muxer.telemetry.port import Telemetry, Tracer
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Usage
from muxer.types.decision import Candidate, Decision
from muxer.types.money import PicoUsd

CONNECT_TIMEOUT_S = 5.0
FIRST_BYTE_TIMEOUT_S = 180.0
"""Reasoning models think for minutes before their first byte."""
IDLE_TIMEOUT_S = 60.0


class Environment(Struct, frozen=True):
    """What every dispatch needs of the world."""

    client: ProviderClient
    providers: Mapping[str, ProviderSpec]
    clock: Clock
    priors: LatencyPriors
    usage: UsageHistory
    telemetry: Telemetry
    tracer: Tracer
    count_tokens: Callable[[str], int]
    random: Callable[[], float]  # 0 to 1, for jitter
    conversations: Conversations

    def today(self) -> dt.date:
        """The day whose prices hold, in UTC."""
        return dt.datetime.fromtimestamp(self.clock.now(), dt.UTC).date()


def finished(
    env: Environment, model: ModelSpec, outcome: str, usage: Usage | None, seconds: float, purpose: str = "answer"
) -> Attempt:
    """Settles one call to a provider, and counts it."""
    cost = cost_of(model, usage, env.today())
    env.telemetry.attempt_finished(model.id, outcome, seconds)
    if usage is not None:
        env.telemetry.answered(model.id, usage, cost)
    return Attempt(model.id, outcome, seconds, usage, cost, purpose)


class Run:
    """One request on its way through the plan: which model is next, what has failed, what it has cost so far."""

    def __init__(
        self,
        env: Environment,
        request: ChatRequest,
        decision: Decision,
        deadline: float,
        before: Sequence[Attempt] = (),
    ) -> None:
        """`before` are the calls that it took to decide: they belong to the bill."""
        self.env = env
        self.request = request
        self.decision = decision
        self.candidate = decision.selected
        self._deadline = deadline
        self._tried: list[Candidate] = []
        self._failures: list[ProviderFailed] = []
        self._attempts = list(before)

    def begin(self) -> Timeouts:
        """The time that the next call may take. Raises `MuxerError` DEADLINE_EXCEEDED when none is left."""
        remaining = self._deadline - self.env.clock.monotonic()
        if remaining <= 0:
            raise self._too_late()
        return Timeouts(
            connect=min(CONNECT_TIMEOUT_S, remaining),
            first_byte=min(FIRST_BYTE_TIMEOUT_S, remaining),
            idle=min(IDLE_TIMEOUT_S, remaining),
            total=remaining,
        )

    def provider(self) -> ProviderSpec:
        """The provider of the current candidate."""
        return self.env.providers[self.candidate.model.provider]

    def succeeded(self, usage: Usage, seconds: float, first_token_s: float | None, *, cut: bool) -> Settled:
        """Settles a complete answer, and learns from it; `cut` says that a limit on its length ended it."""
        self._record("ok", usage, seconds)
        model_id = self.candidate.model.id
        outcome = Outcome(usage, self._attempts[-1].cost, seconds, first_token_s, cut)
        learn(self.env.priors, self.env.usage, self.request, self.decision, self.candidate, outcome)
        compare(self.env.telemetry, self.candidate, outcome)
        readable = readable_tokens(self.candidate.model, usage, self.env.today())
        self.env.conversations.remember(self.decision.conversation, model_id, readable)
        if first_token_s is not None:
            self.env.telemetry.first_token(model_id, first_token_s)
        return self.settled(usage)

    def cancelled(self, usage: Usage | None, seconds: float) -> None:
        """Settles an answer that nobody waits for any more."""
        self._record("cancelled", usage, seconds)

    def failed(self, failure: ProviderFailed, usage: Usage | None, seconds: float) -> None:
        """Takes in a failed call; a partial answer has usage."""
        self._tried.append(self.candidate)
        self._failures.append(failure)
        if was_called(failure):
            self._record(failure.reason.value, usage, seconds)

    async def next(self) -> None:
        """Moves on to the next attempt, after its delay. Raises the error for the caller when there is none."""
        remaining = self._deadline - self.env.clock.monotonic()
        if remaining <= 0:
            raise self._too_late()
        chosen = next_attempt(self.decision.plan, self._tried, self._failures, remaining, self.env.random())
        if chosen is None:
            raise final_error(self._failures)
        if chosen.candidate is not self.candidate:
            self.env.telemetry.fell_back(self.candidate.model.id, self._failures[-1].reason.value)
        self.candidate = chosen.candidate
        if chosen.delay_s > 0:
            await self.env.clock.sleep(chosen.delay_s)

    def settled(self, usage: Usage = NOTHING) -> Settled:
        """The bill of a request that was answered: the answer's usage, and the cost of every attempt."""
        cost = PicoUsd(sum(a.cost for a in self._attempts))
        return Settled(usage, cost, tuple(self._attempts), self.dropped())

    def _record(self, outcome: str, usage: Usage | None, seconds: float) -> None:
        self._attempts.append(finished(self.env, self.candidate.model, outcome, usage, seconds))

    def _too_late(self) -> MuxerError:
        return MuxerError(Reason.DEADLINE_EXCEEDED, "The time allowed for the request is over")

    def dropped(self) -> tuple[str, ...]:
        """What the current candidate is not told of the request."""
        return self.env.client.dropped(self.request, self.provider(), self.candidate.model)

    def span(self) -> dict[str, str]:
        """What a trace says of the current call."""
        model = self.candidate.model
        return {"gen_ai.provider.name": model.provider, "gen_ai.request.model": model.name}
